import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AuditEvent } from '@app/audit';
import { LocalIssuer } from '@app/authentication';
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

const observation = { recordType: 'Observation', content: {}, recordedAt: '2026-01-05T09:30:00Z' };

beforeAll(async () => {
  service = await startListening();
  client = await clientOf(service);
});
beforeEach(async () => {
  patientId = (await client.post('/v1/patients', {})).body.id;
  path = `/v1/patients/${patientId}`;
  recordId = (await client.post(`${path}/records`, observation)).body.id;
  recordPath = `${path}/records/${recordId}`;
});
afterAll(() => service.stop());

type Recorded = Omit<AuditEvent, 'origin'>;
const recording = (action: () => Promise<unknown>) => recordedDuring(service.platform, action);

/** @returns the SHA-256 of a stored message, as its event must tell it */
async function messageSha256(sort: string, of = patientId): Promise<string> {
  const item = await service.platform.table.get({ table: 'records', partition: `PATIENT#${of}`, sort });
  const message = item?.attributes['message'];
  if (!(message instanceof Uint8Array)) throw new Error('there is no such message');
  return createHash('sha256').update(message).digest('base64');
}

const ofPatient = (type: AuditEvent['type'], version?: number, more: object = {}): Recorded => ({
  type,
  outcome: '0',
  patientId,
  entities: [{ type: 'Patient', id: patientId, ...(version === undefined ? {} : { version }) }],
  ...more,
});
const ofRecord = (type: AuditEvent['type'], version?: number, more: object = {}): Recorded => ({
  type,
  outcome: '0',
  patientId,
  entities: [{ type: 'Observation', id: recordId, ...(version === undefined ? {} : { version }) }],
  ...more,
});

// 45 CFR 164.312(b), audit controls; 164.310(d)(2)(iii): an export, which leaves the platform, is among them.
describe('each read leaves one event', () => {
  const any = { 'if-match': '*' };
  const reads: [string, () => Promise<Answer>, () => Recorded][] = [
    ['of a patient', () => client.get(path), () => ofPatient('patient-read', 1)],
    [
      'of a patient that answers 304',
      () => client.get(path, { 'if-none-match': '"1"' }),
      () => ofPatient('patient-read', 1),
    ],
    [
      'of a history',
      () => client.get(`${path}/history`),
      () => ofPatient('patient-read', undefined, { count: 1 }),
    ],
    ['of a version', () => client.get(`${path}/history/1`), () => ofPatient('patient-read', 1)],
    [
      'of a care team',
      () => client.get(`${path}/care-team`),
      () => ({ type: 'care-team-read', outcome: '0', patientId }),
    ],
    ['of an export', () => client.get(`${path}/export`), () => ofPatient('export')],
    ['of a record', () => client.get(recordPath), () => ofRecord('record-read', 1)],
    [
      'of the history of a record',
      () => client.get(`${recordPath}/history`),
      () => ofRecord('record-read', undefined, { count: 1 }),
    ],
    [
      'of a version of a record',
      () => client.get(`${recordPath}/history/1`),
      () => ofRecord('record-read', 1),
    ],
    [
      'of a list of records',
      () => client.get(`${path}/records`),
      () => ({ type: 'record-query', outcome: '0', patientId, count: 1 }),
    ],
    [
      'of a list of records of one type',
      () => client.get(`${path}/records?type=Flag`),
      () => ({ type: 'record-query', outcome: '0', patientId, count: 0, query: ['recordType'] }),
    ],
    [
      'of a care team that changes',
      () => client.put(`${path}/care-team`, { members: [] }, any),
      () => ({ type: 'care-team-update', outcome: '0', patientId, count: 0 }),
    ],
  ];
  it.each(reads)('%s', async (_, send, expected) => {
    const events = await recording(async () => expect((await send()).status).toBeLessThan(400));
    expect(events).toEqual([expected()]);
  });
});

describe('each write leaves one event, which names the stored message', () => {
  it('creating a patient, with what screening replaced', async () => {
    let created: Answer | undefined;
    const notes = 'Call 617-555-0143 or 617-555-0144.';
    const events = await recording(async () => (created = await client.post('/v1/patients', { notes })));

    const id = created?.body.id as string;
    const entity = { type: 'Patient', id, version: 1, messageSha256: await messageSha256('PROFILE', id) };
    expect(events).toEqual([
      { type: 'patient-create', outcome: '0', patientId: id, entities: [entity], screening: { PHONE: 2 } },
    ]);
  });

  it.each(['put', 'patch'] as const)('changing a patient by %s', async (method) => {
    const events = await recording(() => client[method](path, { active: true }, { 'if-match': '"1"' }));
    const entity = {
      type: 'Patient',
      id: patientId,
      version: 2,
      messageSha256: await messageSha256('PROFILE'),
    };
    expect(events).toEqual([{ type: 'patient-update', outcome: '0', patientId, entities: [entity] }]);
  });

  it('deleting a patient', async () => {
    const events = await recording(() => client.delete(path, { 'if-match': '"1"' }));
    expect(events).toEqual([ofPatient('patient-delete', 2)]);
  });

  it('creating, changing and deleting a record', async () => {
    const id = randomUUID();
    const place = `${path}/records/${id}`;
    const created = await recording(() => client.put(place, observation, { 'if-none-match': '*' }));
    const first = await messageSha256(`RECORD#${id}`);
    const changed = await recording(() => client.put(place, observation, { 'if-match': '"1"' }));
    const second = await messageSha256(`RECORD#${id}`);
    const deleted = await recording(() => client.delete(place, { 'if-match': '"2"' }));

    const entity = (version: number, more: object = {}) => ({ type: 'Observation', id, version, ...more });
    expect([...created, ...changed, ...deleted]).toEqual([
      { type: 'record-create', outcome: '0', patientId, entities: [entity(1, { messageSha256: first })] },
      { type: 'record-update', outcome: '0', patientId, entities: [entity(2, { messageSha256: second })] },
      { type: 'record-delete', outcome: '0', patientId, entities: [entity(3)] },
    ]);
    expect(first).not.toBe(second);
  });

  it('creating a batch: one event names each record with its message', async () => {
    let created: Answer | undefined;
    const records = [observation, { ...observation, recordType: 'Condition' }, observation];
    const events = await recording(
      async () => (created = await client.post(`${path}/records/batch`, { records })),
    );

    const expected = await Promise.all(
      (created?.body.items ?? []).map(async ({ id, recordType }) => ({
        type: recordType,
        id,
        version: 1,
        messageSha256: await messageSha256(`RECORD#${id}`),
      })),
    );
    expect(events).toEqual([{ type: 'record-create', outcome: '0', patientId, entities: expected }]);
  });

  it('a repeated idempotent request is a read', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const first = await client.post(`${path}/records`, observation, key);
    const events = await recording(() => client.post(`${path}/records`, observation, key));
    expect(events).toMatchObject([{ type: 'record-read', entities: [{ id: first.body.id, version: 1 }] }]);
  });
});

describe('a search and a list of patients', () => {
  it('leave one event for each patient disclosed, and name the fields asked for, not the values', async () => {
    const telecom = [{ system: 'phone', value: '617-555-0177' }];
    const ids = [];
    for (let n = 0; n < 3; n++) ids.push((await client.post('/v1/patients', { telecom })).body.id);

    const events = await recording(() => client.post('/v1/patients/search', { phone: '617-555-0177' }));

    expect(events.map(({ patientId: of }) => of).sort()).toEqual(ids.sort());
    for (const event of events) {
      const id = event.patientId as string;
      const entity = { type: 'Patient', id, version: 1 };
      expect(event).toEqual({
        type: 'patient-query',
        outcome: '0',
        patientId: id,
        entities: [entity],
        query: ['phone'],
      });
    }
  });

  it('leave one event that says so when nobody was found', async () => {
    const queries: [object, string[]][] = [
      [{ identifier: mrn('nobody') }, ['identifier.system', 'identifier.value']],
      [{ family: 'Nobody', birthDate: '1900-01-01' }, ['family', 'birthDate']],
      [{ email: 'nobody@example.org' }, ['email']],
    ];
    for (const [body, query] of queries) {
      const events = await recording(() => client.post('/v1/patients/search', body));
      expect(events).toEqual([{ type: 'patient-query', outcome: '0', query, count: 0 }]);
    }
  });

  it('leave one event for each patient of a page', async () => {
    let page: Answer | undefined;
    const events = await recording(async () => (page = await client.get('/v1/patients?limit=5')));
    expect(page?.body.items.length).toBe(5);
    expect(events.map(({ patientId: of }) => of)).toEqual(page?.body.items.map(({ id }) => id));
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['patient-query']));
  });

  it('leave no event for a patient who is out of reach', async () => {
    const telecom = [{ system: 'phone', value: '617-555-0178' }];
    await client.post('/v1/patients', { telecom });
    const user = await clientOf(service, { scope: 'user/*.rs', subject: 'nobodys-physician' });
    const events = await recording(() => user.post('/v1/patients/search', { phone: '617-555-0178' }));
    expect(events).toEqual([{ type: 'patient-query', outcome: '0', query: ['phone'], count: 0 }]);
  });
});

describe('every event', () => {
  // 45 CFR 164.312(a)(2)(i): a user is identified and followed.
  it('says who asked, from where, in which request and for what purpose', async () => {
    const scope = 'system/*.rs system/Observation.c';
    const by = await clientOf(service, { scope, subject: 'told' });
    const answer = await by.get(path, { 'x-purpose-of-use': 'TREAT' });

    const event = (await auditTrail(service.platform)).at(-1);
    expect(event?.origin).toEqual({
      agent: {
        issuer: LocalIssuer.issuer,
        subject: 'told',
        clientId: 'phi-development',
        scopes: scope.split(' '),
      },
      networkAddress: expect.stringMatching(/^(::ffff:)?127\.0\.0\.1$/),
      requestId: answer.headers['x-request-id'],
      purposeOfUse: 'TREAT',
    });
    expect(event?.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(Math.abs(Date.parse(event?.recordedAt ?? '') - Date.now())).toBeLessThan(5000);
  });

  it.each(['TREAT', 'HPAYMT', 'ETREAT', 'PATRQT', 'HRESCH'])('takes the purpose %s', async (purpose) => {
    const writing = { 'x-purpose-of-use': purpose, 'if-match': '*' };
    expect((await client.get(path, { 'x-purpose-of-use': purpose })).status).toBe(200);
    expect((await client.put(path, {}, writing)).status).toBe(200);
    const events = (await auditTrail(service.platform)).slice(-2);
    expect(events.map(({ type, origin }) => [type, origin.purposeOfUse])).toEqual([
      ['patient-read', purpose],
      ['patient-update', purpose],
    ]);
  });

  it.each(['treat', 'TREATMENT', '', 'TREAT,HPAYMT', 'anything'])(
    'refuses the purpose %j',
    async (purpose) => {
      const header = { 'x-purpose-of-use': purpose };
      const answers = [
        await client.get(path, header),
        await client.get(`${path}/export`, header),
        await client.put(path, { active: true }, { ...header, 'if-match': '*' }),
      ];
      for (const refused of answers) {
        expect(refused).toMatchObject({
          status: 400,
          body: { errors: [{ pointer: 'header:X-Purpose-Of-Use' }] },
        });
      }
      expect((await client.get(path)).headers['etag']).toBe('"1"');
    },
  );

  it('holds nothing of what was sent', async () => {
    const marked = 'MARKEDVALUE';
    const patient = {
      identifier: [mrn(marked)],
      name: [{ family: marked }],
      birthDate: '1984-05-17',
      notes: marked,
    };
    const { body } = await client.post('/v1/patients', patient);
    await client.post(`/v1/patients/${body.id}/records`, {
      ...observation,
      content: { text: marked },
      notes: marked,
    });
    await client.post('/v1/patients/search', { family: marked, birthDate: '1984-05-17' });
    await client.post('/v1/patients/search', { identifier: mrn(marked) });
    await client.get(`/v1/patients/${body.id}/export`);
    const trail = JSON.stringify(await auditTrail(service.platform));
    expect([trail.includes(marked), trail.includes('1984-05-17')]).toEqual([false, false]);
    expect(trail.includes(body.id)).toBe(true);
  });
});
