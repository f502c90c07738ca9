import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDbPhiTable, LmdbPhiTable, type PhiTable, tableDefinitions } from '@app/phi-table';
import { type Problem, problemTypes } from '@app/problem-details';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { javaIsInstalled, startDynamoDbLocal } from '../../../test/support/dynamodb-local.js';
import type { AuditEvent, StoredAuditEvent } from './audit-event.js';
import { auditItem, auditKeys } from './audit-item.js';
import { type AuditFilter, AuditReader } from './audit-reader.js';
import { actionOf } from './fhir-audit-event.js';
import { storedEvent } from './own-events.js';

interface Opened {
  table: PhiTable;
  close(): Promise<void>;
}

async function onLmdb(): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), 'audit-reader-'));
  const table = LmdbPhiTable.open({ path: join(folder, 'records.lmdb') });
  const close = async () => {
    await table.close();
    rmSync(folder, { recursive: true });
  };
  return { table, close };
}

async function onDynamoDb(): Promise<Opened> {
  const local = await startDynamoDbLocal();
  const client = local.client();
  const tables = { records: `records-${randomUUID()}`, audit: `audit-${randomUUID()}` };
  for (const input of Object.values(tableDefinitions(tables)))
    await client.send(new CreateTableCommand(input));
  const table = new DynamoDbPhiTable({ client, tables });
  const close = async () => {
    await table.close();
    await local.stop();
  };
  return { table, close };
}

/** What day it is for the reader. */
const now = Date.parse('2026-03-10T12:00:00.000Z');
const clock = () => now;
const day = 24 * 60 * 60 * 1000;

const patients = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'];
const agents = ['weber', 'okafor'].map((subject) => ({
  issuer: 'https://issuer.example.org',
  subject,
  clientId: 'app',
  scopes: [],
}));
const requestIds = Array.from({ length: 40 }, () => randomUUID());
const chain = auditKeys.chain(randomUUID(), randomUUID());

/** Number `n` of the events of one day: types, outcomes, patients and agents in all combinations. */
function sample(n: number): AuditEvent {
  const patientId = patients[n % 3];
  const agent = agents[n % 4];
  const types = ['patient-read', 'record-create', 'refusal', 'void'] as const;
  const type = types[n % types.length] ?? 'void';
  return {
    type,
    outcome: type === 'refusal' ? '4' : '0',
    origin: {
      ...(agent === undefined ? {} : { agent }),
      networkAddress: '203.0.113.7',
      requestId: requestIds[n % requestIds.length] ?? '',
    },
    ...(patientId === undefined ? {} : { patientId }),
    ...(type === 'refusal'
      ? { refusal: { problem: 'not-found', status: 404, method: 'DELETE', route: '/' } }
      : {}),
  };
}

let sequence = 0;
async function write(table: PhiTable, events: readonly StoredAuditEvent[]): Promise<void> {
  for (let start = 0; start < events.length; start += 100) {
    const items = events.slice(start, start + 100).map((event) => auditItem(chain, ++sequence, event));
    await table.transactWrite(items.map((item) => ({ type: 'put', item })));
  }
}

/** Days ago, and how many events that day had: quiet days between them, and one with more than a page of each shard. */
const days: [ago: number, events: number][] = [
  [0, 40],
  [1, 3],
  [4, 260],
  [9, 12],
];
const trail: StoredAuditEvent[] = days.flatMap(([ago, events]) =>
  // Several in one millisecond.
  Array.from({ length: events }, (_, n) =>
    storedEvent(sample(n), now - ago * day - Math.floor(n / 3) * 1000),
  ),
);
const newestFirst = [...trail].sort((a, b) => (auditKeys.place(a) < auditKeys.place(b) ? 1 : -1));
const ids = (events: readonly StoredAuditEvent[]) => events.map(({ id }) => id);

async function walk(reader: AuditReader, filter: AuditFilter, limit: number): Promise<string[]> {
  const found: string[] = [];
  let after: string | undefined;
  let pages = 0;
  do {
    const { items, next } = await reader.events(filter, limit, after);
    expect(items.length).toBeLessThanOrEqual(limit);
    found.push(...ids(items.map(({ event }) => event)));
    after = next;
    if (++pages > 2000) throw new Error('the walk does not end');
  } while (after !== undefined);
  return found;
}

const from = new Date(now - 11 * day).toISOString();
const at = (index: number) => newestFirst[index]?.recordedAt ?? '';
const filters: [string, AuditFilter, (event: StoredAuditEvent) => boolean][] = [
  ['everything', { from }, () => true],
  ['a patient', { patientId: patients[0] ?? '' }, ({ patientId }) => patientId === patients[0]],
  [
    'an agent',
    { agent: { issuer: 'https://issuer.example.org', subject: 'okafor' } },
    ({ origin }) => origin.agent?.subject === 'okafor',
  ],
  [
    'a patient and an agent of another issuer',
    { patientId: patients[0] ?? '', agent: { issuer: 'https://other.example.org', subject: 'okafor' } },
    () => false,
  ],
  [
    'a patient and an agent',
    { patientId: patients[0] ?? '', agent: { issuer: 'https://issuer.example.org', subject: 'okafor' } },
    ({ patientId, origin }) => patientId === patients[0] && origin.agent?.subject === 'okafor',
  ],
  ['an action', { from, action: 'D' }, (event) => actionOf(event) === 'D'],
  ['a type', { from, type: 'record-create' }, ({ type }) => type === 'record-create'],
  ['an outcome', { from, outcome: '4' }, ({ outcome }) => outcome === '4'],
  ['a request', { from, requestId: requestIds[2] ?? '' }, ({ origin }) => origin.requestId === requestIds[2]],
  ['a time', { from: at(250), to: at(20) }, ({ recordedAt }) => recordedAt >= at(250) && recordedAt < at(20)],
  [
    'a time and a patient',
    { from: at(250), to: at(20), patientId: patients[1] ?? '' },
    ({ recordedAt, patientId }) => recordedAt >= at(250) && recordedAt < at(20) && patientId === patients[1],
  ],
  [
    'a time before the first event',
    { from: '2020-01-01T00:00:00.000Z', to: '2020-03-01T00:00:00.000Z' },
    () => false,
  ],
];

function suite(open: () => Promise<Opened>, limits: number[]): void {
  let opened: Opened;
  let reader: AuditReader;
  beforeAll(async () => {
    opened = await open();
    reader = new AuditReader(opened.table, clock);
    await write(opened.table, trail);
  }, 90_000);
  afterAll(() => opened.close());

  it.each(filters)('finds %s: each event once, newest first, page after page', async (_, filter, wanted) => {
    const expected = ids(newestFirst.filter(wanted));
    for (const limit of limits) expect(await walk(reader, filter, limit)).toEqual(expected);
  });

  it('goes on, page by page of one, where it was', async () => {
    const filter = { from: new Date(now - 2 * day).toISOString() };
    expect(await walk(reader, filter, 1)).toEqual(ids(newestFirst.slice(0, 43)));
  });

  it('finds an event by its id alone', async () => {
    for (const event of newestFirst.slice(0, 60)) {
      const row = await reader.byId(event.id);
      expect([row?.event, row?.chain]).toEqual([event, chain]);
    }
    expect(await reader.byId(randomUUID())).toBeUndefined();
    expect(await reader.byId(storedEvent(sample(1), now).id)).toBeUndefined();
    expect(await reader.byId('ffffffff-ffff-7fff-8fff-ffffffffffff')).toBeUndefined();
  });
}

describe('the trail on LMDB', () => {
  suite(onLmdb, [7, 50]);
});

describe('the trail on DynamoDB', () => {
  if (javaIsInstalled()) suite(onDynamoDb, [50]);
  else it.todo('NOT TESTED: DynamoDB Local needs Java 17, which is not installed');
});

describe('reading the trail', () => {
  let opened: Opened;
  let queries = 0;
  beforeAll(async () => {
    opened = await onLmdb();
  });
  afterAll(() => opened.close());

  /** The real table, counting. */
  const counted = (): PhiTable =>
    new Proxy(opened.table, {
      get(table, name) {
        const member: unknown = Reflect.get(table, name);
        if (name === 'query') queries++;
        return typeof member === 'function' ? member.bind(table) : member;
      },
    });
  const queriesOf = async (read: () => Promise<unknown>) => {
    const before = queries;
    await read();
    return queries - before;
  };

  it('costs no page more than a bounded number of queries, however long the time asked for', async () => {
    const reader = new AuditReader(counted(), clock);
    const filter = { from: '2020-03-10T00:00:00.000Z' };
    const costs: number[] = [];
    for (let after: string | undefined = ''; after !== undefined;) {
      const before = queries;
      after = (await reader.events(filter, 20, after === '' ? undefined : after)).next;
      costs.push(queries - before);
    }
    expect(Math.max(...costs)).toBeLessThanOrEqual(60 * 8);
    expect(costs).toHaveLength(Math.ceil((6 * 365 + 4) / 60));
  });

  it('reads no more than is asked for where everything is wanted', async () => {
    const patientId = randomUUID();
    const events = Array.from({ length: 300 }, (_, n) =>
      storedEvent({ ...sample(0), patientId }, now - n * 1000),
    );
    await write(opened.table, events);
    const reader = new AuditReader(counted(), clock);
    expect(await queriesOf(() => reader.events({ patientId }, 50))).toBe(1);
    expect(await queriesOf(() => reader.events({ patientId, outcome: '12' }, 50))).toBeLessThanOrEqual(4);
  });

  it('begins where the register of checkpoints begins', async () => {
    const text = (at: string) =>
      JSON.stringify({
        format: 'phi-audit-checkpoint/1',
        number: 1,
        previous: '',
        at,
        kind: 'opened',
        chain,
        first: 1,
        last: 0,
        root: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
        keyId: '0'.repeat(32),
      });
    const first = (checkpoint: string) =>
      opened.table.transactWrite([
        { type: 'put', item: { ...auditKeys.checkpoint(1), attributes: { checkpoint, signature: '' } } },
      ]);
    const reader = new AuditReader(counted(), clock);
    const pagesOf = async () => (await reader.events({ type: 'login' }, 20)).next;

    expect(await pagesOf()).toBeDefined();
    await first(text(new Date(now - 3 * day).toISOString()));
    expect(await pagesOf()).toBeUndefined();
    // What cannot be read is no beginning, and no reason to show nothing.
    await first('no JSON');
    expect(await pagesOf()).toBeDefined();
  });

  it('neither repeats nor loses an event while others are added', async () => {
    const patientId = randomUUID();
    const written = Array.from({ length: 40 }, (_, n) =>
      storedEvent({ ...sample(0), patientId }, now - n * 1000),
    );
    await write(opened.table, written);
    const reader = new AuditReader(opened.table, clock);
    const found: string[] = [];
    let after: string | undefined;
    do {
      const page = await reader.events({ patientId }, 7, after);
      found.push(...ids(page.items.map(({ event }) => event)));
      after = page.next;
      await write(opened.table, [storedEvent({ ...sample(0), patientId }, now + found.length)]);
    } while (after !== undefined);
    expect(found).toEqual(ids(written));
  });

  it.each([
    [
      'an event of another patient under an index of this one',
      (item: ReturnType<typeof auditItem>) => ({
        ...item,
        attributes: { event: (item.attributes['event'] as string).replace(/1111/g, '9999') },
      }),
    ],
    [
      'what is no event',
      (item: ReturnType<typeof auditItem>) => ({ ...item, attributes: { event: 'no JSON' } }),
    ],
    ['an empty row', (item: ReturnType<typeof auditItem>) => ({ ...item, attributes: {} })],
  ])('does not show %s', async (_, change) => {
    const patientId = '11111111-1111-4111-8111-111111111111';
    const item = auditItem(chain, ++sequence, storedEvent({ ...sample(0), patientId }, now));
    await opened.table.transactWrite([{ type: 'put', item: change(item) }]);
    const reader = new AuditReader(opened.table, clock);
    const refused = await reader.events({ patientId }, 20).catch((error: unknown) => error);
    expect((refused as Problem).type).toBe(problemTypes.integrityFailure);
    await opened.table.transactWrite([
      { type: 'delete', key: { table: 'audit', partition: chain, sort: item.sort } },
    ]);
  });

  it('knows a patient to whom something happened, not one who was merely asked for', async () => {
    const [real, asked] = [randomUUID(), randomUUID()];
    const about = (type: AuditEvent['type'], patientId: string) =>
      storedEvent({ type, outcome: '0', origin: sample(0).origin, patientId }, now);
    await write(opened.table, [
      about('refusal', real),
      about('patient-create', real),
      about('refusal', asked),
      about('disclosures-read', asked),
      about('audit-query', asked),
    ]);
    const reader = new AuditReader(opened.table, clock);
    expect([await reader.knowsPatient(real), await reader.knowsPatient(asked)]).toEqual([true, false]);
    expect(await reader.knowsPatient(randomUUID())).toBe(false);

    // Somebody asked again and again until the patient was there.
    const awaited = randomUUID();
    await write(
      opened.table,
      Array.from({ length: 450 }, () => about('refusal', awaited)),
    );
    expect(await reader.knowsPatient(awaited)).toBe(false);
    await write(opened.table, [about('patient-create', awaited)]);
    expect(await reader.knowsPatient(awaited)).toBe(true);
  });
});
