import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomInt, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Platform } from '@app/platform';
import {
  erasureBody,
  isIdentifierTaken,
  officerScope,
  partitionOf,
  remainsOf,
} from '../support/erasable-patient.js';
import { pastService } from '../support/deployment.js';
import { type HttpAnswer, HttpClient } from '../support/http-client.js';
import { mrn } from '../support/sample-patient.js';
import { ServiceProcess } from '../support/service-process.js';

/** Erasures of different length: when the first is answered, the last is in the middle of its rows. */
const recordsOf = [0, 0, 50, 100, 200, 400];
const batch = 50;

interface Person {
  id: string;
  path: string;
  mrn: string;
  records: number;
}
type State = 'not begun' | 'begun' | 'complete';

/** When the service is killed: some turns of the event loop after somebody is seen to be gone, or after the first receipt. */
const kills = [
  { after: 'gone', turns: 1 },
  { after: 'gone', turns: 200 },
  { after: 'answered', turns: 40 },
] as const;

describe('kill -9 in the middle of erasures', () => {
  const folder = mkdtempSync(join(tmpdir(), 'phi-erasure-kill-'));
  const met = new Set<State>();
  let service: ServiceProcess;

  beforeEach(async () => {
    service = await ServiceProcess.start({}, folder);
  });
  afterAll(async () => {
    await service.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  async function send(
    client: HttpClient,
    path: string,
    body: object | undefined,
    scope?: string,
  ): Promise<HttpAnswer> {
    const authorization = await service.bearer('tester', scope);
    const method = body === undefined ? 'GET' : 'POST';
    return client.send({ method, path, headers: { authorization }, ...(body === undefined ? {} : { body }) });
  }
  const erase = (client: HttpClient, { id, path }: Person) =>
    send(client, `${path}/erase`, erasureBody(id), officerScope);

  async function create(client: HttpClient, records: number): Promise<Person> {
    const value = randomUUID();
    const created = await send(client, '/v1/patients', { identifier: [mrn(value)] });
    const { id } = created.json<{ id: string }>();
    const path = `/v1/patients/${id}`;
    for (let made = 0; made < records; made += batch) {
      const some = Array.from({ length: batch }, () => ({ recordType: 'Observation', content: {} }));
      expect((await send(client, `${path}/records/batch`, { records: some })).status).toBe(201);
    }
    return { id, path, mrn: value, records };
  }

  /** Seen past the service. */
  const onDisk = <T>(look: (platform: Platform) => Promise<T>) => pastService(folder, look);

  async function stateOf({ table }: Platform, { id }: Person): Promise<State> {
    const head = await table.get({ table: 'records', partition: `PATIENT#${id}`, sort: 'PROFILE' });
    if (head?.attributes['erased'] !== true) return 'not begun';
    const pending = await table.get({ table: 'records', partition: 'ERASURES', sort: `PENDING#${id}` });
    return pending === undefined ? 'complete' : 'begun';
  }

  const records = ({ id }: Person, platform: Platform) =>
    partitionOf(platform.table, id).then(
      (rows) => rows.filter(({ sort }) => sort.startsWith('RECORD#')).length,
    );

  it.each(kills)(
    '$turns turns or less after the first is $after: what has begun is completed at the next start, the rest is whole',
    async ({ after, turns }) => {
      const client = new HttpClient(service.origin);
      const people = await Promise.all(recordsOf.map((count) => create(client, count)));
      const answered = new Set<Person>();
      const sent = people.map(async (person) => {
        const { status } = await erase(client, person);
        expect(status).toBe(200);
        answered.add(person);
      });
      if (after === 'answered') await Promise.race(sent);
      else await untilGone(client, people[0] as Person);
      killAfterTurns(service, randomInt(turns));
      await service.ended();
      await Promise.allSettled(sent);
      client.close();
      await service.remove();

      const states = await onDisk((platform) => Promise.all(people.map((one) => stateOf(platform, one))));
      const begun = people.filter((_, n) => states[n] !== 'not begun');
      const whole = people.filter((_, n) => states[n] === 'not begun');
      for (const state of states) met.add(state);
      // What was answered is done.
      expect([...answered].filter((one) => states[people.indexOf(one)] !== 'complete')).toEqual([]);

      service = await ServiceProcess.start({}, folder);
      if (states.includes('begun')) {
        const { patients } = await service.line(({ message }) => message === 'erasures completed');
        expect(patients).toBe(states.filter((state) => state === 'begun').length);
      }
      const next = new HttpClient(service.origin);
      for (const person of begun) {
        expect((await send(next, person.path, undefined)).status).toBe(410);
        const receipt = (await erase(next, person)).json<{ destroyed: { records: number } }>();
        expect(receipt.destroyed.records).toBe(person.records);
      }
      for (const person of whole) expect((await send(next, person.path, undefined)).status).toBe(200);
      next.close();
      expect(await service.terminate()).toEqual({ code: 0, signal: null });

      await onDisk(async (platform) => {
        for (const person of begun) {
          expect(await remainsOf(platform, { ...person, indexRows: [] })).toEqual([]);
          expect(await isIdentifierTaken(platform, person.mrn)).toBe(false);
        }
        for (const person of whole) {
          expect(await records(person, platform)).toBe(person.records);
          expect(await isIdentifierTaken(platform, person.mrn)).toBe(true);
          expect(await platform.keyStore.activeVersion(person.id)).toBeDefined();
        }
      });
    },
    60_000,
  );

  it('met erasures that had begun and were not complete', () => {
    expect(met).toContain('begun');
  });

  async function untilGone(client: HttpClient, { path }: Person): Promise<void> {
    while ((await send(client, path, undefined)).status !== 410);
  }
});

function killAfterTurns(service: ServiceProcess, turns: number): void {
  if (turns === 0) service.signal('SIGKILL');
  else setImmediate(() => killAfterTurns(service, turns - 1));
}
