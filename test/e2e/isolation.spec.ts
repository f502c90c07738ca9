import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalIssuer } from '@app/authentication';
import { type PhiItem, type PhiKey, type PhiTable } from '@app/phi-table';
import { readAuditEvents } from '../support/audit-rows.js';
import { HttpClient } from '../support/http-client.js';
import { startListening } from '../support/phi-client.js';
import { type Service } from '../support/service.js';

/** What was stored before anybody tampered with it. */
interface Stored {
  folder: string;
  patientA: string;
  patientB: string;
  /** Of patient A: an Observation at version 2, another at version 1, and a Condition. */
  observation: string;
  otherObservation: string;
  condition: string;
}

type Row = PhiKey & { partition: string };
const profileOf = (patientId: string): Row => ({
  table: 'records',
  partition: `PATIENT#${patientId}`,
  sort: 'PROFILE',
});
const recordOf = (patientId: string, id: string): Row => ({ ...profileOf(patientId), sort: `RECORD#${id}` });
const versionOf = (patientId: string, id: string, version: number): Row => ({
  ...profileOf(patientId),
  sort: `VERSION#${id}#${String(version).padStart(10, '0')}`,
});
const memberOf = (patientId: string, subject: string): Row => {
  const token = createHash('sha256')
    .update(JSON.stringify([LocalIssuer.issuer, subject]))
    .digest('base64url');
  return { ...profileOf(patientId), sort: `TEAM#${token}` };
};

async function rowAt(table: PhiTable, key: Row): Promise<PhiItem> {
  const item = await table.get(key);
  if (item === undefined) throw new Error(`the test expects a row ${key.sort.split('#')[0]}`);
  return item;
}

/** What an intruder does who can write to the table but has no key. */
const edit = async (table: PhiTable, key: Row, change: (item: PhiItem) => PhiItem['attributes']) => {
  const item = await rowAt(table, key);
  await table.transactWrite([{ type: 'put', item: { ...item, attributes: change(item) } }]);
};
const set = (table: PhiTable, key: Row, attributes: PhiItem['attributes']) =>
  edit(table, key, (item) => ({ ...item.attributes, ...attributes }));
const moveMessage = async (table: PhiTable, from: Row, to: Row) => {
  const { message } = (await rowAt(table, from)).attributes;
  await set(table, to, { message: message as Uint8Array });
};
const moveRow = async (table: PhiTable, from: Row, to: Row) => {
  const { attributes } = await rowAt(table, from);
  const place = await table.get(to);
  await table.transactWrite([{ type: 'put', item: { ...place, ...to, attributes } }]);
};

interface Case {
  name: string;
  tamper(table: PhiTable, stored: Stored): Promise<void>;
  path(stored: Stored): string;
  scope?: string;
  subject?: string;
  /** The patient whom the alarm names, A unless told otherwise. */
  alarmFor?: 'patientA' | 'patientB';
  /** Key accesses for what is genuine beside it, none unless told otherwise. */
  keyAccesses?: number;
}

const patientPath = ({ patientA }: Stored) => `/v1/patients/${patientA}`;
const observationPath = ({ patientA, observation }: Stored) =>
  `/v1/patients/${patientA}/records/${observation}`;

const cases: Case[] = [
  {
    name: "patient B's message in patient A's row",
    tamper: (table, { patientA, patientB }) => moveMessage(table, profileOf(patientB), profileOf(patientA)),
    path: patientPath,
  },
  {
    name: "patient B's whole row in patient A's place",
    tamper: (table, { patientA, patientB }) => moveRow(table, profileOf(patientB), profileOf(patientA)),
    path: patientPath,
  },
  {
    name: "a record's message in another record's row",
    tamper: (table, { patientA, observation, otherObservation }) =>
      moveMessage(table, recordOf(patientA, otherObservation), recordOf(patientA, observation)),
    path: observationPath,
  },
  {
    name: "a record's whole row in another record's place",
    tamper: (table, { patientA, observation, otherObservation }) =>
      moveRow(table, recordOf(patientA, otherObservation), recordOf(patientA, observation)),
    path: observationPath,
  },
  {
    name: "a record's whole row under another patient",
    tamper: (table, { patientA, patientB, observation }) =>
      moveRow(table, recordOf(patientA, observation), recordOf(patientB, observation)),
    path: ({ patientB, observation }) => `/v1/patients/${patientB}/records/${observation}`,
    alarmFor: 'patientB',
  },
  {
    name: "a record's message as the patient's own document",
    tamper: (table, { patientA, observation }) =>
      moveMessage(table, recordOf(patientA, observation), profileOf(patientA)),
    path: patientPath,
  },
  {
    name: "an older version's message under the newer head of a record",
    tamper: (table, { patientA, observation }) =>
      moveMessage(table, versionOf(patientA, observation, 1), recordOf(patientA, observation)),
    path: observationPath,
  },
  {
    name: "an older version's message under the newer head of a patient",
    tamper: (table, { patientA }) =>
      moveMessage(table, versionOf(patientA, 'PROFILE', 1), profileOf(patientA)),
    path: patientPath,
  },
  {
    name: 'a version row in the place of the head',
    tamper: (table, { patientA, observation }) =>
      moveRow(table, versionOf(patientA, observation, 1), recordOf(patientA, observation)),
    path: observationPath,
  },
  {
    name: 'an older version and its number together under the newer head',
    async tamper(table, { patientA, observation }) {
      await moveMessage(table, versionOf(patientA, observation, 1), recordOf(patientA, observation));
      await set(table, recordOf(patientA, observation), { version: 1 });
    },
    path: observationPath,
  },
  {
    name: "another version's message in the history",
    tamper: (table, { patientA, observation }) =>
      moveMessage(table, recordOf(patientA, observation), versionOf(patientA, observation, 1)),
    path: (stored) => `${observationPath(stored)}/history/1`,
  },
  ...(
    [
      ['deleted', { deleted: true }],
      ['restricted', { restricted: true }],
      ['version', { version: 7 }],
      ['partitions', { partitions: [] }],
      ['createdAt', { createdAt: '2001-01-01T00:00:00.000Z' }],
      ['updatedAt', { updatedAt: '2001-01-01T00:00:00.000Z' }],
      ['recordType', { recordType: 'Observation' }],
      ['an attribute that was never there', { granted: true }],
    ] as [string, PhiItem['attributes']][]
  ).map(([name, change]) => ({
    name: `a changed clear attribute of a patient: ${name}`,
    tamper: (table: PhiTable, { patientA }: Stored) => set(table, profileOf(patientA), change),
    path: patientPath,
  })),
  {
    name: 'a removed seal',
    tamper: (table, { patientA }) =>
      edit(table, profileOf(patientA), ({ attributes: { seal: _, ...others } }) => others),
    path: patientPath,
  },
  {
    name: 'a changed patient, met on the way to a record of his',
    tamper: (table, { patientA }) => set(table, profileOf(patientA), { restricted: true }),
    path: observationPath,
  },
  {
    name: 'a record of another type than it was stored under',
    tamper: (table, { patientA, observation }) =>
      set(table, recordOf(patientA, observation), { recordType: 'note' }),
    path: observationPath,
  },
  {
    name: 'a record whose type was changed to one that the caller may read',
    tamper: (table, { patientA, condition }) =>
      set(table, recordOf(patientA, condition), { recordType: 'Observation' }),
    path: ({ patientA, condition }) => `/v1/patients/${patientA}/records/${condition}`,
    scope: 'system/Observation.rs',
  },
  {
    name: 'a changed record in a list',
    tamper: (table, { patientA, observation, otherObservation }) =>
      moveMessage(table, recordOf(patientA, otherObservation), recordOf(patientA, observation)),
    path: ({ patientA }) => `/v1/patients/${patientA}/records`,
    keyAccesses: 1,
  },
  {
    name: 'a care-team row copied to another patient',
    tamper: (table, { patientA, patientB }) =>
      moveRow(table, memberOf(patientA, 'nurse'), memberOf(patientB, 'nurse')),
    path: ({ patientB }) => `/v1/patients/${patientB}`,
    scope: 'user/*.rs',
    subject: 'nurse',
    alarmFor: 'patientB',
  },
  {
    name: 'a care-team row copied to another member',
    tamper: (table, { patientA }) => moveRow(table, memberOf(patientA, 'nurse'), memberOf(patientA, 'thief')),
    path: patientPath,
    scope: 'user/*.rs',
    subject: 'thief',
  },
  {
    name: 'a membership whose end was put off',
    tamper: (table, { patientA }) =>
      set(table, memberOf(patientA, 'former'), { end: '2999-01-01T00:00:00.000Z' }),
    path: patientPath,
    scope: 'user/*.rs',
    subject: 'former',
  },
];

async function store(folder: string): Promise<Stored> {
  const service = await startListening({}, folder);
  const authorization = await service.bearer();
  const send = (method: 'post' | 'put', path: string, body: object, headers = {}) =>
    service.http[method](path)
      .set({ authorization, ...headers })
      .send(body)
      .expect(/./);
  const idOf = (answer: { body: unknown }) => (answer.body as { id: string }).id;
  const patient = (family: string) => ({
    name: [{ family }],
    identifier: [{ system: 'urn:mrn', value: family }],
  });
  const patientA = idOf(await send('post', '/v1/patients', patient('Anders')));
  const patientB = idOf(await send('post', '/v1/patients', patient('Berg')));
  await send('put', `/v1/patients/${patientA}`, patient('Andersson'), { 'if-match': '"1"' });
  const records = `/v1/patients/${patientA}/records`;
  const record = (recordType: string, value: number) => ({ recordType, content: { value } });
  const observation = idOf(await send('post', records, record('Observation', 1)));
  await send('put', `${records}/${observation}`, record('Observation', 2), { 'if-match': '"1"' });
  const otherObservation = idOf(await send('post', records, record('Observation', 3)));
  const condition = idOf(await send('post', records, record('Condition', 4)));
  const period = { start: '2020-01-01T00:00:00Z' };
  const members = [
    { subject: 'nurse', role: 'nurse', period },
    { subject: 'former', role: 'nurse', period: { ...period, end: '2021-01-01T00:00:00Z' } },
  ];
  await send('put', `/v1/patients/${patientA}/care-team`, { members }, { 'if-match': '"1"' });
  await service.stop();
  return { folder, patientA, patientB, observation, otherObservation, condition };
}

// 45 CFR 164.312(c)(1), integrity; 164.312(a)(2)(iv): what is decrypted is the record that was asked for.
describe('isolation of patients, records and versions', () => {
  let stored: Stored;
  let service: Service;
  const copies: string[] = [];

  beforeAll(async () => {
    stored = await store(mkdtempSync(join(tmpdir(), 'phi-isolation-')));
  });

  /** A start of its own for each case: no key is in memory, so that every use of one is a call to be counted. */
  async function restart(): Promise<Service> {
    const copy = mkdtempSync(join(tmpdir(), 'phi-isolation-'));
    copies.push(copy);
    cpSync(stored.folder, copy, { recursive: true });
    service = await startListening({}, copy);
    return service;
  }

  afterAll(() => {
    for (const folder of [stored.folder, ...copies]) rmSync(folder, { recursive: true, force: true });
  });

  const kmsCalls = () => Object.values(service.keyCalls()).reduce((a, b) => a + b);
  const get = async (path: string, subject = 'tester', scope = 'system/*.cruds') =>
    service.http.get(path).set('authorization', await service.bearer({ subject, scope }));

  it.each(cases)('refuses $name', async ({ tamper, path, ...options }) => {
    const { scope, subject, alarmFor = 'patientA', keyAccesses = 0 } = options;
    await restart();
    await tamper(service.platform.table, stored);

    const answer = await get(path(stored), subject, scope);

    const body = answer.body as Record<string, unknown>;
    expect([answer.status, body['type']]).toEqual([500, '/problems/integrity-failure']);
    expect(Object.keys(body).sort()).toEqual(['detail', 'instance', 'status', 'title', 'type']);
    const events = await readAuditEvents(service.platform.table);
    const ofRequest = events.filter(({ origin }) => origin.requestId === body['instance']);
    expect(ofRequest).toMatchObject([
      { type: 'integrity-alarm', outcome: '12', patientId: stored[alarmFor], refusal: { status: 500 } },
    ]);
    expect(kmsCalls()).toBe(keyAccesses);
    await service.stop();
  });

  it('reads what nobody touched, with one key access for all of a patient', async () => {
    await restart();
    const { patientA, observation, condition } = stored;
    for (const path of [
      patientPath(stored),
      observationPath(stored),
      `${observationPath(stored)}/history/1`,
      `/v1/patients/${patientA}/records`,
      `/v1/patients/${patientA}/records/${condition}`,
      `/v1/patients/${patientA}/records/${observation}/history`,
    ]) {
      expect([path, (await get(path)).status]).toEqual([path, 200]);
    }
    expect((await get(patientPath(stored), 'nurse', 'user/*.rs')).status).toBe(200);
    expect((await get(patientPath(stored), 'former', 'user/*.rs')).status).toBe(404);
    expect(service.keyCalls()).toMatchObject({ Decrypt: 1 });
    expect(kmsCalls()).toBe(1);
    await service.stop();
  });

  it('names the patient in the alarm when a search meets the row of another', async () => {
    await restart();
    const { patientA, patientB } = stored;
    await moveMessage(service.platform.table, profileOf(patientB), profileOf(patientA));
    const answer = await service.http
      .post('/v1/patients/search')
      .set('authorization', await service.bearer())
      .send({ identifier: { system: 'urn:mrn', value: 'Andersson' } });
    expect(answer.status).toBe(500);
    const alarms = (await readAuditEvents(service.platform.table)).filter(
      ({ type }) => type === 'integrity-alarm',
    );
    expect(alarms).toMatchObject([{ patientId: patientA }]);
    expect(kmsCalls()).toBe(0);
    await service.stop();
  });

  it('breaks an export off before a record of another patient, and leaves an alarm', async () => {
    await restart();
    const { patientA, observation, otherObservation } = stored;
    await moveMessage(
      service.platform.table,
      recordOf(patientA, otherObservation),
      recordOf(patientA, observation),
    );
    const client = new HttpClient(await service.app.getUrl());
    const authorization = await service.bearer();
    const path = `/v1/patients/${patientA}/export`;
    await expect(client.send({ method: 'GET', path, headers: { authorization } })).rejects.toThrow(/aborted/);
    client.close();
    const alarms = (await readAuditEvents(service.platform.table)).filter(
      ({ type }) => type === 'integrity-alarm',
    );
    expect(alarms).toMatchObject([{ patientId: patientA }]);
    await service.stop();
  });

  it('shows no record through an index entry that was moved to a type that the caller may list', async () => {
    await restart();
    const { patientA, condition } = stored;
    const { table } = service.platform;
    const item = await rowAt(table, recordOf(patientA, condition));
    const typeRecordedAt = { sort: `Observation#2026-01-01T00:00:00.000Z#${condition}` };
    await table.transactWrite([
      { type: 'put', item: { ...item, indexed: { ...item.indexed, typeRecordedAt } } },
    ]);
    const answer = await get(
      `/v1/patients/${patientA}/records?type=Observation`,
      'tester',
      'system/Observation.s',
    );
    const ids = (answer.body as { items: { id: string }[] }).items.map(({ id }) => id);
    expect(ids.sort()).toEqual([stored.observation, stored.otherObservation].sort());
    await service.stop();
  });

  it('writes nothing over a row that was changed', async () => {
    await restart();
    const { table } = service.platform;
    await set(table, profileOf(stored.patientA), { restricted: true });
    const before = await rowAt(table, profileOf(stored.patientA));
    const authorization = await service.bearer();
    const put = service.http.put(patientPath(stored)).set({ authorization, 'if-match': '*' });
    expect((await put.send({ active: true })).status).toBe(500);
    const remove = service.http.delete(patientPath(stored)).set({ authorization, 'if-match': '*' });
    expect((await remove).status).toBe(500);
    expect(await rowAt(table, profileOf(stored.patientA))).toEqual(before);
    await service.stop();
  });
});
