import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type PhiTable, TableUnavailable } from '@app/phi-table';
import { eventOf, type Instance, minute, patients, tokenOf, WatchedTrails } from './spec-support.js';

let trails: WatchedTrails;
let instance: Instance;

beforeEach(() => {
  trails = new WatchedTrails();
  instance = trails.instance();
});
afterEach(() => trails.close());

const countsOf = async (subject: string) => (await trails.reported(subject)).map(({ count }) => count);

describe('beside the requests', () => {
  /** The real store; queries of the trail wait or fail while they are told to. */
  function troubled(table: PhiTable) {
    const trouble: { until?: Promise<void>; fails?: boolean; queries: number } = { queries: 0 };
    const proxy = new Proxy(table, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        if (name !== 'query') return member.bind(target);
        return async (...input: Parameters<PhiTable['query']>) => {
          trouble.queries += 1;
          await trouble.until;
          if (trouble.fails) throw new TableUnavailable('does not answer');
          return target.query(...input);
        };
      },
    });
    return { table: proxy, trouble };
  }

  it('makes no read wait for it', async () => {
    const { table, trouble } = troubled(trails.table);
    instance = trails.instance({ table });
    await instance.reads('clerk', patients(1));
    let answer = () => {};
    trouble.until = new Promise((resolve) => (answer = resolve));
    await instance.trail.append(patients(51).map((id) => eventOf('patient-read', 'clerk', id)));
    await instance.trail.append([eventOf('patient-read', 'clerk', 'another')]);
    expect(instance.found).toEqual([]);
    answer();
    await instance.watch.settled();
    expect(await countsOf('clerk')).toEqual([53]);
  });

  it('tells a failure, and tries again with the next look around', async () => {
    const { table, trouble } = troubled(trails.table);
    instance = trails.instance({ table });
    await instance.reads('clerk', patients(1));
    trouble.fails = true;
    await instance.reads('clerk', patients(59));
    expect(instance.problems).toEqual([expect.any(TableUnavailable)]);
    // Not with every read: the store has enough to do.
    await instance.reads('clerk', patients(1));
    expect(instance.problems).toHaveLength(1);

    trouble.fails = false;
    await trails.pass(minute);
    expect(await countsOf('clerk')).toEqual([61]);
  });

  it('asks the trail only from a fifth of the limit on, and seldom then', async () => {
    const { table, trouble } = troubled(trails.table);
    instance = trails.instance({ table });
    for (let patient = 0; patient < 9; patient++) await instance.reads('clerk', patients(1));
    const before = trouble.queries;
    for (let patient = 9; patient < 50; patient++) await instance.reads('clerk', patients(1));
    const [few, many] = [before, trouble.queries - before];
    await instance.reads('clerk', patients(1));
    expect(await countsOf('clerk')).toEqual([51]);
    // The chain itself asks for the register when it begins.
    expect(few).toBeLessThanOrEqual(2);
    expect(many).toBe(5);
  });

  it('asks it no more often for an agent who reads of everybody', async () => {
    const { table, trouble } = troubled(trails.table);
    instance = trails.instance({ table });
    for (let patient = 0; patient < 1000; patient++) await instance.reads('export', patients(1));
    expect((await trails.reported('export')).map(({ count }) => count)).toEqual([51, 102, 204, 408, 816]);
    // Five times until the limit and between one doubling and the next; 1,000 events are two pages.
    expect(trouble.queries).toBeLessThan(60);
  });

  it('counts exactly whatever comes at once', async () => {
    const [clerks, each] = [8, 40];
    const requests = Array.from({ length: clerks }, (_, clerk) =>
      patients(each).flatMap((id) => [
        eventOf('patient-read', `clerk-${clerk}`, id),
        eventOf('record-read', `clerk-${clerk}`, id),
      ]),
    ).flat();
    await Promise.all(requests.map((event) => instance.trail.append([event])));
    await instance.watch.settled();
    const busiest = instance.watch.busiest(100, 0);
    expect(busiest).toHaveLength(clerks);
    expect(busiest.every(({ patients: read }) => read === each)).toBe(true);
    expect(instance.watch.busiest(3, 0)).toHaveLength(3);
    expect(instance.watch.busiest(3, trails.now + 1)).toEqual([]);
  });

  it('keeps 200,000 patients at most, and forgets first who was silent longest', () => {
    const reads = (subject: string, count: number) =>
      instance.watch.observe(
        patients(count).map((patientId) => ({
          ...eventOf('patient-read', subject, patientId),
          id: '',
          recordedAt: new Date(trails.now).toISOString(),
        })),
      );
    for (let clerk = 0; clerk < 12; clerk++) reads(`clerk-${clerk}`, 19_000);
    const kept = instance.watch.busiest(100, 0);
    const count = kept.reduce((sum, { patients: read }) => sum + read, 0);
    expect(count).toBeLessThanOrEqual(200_000);
    expect(count).toBeGreaterThan(150_000);
    const agents = kept.map(({ agent }) => agent);
    expect(agents).toContain(tokenOf('clerk-11'));
    expect(agents).not.toContain(tokenOf('clerk-0'));
  });

  it('names nobody and no patient in what it tells', async () => {
    const read = patients(60);
    await instance.reads('marked-subject', read);
    const told = JSON.stringify([instance.found, instance.watch.busiest(10, 0)]);
    expect(told).toContain(tokenOf('marked-subject'));
    expect(told).not.toContain('marked-subject');
    expect(read.filter((id) => told.includes(id))).toEqual([]);
  });

  it('says nothing more once it is closed', async () => {
    await instance.watch.close();
    await instance.reads('clerk', patients(60));
    await instance.watch.tick();
    expect(await trails.reported('clerk')).toEqual([]);
  });
});
