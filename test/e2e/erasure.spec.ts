import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { recordedDuring } from '../support/audit-recording.js';
import { readAuditEvents } from '../support/audit-rows.js';
import { canaries, LeakSearch } from '../support/canaries.js';
import { canaryPatient, canaryRecord } from '../support/canary-requests.js';
import {
  destroyedOf,
  type ErasablePatient,
  erasablePatient,
  erasureBody,
  isIdentifierTaken,
  officerScope,
  partitionOf,
  remainsOf,
} from '../support/erasable-patient.js';
import {
  allPages,
  type Answer,
  clientOf,
  type PhiClient,
  startListening,
  succeeded,
} from '../support/phi-client.js';
import { mrn, wholePatient } from '../support/sample-patient.js';
import type { Service } from '../support/service.js';
import { testConfig } from '../support/test.config.js';

const cacheTtlSeconds = 120;
const backupDays = 7;
const dayMilliseconds = 24 * 60 * 60 * 1000;

let service: Service;
let client: PhiClient;
let officer: PhiClient;

beforeAll(async () => {
  service = await startListening({
    PHI_KEY_CACHE_TTL_SECONDS: String(cacheTtlSeconds),
    PHI_KEY_STORE_BACKUP_DAYS: String(backupDays),
  });
  client = await clientOf(service);
  officer = await clientOf(service, { scope: officerScope, subject: 'privacy-officer' });
});
afterAll(() => service.stop());

interface Receipt {
  erasedAt: string;
  completedAt: string;
  requestId: string;
  destroyed: Record<string, number>;
  final: { thisInstance: string; otherInstances: string; keyStoreFile: string; keyStoreBackups: string };
  remaining: string[];
}
const receiptOf = ({ body }: Answer) => body as unknown as Receipt;
const erase = ({ id, path }: { id: string; path: string }, by = officer, reason?: string) =>
  by.post(`${path}/erase`, erasureBody(id, reason));
const patient = () => erasablePatient(service, client, randomUUID());
async function plainPatient(document: object = {}) {
  const { id } = (await succeeded(client.post('/v1/patients', document))).body;
  return { id, path: `/v1/patients/${id}` };
}

// 45 CFR 164.310(d)(2)(i), disposal.
describe('an erasure', () => {
  let erased: ErasablePatient;
  let other: ErasablePatient;
  let otherBefore: string;
  let answer: Answer;
  let events: Awaited<ReturnType<typeof recordedDuring>>;
  const snapshot = async ({ id }: ErasablePatient) =>
    JSON.stringify(await partitionOf(service.platform.table, id));

  beforeAll(async () => {
    erased = await patient();
    other = await patient();
    otherBefore = await snapshot(other);
    events = await recordedDuring(service.platform, async () => {
      answer = await erase(erased);
    });
  });

  it('answers a receipt that says what was destroyed, when that is final, and what is left', () => {
    const receipt = receiptOf(answer);
    const { final } = receipt;
    const keylessAt = Date.parse(final.thisInstance);
    expect([answer.status, receipt]).toEqual([
      200,
      {
        patientId: erased.id,
        reason: 'patient-request',
        erasedAt: expect.any(String),
        completedAt: expect.any(String),
        requestId: answer.headers['x-request-id'],
        destroyed: destroyedOf(erased),
        final: {
          thisInstance: expect.any(String),
          otherInstances: new Date(keylessAt + cacheTtlSeconds * 1000).toISOString(),
          // The file of the embedded platform is compacted later.
          ...(testConfig.platform === 'embedded' && { keyStoreFile: expect.any(String) }),
          keyStoreBackups: new Date(keylessAt + backupDays * dayMilliseconds).toISOString(),
        },
        remaining: expect.arrayContaining([
          expect.stringMatching(/audit trail keeps opaque ids/),
          expect.stringMatching(
            /Index tokens in copies, backups and freed pages .* show that somebody was stored/,
          ),
          expect.stringMatching(/idempotency.* 24 hours/),
        ]),
      },
    ]);
    expect(receipt.erasedAt <= final.thisInstance && final.thisInstance <= receipt.completedAt).toBe(true);
    if (testConfig.platform === 'aws') return;
    const untilCompaction = Date.parse(final.keyStoreFile) - keylessAt;
    expect(untilCompaction).toBeGreaterThan(0);
    expect(untilCompaction).toBeLessThanOrEqual(dayMilliseconds);
  });

  it('leaves a mark under the id, and no other row: no key, no record, no version, no team, no index token', async () => {
    expect(await remainsOf(service.platform, erased)).toEqual([]);
    const [head] = await partitionOf(service.platform.table, erased.id);
    expect(Object.keys(head?.attributes ?? {}).sort()).toEqual(
      [
        'createdAt',
        'deleted',
        'erased',
        'erasure',
        'partitions',
        'recordType',
        'seal',
        'updatedAt',
        'version',
      ].sort(),
    );
    expect(head?.attributes).toMatchObject({ erased: true, deleted: true, partitions: [], version: 3 });
  });

  it('makes every route answer that he is gone', async () => {
    const { path, records } = erased;
    const record = `${path}/records/${records.observation}`;
    const body = { recordType: 'Observation', content: {} };
    const any = { 'if-match': '*' };
    const answers = [
      client.get(path),
      client.get(`${path}/history`),
      client.get(`${path}/history/1`),
      client.get(`${path}/export`),
      client.get(`${path}/care-team`),
      client.get(`${path}/records`),
      client.get(record),
      client.get(`${record}/history`),
      client.get(`${record}/history/1`),
      client.put(path, {}, any),
      client.patch(path, {}, any),
      client.delete(path, any),
      client.put(`${path}/care-team`, { members: [] }, any),
      client.post(`${path}/records`, body),
      client.post(`${path}/records/batch`, { records: [body] }),
      client.put(record, body, any),
      client.put(`${path}/records/${randomUUID()}`, body, { 'if-none-match': '*' }),
      client.delete(record, any),
    ];
    for (const { status, body: problem, headers } of await Promise.all(answers)) {
      expect([status, problem['type'], headers['content-type']]).toEqual([
        410,
        '/problems/gone',
        expect.stringMatching(/^application\/problem\+json/),
      ]);
    }
  });

  it('takes him out of every search and of the list', async () => {
    const { birthDate, telecom, name } = wholePatient('x');
    const queries = [
      { identifier: mrn(erased.mrn) },
      { identifier: mrn(`${erased.mrn}-before`) },
      { family: name[0]?.family, birthDate },
      { phone: telecom[0]?.value },
      { email: telecom[1]?.value },
    ];
    for (const query of queries) {
      const found = await allPages((cursor) =>
        client.post(`/v1/patients/search${cursor === undefined ? '' : `?cursor=${cursor}`}`, query),
      );
      expect(found.map(({ id }) => id)).not.toContain(erased.id);
      // The other one, who has the same name, telephone and address, is still found by them.
      if (!('identifier' in query)) expect(found.map(({ id }) => id)).toContain(other.id);
    }
    const listed = await allPages((cursor) =>
      client.get(`/v1/patients${cursor === undefined ? '' : `?cursor=${cursor}`}`),
    );
    expect(listed.map(({ id }) => id)).toContain(other.id);
    expect(listed.map(({ id }) => id)).not.toContain(erased.id);
  });

  it('touches nobody else', async () => {
    expect(await snapshot(other)).toBe(otherBefore);
    expect((await client.get(other.path)).body['identifier']).toContainEqual(
      expect.objectContaining(mrn(other.mrn)),
    );
    const records = `${other.path}/records`;
    expect((await client.get(`${records}/${other.records.observation}/history/1`)).status).toBe(200);
  });

  it('is in the audit trail step by step, with a code for the reason and opaque ids alone', () => {
    const own = { outcome: '0', patientId: erased.id };
    const erasure = (step: string) => ({
      ...own,
      type: 'patient-erase',
      erasure: { reason: 'patient-request', step },
    });
    expect(events).toEqual([
      { ...erasure('begun'), entities: [{ type: 'Patient', id: erased.id, version: 3 }] },
      { ...own, type: 'key-destroy', count: 3 },
      // Three records, three superseded versions, two members and their list.
      { ...erasure('rows-removed'), count: 9 },
      erasure('completed'),
    ]);
  });

  it('names in each event of the trail who asked', async () => {
    const trail = await readAuditEvents(service.platform.table);
    const of = trail.filter(({ origin }) => origin.requestId === receiptOf(answer).requestId);
    expect(of).toHaveLength(4);
    for (const { origin } of of) expect(origin.agent).toMatchObject({ subject: 'privacy-officer' });
  });

  it('answers the same receipt when it is repeated, for whatever reason, and records that', async () => {
    let repeated: Answer | undefined;
    const added = await recordedDuring(service.platform, async () => {
      repeated = await erase(erased, officer, 'court-order');
    });
    expect([repeated?.status, repeated?.body]).toEqual([200, answer.body]);
    expect(added).toEqual([
      {
        type: 'patient-erase',
        outcome: '0',
        patientId: erased.id,
        erasure: { reason: 'court-order', step: 'repeated' },
      },
    ]);
  });

  it('keeps the id taken for ever, and makes no key for it again', async () => {
    const again = await client.put(erased.path, wholePatient(erased.mrn), { 'if-none-match': '*' });
    expect([again.status, again.body['type']]).toEqual([412, '/problems/precondition-failed']);
    expect(await remainsOf(service.platform, erased)).toEqual([]);
  });

  it('frees his identifiers', async () => {
    expect(await isIdentifierTaken(service.platform, erased.mrn)).toBe(false);
    expect((await client.post('/v1/patients', wholePatient(erased.mrn))).status).toBe(201);
    expect(await isIdentifierTaken(service.platform, erased.mrn)).toBe(true);
  });
});

describe('who is erased', () => {
  it('may have been deleted before', async () => {
    const { id, path } = await plainPatient();
    await succeeded(client.delete(path, { 'if-match': '*' }));
    expect((await client.get(`${path}/history/1`)).status).toBe(200);
    const { status, body } = await erase({ id, path });
    expect([status, body['destroyed']]).toEqual([
      200,
      expect.objectContaining({ branchKeyRows: 3, versions: 1 }),
    ]);
    expect((await client.get(`${path}/history/1`)).status).toBe(410);
  });

  it('may be restricted', async () => {
    const restricted = { meta: { security: [{ code: 'R' }] } };
    expect((await erase(await plainPatient(restricted))).status).toBe(200);
  });

  it('may have more rows than a transaction holds', async () => {
    const { id, path } = await plainPatient();
    const records = Array.from({ length: 50 }, () => ({ recordType: 'Observation', content: {} }));
    for (let batch = 0; batch < 5; batch++) {
      await succeeded(client.post(`${path}/records/batch`, { records }));
    }
    const { body } = await erase({ id, path });
    expect(body['destroyed']).toMatchObject({ records: 250 });
    expect(await partitionOf(service.platform.table, id)).toHaveLength(1);
  });

  it('is nobody else: an unknown id is not found, and stays unknown', async () => {
    const id = randomUUID();
    const answer = await erase({ id, path: `/v1/patients/${id}` });
    expect([answer.status, answer.body['type']]).toEqual([404, '/problems/not-found']);
    expect(await partitionOf(service.platform.table, id)).toEqual([]);
  });
});

describe('the request', () => {
  it.each<[string, (id: string) => object, string]>([
    ['another id', () => erasureBody(randomUUID()), '/confirm'],
    ['the id in capitals', (id) => erasureBody(id.toUpperCase()), '/confirm'],
    ['no confirmation', () => ({ reason: 'court-order' }), '/confirm'],
    ['a reason in words of its own', (id) => erasureBody(id, 'he asked for it'), '/reason'],
    ['no reason', (id) => ({ confirm: id }), '/reason'],
    ['a further text', (id) => ({ ...erasureBody(id), comment: 'he asked for it' }), ''],
  ])('with %s is refused, and nothing happens', async (_, bodyOf, pointer) => {
    const { id, path } = await plainPatient();
    const answer = await officer.post(`${path}/erase`, bodyOf(id));
    expect([answer.status, answer.body['type'], answer.body.errors.map((error) => error.pointer)]).toEqual([
      400,
      '/problems/validation-failed',
      [pointer],
    ]);
    expect(answer.text).not.toContain('asked');
    expect((await client.get(path)).status).toBe(200);
  });

  it.each([
    'patient-request',
    'consent-withdrawn',
    'retention-expired',
    'court-order',
    'contract-ended',
    'created-in-error',
  ])('may give the reason %s', async (reason) => {
    expect((await erase(await plainPatient(), officer, reason)).body['reason']).toBe(reason);
  });

  it.each([
    'system/*.cruds',
    'system/Patient.cruds user/*.cruds patient/*.cruds',
    'phi/erase2 phi/ phi/* phi/screen phi/review',
    'PHI/erase phi/Erase',
  ])('needs the scope phi/erase: "%s" is not enough', async (scope) => {
    const { id, path } = await plainPatient();
    const answer = await erase({ id, path }, await clientOf(service, { scope, patient: id }));
    expect([answer.status, answer.body['type'], answer.body['detail']]).toEqual([
      403,
      '/problems/insufficient-scope',
      'This needs the scope phi/erase.',
    ]);
    expect((await client.get(path)).status).toBe(200);
  });

  it('needs no other scope, and that scope opens no other route', async () => {
    const { path } = await plainPatient();
    expect((await officer.get(path)).status).toBe(403);
    expect((await officer.get('/v1/patients')).status).toBe(403);
  });
});

it('leaves marked values nowhere: not in the receipt, the log, the trail or a file', async () => {
  const search = new LeakSearch(canaries);
  const { id, path } = await plainPatient(canaryPatient('-erased'));
  await succeeded(client.post(`${path}/records`, canaryRecord()));
  // The search finds what is there.
  expect(search.in((await client.get(path)).text)).not.toEqual([]);
  const { status, text } = await erase({ id, path });
  expect([status, search.in(text)]).toEqual([200, []]);
  expect(search.in(service.logged())).toEqual([]);
  expect(search.in(JSON.stringify(await readAuditEvents(service.platform.table)))).toEqual([]);
  expect(search.inFiles(service.dataFolder)).toEqual([]);
});
