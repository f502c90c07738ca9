import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { auditTrail, recordedDuring } from '../support/audit-recording.js';
import { type Answer, clientOf, type PhiClient, startListening } from '../support/phi-client.js';
import { mrn } from '../support/sample-patient.js';
import type { Service } from '../support/service.js';

let service: Service;
let client: PhiClient;
let patientId: string;
let path: string;
let recordId: string;
let recordPath: string;

beforeAll(async () => {
  service = await startListening();
  client = await clientOf(service);
});
beforeEach(async () => {
  patientId = (await client.post('/v1/patients', {})).body.id;
  path = `/v1/patients/${patientId}`;
  recordId = (await client.post(`${path}/records`, { recordType: 'Observation', content: {} })).body.id;
  recordPath = `${path}/records/${recordId}`;
});
afterAll(() => service.stop());

const recording = (action: () => Promise<unknown>) => recordedDuring(service.platform, action);

// 45 CFR 164.312(b), 164.308(a)(5)(ii)(C).
describe('a refusal leaves one event', () => {
  const refusal = (
    problem: string,
    status: number,
    method: string,
    route: string,
    outcome = '4',
    more: object = {},
  ) => ({
    type: 'refusal',
    outcome,
    ...more,
    refusal: { problem, status, method, route },
  });
  const one = '/v1/patients/:patientId';

  it('for a patient who never was', async () => {
    const id = randomUUID();
    const events = await recording(() => client.get(`/v1/patients/${id}`));
    expect(events).toEqual([refusal('not-found', 404, 'GET', one, '4', { patientId: id })]);
  });

  it('for a patient out of reach, told apart from one who never was in the trail alone', async () => {
    const user = await clientOf(service, { scope: 'user/*.cruds', subject: 'stranger' });
    const patientEvents = await recording(() => user.get(path));
    const recordEvents = await recording(() => user.get(recordPath));
    expect(patientEvents).toEqual([refusal('out-of-reach', 404, 'GET', one, '8', { patientId })]);
    expect(recordEvents).toEqual([
      refusal('out-of-reach', 404, 'GET', `${one}/records/:recordId`, '8', {
        patientId,
        entities: [{ type: 'Record', id: recordId }],
      }),
    ]);
  });

  it('for a missing scope, with who tried', async () => {
    const reader = await clientOf(service, { scope: 'system/*.rs', subject: 'curious' });
    const events = await recording(() => reader.delete(path, { 'if-match': '*' }));
    expect(events).toEqual([refusal('insufficient-scope', 403, 'DELETE', one, '4', { patientId })]);
    const { origin } = (await auditTrail(service.platform)).at(-1) ?? {};
    expect(origin?.agent).toMatchObject({ subject: 'curious', scopes: ['system/*.rs'] });
  });

  it('for identifiers in a text: types and counts', async () => {
    const notes = 'SSN 219-09-9999 and 219-09-9998';
    const events = await recording(() => client.post('/v1/patients', { notes }));
    expect(events).toEqual([
      refusal('identifier-in-text', 422, 'POST', '/v1/patients', '4', {
        screening: { US_SOCIAL_SECURITY_NUMBER: 2 },
      }),
    ]);
  });

  it('for a write that another one overtook: its number is filled by a void', async () => {
    const taken = { identifier: [mrn(randomUUID())] };
    await client.post('/v1/patients', taken);
    const events = await recording(() => client.post('/v1/patients', taken));
    expect(events).toEqual([
      { type: 'void', outcome: '4' },
      refusal('identifier-taken', 409, 'POST', '/v1/patients'),
    ]);
  });

  it('for a stored message that is not this patient\u2019s: an alarm', async () => {
    const { body: other } = await client.post('/v1/patients', {});
    const key = (id: string) => ({ table: 'records', partition: `PATIENT#${id}`, sort: 'PROFILE' }) as const;
    const theirs = await service.platform.table.get(key(other.id));
    const own = await service.platform.table.get(key(patientId));
    if (theirs === undefined || own === undefined) throw new Error('a row is missing');
    const message = theirs.attributes['message'] as Uint8Array;
    const moved = { ...own, attributes: { ...own.attributes, message } };
    await service.platform.table.transactWrite([{ type: 'put', item: moved }]);

    let refused: Answer | undefined;
    const events = await recording(async () => (refused = await client.get(path)));

    expect(refused).toMatchObject({ status: 500, body: { type: '/problems/integrity-failure' } });
    expect(events).toEqual([
      { ...refusal('integrity-failure', 500, 'GET', one, '12', { patientId }), type: 'integrity-alarm' },
    ]);
  });
});

describe('the numbers of the trail', () => {
  it('have no gap after many concurrent writers, winners and losers', async () => {
    const before = (await auditTrail(service.platform)).length;
    const writers = Array.from({ length: 40 }, (_, n) =>
      client.patch(path, { notes: `${n}` }, { 'if-match': '"1"' }),
    );
    await Promise.all([...writers, ...Array.from({ length: 20 }, () => client.get(recordPath))]);
    // The trail is read only after each lost number has been filled.
    await client.get(path);

    const added = (await auditTrail(service.platform)).slice(before);
    const count = (type: string) => added.filter((event) => event.type === type).length;
    expect([count('patient-update'), count('refusal'), count('record-read')]).toEqual([1, 39, 20]);
    expect(count('void') + 1 + 39 + 20 + 1).toBe(added.length);
  });
});
