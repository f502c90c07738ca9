import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AuditTrail } from '@app/audit';
import { type PhiTable, TableUnavailable, type TableWrite } from '@app/phi-table';
import { auditTrail, recordedDuring } from '../support/audit-recording.js';
import { type Answer, clientOf, type PhiClient, startListening } from '../support/phi-client.js';
import { mrn } from '../support/sample-patient.js';
import type { Service } from '../support/service.js';

/** What the store refuses at the moment. */
let refusedWrites: ((write: TableWrite) => boolean) | undefined;
let readsFail = false;

/** The real store, which does not answer while it is told so. */
function failing(table: PhiTable): PhiTable {
  const unavailable = () =>
    Promise.reject(new TableUnavailable('marked failure of the store', { notWritten: true }));
  return new Proxy(table, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      if (name === 'transactWrite') {
        return (writes: readonly TableWrite[]) =>
          refusedWrites !== undefined && writes.some(refusedWrites)
            ? unavailable()
            : target.transactWrite(writes);
      }
      if (readsFail && (name === 'get' || name === 'batchGet' || name === 'query')) return unavailable;
      return member.bind(target);
    },
  });
}

const tableOf = (write: TableWrite) => (write.type === 'put' ? write.item.table : write.key.table);
const ofAudit = (write: TableWrite) => tableOf(write) === 'audit';
const ofRecords = (write: TableWrite) => tableOf(write) === 'records';

let service: Service;
let client: PhiClient;
let officer: PhiClient;
let path: string;
let recordPath: string;

beforeAll(async () => {
  service = await startListening({}, undefined, (platform) => {
    const table = failing(platform.table);
    const audit = new AuditTrail({ table, signer: platform.checkpointSigner, instance: randomUUID() });
    return { ...platform, table, audit, checkpoints: audit.checkpoints };
  });
  client = await clientOf(service);
  officer = await clientOf(service, { scope: 'user/AuditEvent.rs' });
  await officer.get('/v1/audit/checkpoints');
});
beforeEach(async () => {
  refusedWrites = undefined;
  readsFail = false;
  path = `/v1/patients/${(await client.post('/v1/patients', { notes: 'marked notes' })).body.id}`;
  const record = { recordType: 'Observation', content: { text: 'marked notes' } };
  recordPath = `${path}/records/${(await client.post(`${path}/records`, record)).body.id}`;
});
afterAll(async () => {
  refusedWrites = undefined;
  await service.stop();
});

const any = { 'if-match': '*' };
const reads: [string, () => Promise<Answer>][] = [
  ['a patient', () => client.get(path)],
  ['a history', () => client.get(`${path}/history`)],
  ['a version', () => client.get(`${path}/history/1`)],
  ['a care team', () => client.get(`${path}/care-team`)],
  ['an export', () => client.get(`${path}/export`)],
  ['a record', () => client.get(recordPath)],
  ['a list of records', () => client.get(`${path}/records`)],
  ['the history of a record', () => client.get(`${recordPath}/history`)],
  ['a version of a record', () => client.get(`${recordPath}/history/1`)],
  ['the list of patients', () => client.get('/v1/patients')],
  ['a search', () => client.post('/v1/patients/search', { phone: '617-555-0179' })],
  ['the trail', () => officer.get('/v1/audit/events')],
  ['the checkpoints', () => officer.get('/v1/audit/checkpoints')],
  ['disclosures', () => officer.get(`${path}/disclosures`)],
  ['disclosures as CSV', () => officer.get(`${path}/disclosures`, { accept: 'text/csv' })],
  ['a refusal', () => client.get(`/v1/patients/${randomUUID()}`)],
];
const writes: [string, () => Promise<Answer>][] = [
  ['creating a patient', () => client.post('/v1/patients', { notes: 'marked notes' })],
  ['replacing a patient', () => client.put(path, { notes: 'marked notes' }, any)],
  ['patching a patient', () => client.patch(path, { notes: 'marked notes' }, any)],
  ['deleting a patient', () => client.delete(path, any)],
  ['replacing a care team', () => client.put(`${path}/care-team`, { members: [] }, any)],
  ['creating a record', () => client.post(`${path}/records`, { recordType: 'Flag', content: {} })],
  [
    'creating a batch',
    () => client.post(`${path}/records/batch`, { records: [{ recordType: 'Flag', content: {} }] }),
  ],
  ['replacing a record', () => client.put(recordPath, { recordType: 'Observation', content: {} }, any)],
  ['deleting a record', () => client.delete(recordPath, any)],
];

/** @returns what can be seen of the patient and his record, and how many patients there are */
async function seen(): Promise<unknown> {
  const answers = [
    await client.get(path),
    await client.get(recordPath),
    await client.get(`${path}/care-team`),
    await client.get(`${path}/records`),
    await client.get('/v1/patients?limit=50'),
  ];
  return answers.map(({ status, body }) => ({ status, body }));
}

// 45 CFR 164.312(b): no event, no data.
describe('while the trail cannot be written', () => {
  it.each([...reads, ...writes])('%s: 503, nothing is returned and nothing changed', async (_, send) => {
    const before = await seen();
    refusedWrites = ofAudit;
    const refused = await send();
    refusedWrites = undefined;

    expect(refused).toMatchObject({
      status: 503,
      headers: { 'content-type': 'application/problem+json; charset=utf-8', 'retry-after': '5' },
      body: { type: '/problems/audit-unavailable' },
    });
    expect((refused.text + service.logged()).includes('marked')).toBe(false);
    expect(await seen()).toEqual(before);
  });

  it('the first use of a token: 503, and recorded once it can be', async () => {
    const by = await clientOf(service, { subject: 'newcomer' });
    refusedWrites = ofAudit;
    expect((await by.get(path)).status).toBe(503);
    refusedWrites = undefined;
    expect((await by.get(path)).status).toBe(200);
    const logins = (await auditTrail(service.platform)).filter(
      ({ type, origin }) => type === 'login' && origin.agent?.subject === 'newcomer',
    );
    expect(logins).toHaveLength(1);
  });

  it('goes on as if nothing had been, and without a gap, once it can be written again', async () => {
    const events = await recordedDuring(service.platform, async () => {
      refusedWrites = ofAudit;
      await Promise.all([client.get(path), client.get(path), client.delete(path, any)]);
      refusedWrites = undefined;
      expect((await client.get(path)).status).toBe(200);
    });
    const types = events.map(({ type }) => type);
    expect(types.at(-1)).toBe('patient-read');
    expect(new Set(types.slice(0, -1))).toEqual(new Set(['void']));
  });
});

describe('while records cannot be written', () => {
  it.each(writes)('%s: 503, nothing changed; its number is filled by a void', async (_, send) => {
    const before = await seen();
    let refused: Answer | undefined;
    const events = await recordedDuring(service.platform, async () => {
      refusedWrites = ofRecords;
      refused = await send();
      refusedWrites = undefined;
    });

    expect(refused).toMatchObject({ status: 503, body: { type: '/problems/storage-unavailable' } });
    expect((refused?.text + service.logged()).includes('marked')).toBe(false);
    expect(events.map(({ type, outcome, refusal }) => [type, outcome, refusal?.problem])).toEqual([
      ['void', '4', undefined],
      ['refusal', '8', 'storage-unavailable'],
    ]);
    expect(await seen()).toEqual(before);
  });

  it('reads go on', async () => {
    refusedWrites = ofRecords;
    expect((await client.get(path)).status).toBe(200);
  });
});

describe('while the store cannot be read', () => {
  it.each([...reads, ...writes])('%s: 503 storage-unavailable, and recorded', async (_, send) => {
    const before = (await auditTrail(service.platform)).length;
    readsFail = true;
    const refused = await send();
    readsFail = false;

    expect(refused).toMatchObject({ status: 503, body: { type: '/problems/storage-unavailable' } });
    const added = (await auditTrail(service.platform)).slice(before);
    expect(added).toMatchObject([
      { type: 'refusal', outcome: '8', refusal: { problem: 'storage-unavailable' } },
    ]);
  });
});

describe('a write that failed', () => {
  it('leaves its identifiers and its idempotency key free', async () => {
    const patient = { identifier: [mrn(randomUUID())] };
    const key = { 'idempotency-key': randomUUID() };
    refusedWrites = ofRecords;
    await client.post('/v1/patients', patient, key);
    refusedWrites = undefined;

    const created = await client.post('/v1/patients', patient, key);
    expect(created).toMatchObject({ status: 201, body: patient });
    const found = await client.post('/v1/patients/search', { identifier: patient.identifier[0] });
    expect(found.body.items.map(({ id }) => id)).toEqual([created.body.id]);
  });
});
