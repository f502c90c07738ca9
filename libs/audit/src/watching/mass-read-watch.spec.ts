import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AuditEventType } from '../audit-event.js';
import {
  agentOf,
  eventOf,
  hour,
  type Instance,
  minute,
  patients,
  tokenOf,
  WatchedTrails,
} from './spec-support.js';

let trails: WatchedTrails;
let instance: Instance;

beforeEach(() => {
  trails = new WatchedTrails();
  instance = trails.instance();
});
afterEach(() => trails.close());

const countsOf = async (subject: string) => (await trails.reported(subject)).map(({ count }) => count);

describe('an agent who reads of many patients', () => {
  it('is reported by an event of its own above the limit, and not at it', async () => {
    await instance.reads('clerk', patients(50));
    expect(await trails.reported('clerk')).toEqual([]);

    await instance.reads('clerk', patients(1));

    const [event, ...others] = await trails.reported('clerk');
    expect(others).toEqual([]);
    expect(event).toEqual({
      type: 'mass-read',
      outcome: '8',
      origin: { agent: agentOf('clerk'), networkAddress: '', requestId: '' },
      count: 51,
      massRead: { limit: 50, usual: 0 },
      id: expect.any(String),
      recordedAt: new Date(trails.now).toISOString(),
    });
    expect(instance.found).toEqual([{ agent: tokenOf('clerk'), patients: 51, limit: 50, usual: 0 }]);
    expect(instance.problems).toEqual([]);
  });

  it('is told apart from others, and from reading of one patient often', async () => {
    const ward = patients(30);
    for (let round = 0; round < 5; round++) await instance.reads('nurse', ward);
    await instance.reads('physician', patients(30));
    await instance.reads('clerk', patients(51));
    expect(instance.found.map(({ agent }) => agent)).toEqual([tokenOf('clerk')]);
  });

  it.each<AuditEventType>([
    'patient-read',
    'patient-query',
    'patient-update',
    'record-read',
    'record-query',
    'care-team-read',
    'export',
  ])('is noticed by %s', async (type) => {
    await instance.trail.append(patients(51).map((id) => eventOf(type, 'clerk', id)));
    await instance.watch.settled();
    expect(await countsOf('clerk')).toEqual([51]);
  });

  it.each<AuditEventType>([
    'patient-create',
    'record-create',
    'patient-delete',
    'record-re-encrypt',
    'refusal',
  ])('is not seen in %s, which shows nothing', async (type) => {
    await instance.trail.append(patients(60).map((id) => eventOf(type, 'clerk', id)));
    await instance.watch.settled();
    expect(instance.watch.busiest(10, 0)).toEqual([]);
    expect(instance.found).toEqual([]);
  });

  it('is not seen in what was refused to him', async () => {
    await instance.trail.append(patients(60).map((id) => eventOf('patient-read', 'clerk', id, '4')));
    await instance.watch.settled();
    expect(instance.found).toEqual([]);
  });

  it('is reported again when the number has doubled, and not before', async () => {
    await instance.reads('clerk', patients(60));
    await instance.reads('clerk', patients(59));
    expect(await countsOf('clerk')).toEqual([60]);
    await instance.reads('clerk', patients(1));
    expect(await countsOf('clerk')).toEqual([60, 120]);
    for (let patient = 0; patient < 119; patient++) await instance.reads('clerk', patients(1));
    expect(await countsOf('clerk')).toEqual([60, 120]);
    await instance.reads('clerk', patients(1));
    expect(await countsOf('clerk')).toEqual([60, 120, 240]);
  });

  it('is reported once an hour for as long as he goes on', async () => {
    // Two patients a minute: 120 in every hour.
    for (let minutes = 0; minutes < 4 * 60; minutes++) {
      await instance.reads('clerk', patients(2));
      await trails.pass(minute);
    }
    const times = (await trails.reported('clerk')).map(({ recordedAt }) => Date.parse(recordedAt));
    expect(await countsOf('clerk')).toEqual([
      52,
      104,
      expect.any(Number),
      expect.any(Number),
      expect.any(Number),
    ]);
    for (let report = 2; report < times.length; report++) {
      const apart = (times[report] as number) - (times[report - 1] as number);
      expect(apart).toBeGreaterThanOrEqual(hour);
      expect(apart).toBeLessThanOrEqual(hour + 6 * minute);
    }
  });
});

describe('the hour', () => {
  it('is the last one, not the one of the clock', async () => {
    await trails.pass(50 * minute);
    await instance.reads('clerk', patients(30));
    await trails.pass(20 * minute);
    await instance.reads('clerk', patients(21));
    expect(await countsOf('clerk')).toEqual([51]);
  });

  it('lets go of what is more than an hour ago', async () => {
    for (let round = 0; round < 4; round++) {
      await instance.reads('clerk', patients(50));
      await trails.pass(hour);
    }
    expect(await trails.reported('clerk')).toEqual([]);
    expect(instance.watch.busiest(10, 0)).toEqual([]);
  });

  it('counts a patient from the last time', async () => {
    const ward = patients(40);
    await instance.reads('nurse', ward);
    await trails.pass(40 * minute);
    await instance.reads('nurse', ward);
    await trails.pass(40 * minute);
    await instance.reads('nurse', patients(11));
    expect(await countsOf('nurse')).toEqual([51]);
  });
});

describe('what is usual for an agent', () => {
  /** Each active hour of these many patients. */
  async function works(subject: string, ...counts: number[]): Promise<void> {
    for (const count of counts) {
      await instance.reads(subject, patients(count));
      await trails.pass(hour);
    }
  }

  const day = (count: number) => Array.from({ length: 8 }, () => count);

  it('raises his limit to a multiple of it', async () => {
    await works('bulk', 40, 20, ...day(30));
    await instance.reads('bulk', patients(150));
    expect(await trails.reported('bulk')).toEqual([]);
    await instance.reads('bulk', patients(1));
    expect((await trails.reported('bulk')).map(({ count, massRead }) => ({ count, ...massRead }))).toEqual([
      { count: 151, limit: 150, usual: 30 },
    ]);
  });

  it('is unknown before a working day of active hours', async () => {
    await works('bulk', ...day(30).slice(1));
    await instance.reads('bulk', patients(51));
    expect((await trails.reported('bulk'))[0]?.massRead).toEqual({ limit: 50, usual: 0 });
  });

  it('is kept when the service starts anew', async () => {
    await works('bulk', ...day(30));
    await instance.watch.close();
    instance = trails.instance();
    await instance.reads('bulk', patients(150));
    expect(await trails.reported('bulk')).toEqual([]);
    await instance.reads('bulk', patients(1));
    expect(await countsOf('bulk')).toEqual([151]);
  });

  it('takes up no more of an hour than the limit of that hour', async () => {
    await works('bulk', ...day(200));
    // 50 of the 200 became usual, so the limit is 250 now and not 1000.
    await instance.reads('bulk', patients(251));
    expect((await trails.reported('bulk')).at(-1)).toMatchObject({
      count: 251,
      massRead: { limit: 250, usual: 50 },
    });
  });

  it('follows the later hours', async () => {
    await works('clerk', ...Array.from({ length: 10 }, () => day(10)).flat());
    await works('clerk', ...Array.from({ length: 10 }, () => day(40)).flat());
    await instance.reads('clerk', patients(250));
    const [event] = await trails.reported('clerk');
    expect(event?.massRead?.usual).toBeGreaterThan(35);
    expect(event?.massRead?.usual).toBeLessThanOrEqual(40);
  });

  it('leaves hours out in which he did nothing', async () => {
    await works('bulk', ...day(30));
    await trails.pass(5 * hour);
    await works('bulk', 30);
    await instance.reads('bulk', patients(151));
    expect((await trails.reported('bulk'))[0]?.massRead).toEqual({ limit: 150, usual: 30 });
  });

  it('counts each hour once, however many instances he reads through', async () => {
    const others = [trails.instance(), trails.instance()];
    for (let hours = 0; hours < 8; hours++) {
      for (const each of [instance, ...others]) await each.reads('bulk', patients(10));
      await trails.pass(hour);
    }
    await instance.reads('bulk', patients(151));
    expect((await trails.reported('bulk'))[0]?.massRead).toEqual({ limit: 150, usual: 30 });
  });
});
