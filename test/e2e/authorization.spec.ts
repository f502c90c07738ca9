import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, clientOf, type PhiClient, startListening } from '../support/phi-client.js';
import type { Service } from '../support/service.js';

let service: Service;
let system: PhiClient;
/** The launch patient of the tokens below, and somebody else; each with an Observation and a Condition. */
let own: { id: string; path: string; observation: string; condition: string };
let other: typeof own;

beforeAll(async () => {
  service = await startListening();
  system = await clientOf(service);
  own = await patientWithRecords();
  other = await patientWithRecords();
});
afterAll(() => service.stop());

async function patientWithRecords() {
  const { id } = (await system.post('/v1/patients', { gender: 'female' })).body;
  const path = `/v1/patients/${id}`;
  const record = async (recordType: string) =>
    `${path}/records/${(await system.post(`${path}/records`, { recordType, content: {} })).body.id}`;
  return { id, path, observation: await record('Observation'), condition: await record('Condition') };
}

const holding = (scope: string) => clientOf(service, { scope, patient: own.id, subject: 'holder' });
const expectForbidden = (answer: Answer) =>
  expect(answer).toMatchObject({ status: 403, body: { type: '/problems/insufficient-scope' } });
const typesOf = ({ body }: Answer) => body.items.map((item) => item['recordType']).sort();

/** Requests by the permission that they need; run on a fresh patient where they change something. */
const requests: Record<string, (by: PhiClient, path: string, record: string) => Promise<Answer>> = {
  'create a patient': (by) => by.post('/v1/patients', {}),
  'search patients': (by) => by.post('/v1/patients/search', { phone: '617-555-0101' }),
  'list patients': (by) => by.get('/v1/patients'),
  'read the patient': (by, path) => by.get(path),
  'read his history': (by, path) => by.get(`${path}/history`),
  'read a version': (by, path) => by.get(`${path}/history/1`),
  'read his care team': (by, path) => by.get(`${path}/care-team`),
  'replace him': (by, path) => by.put(path, {}, { 'if-match': '*' }),
  'patch him': (by, path) => by.patch(path, {}, { 'if-match': '*' }),
  'replace his care team': (by, path) => by.put(`${path}/care-team`, { members: [] }, { 'if-match': '*' }),
  'list his records': (by, path) => by.get(`${path}/records`),
  'read a record': (by, _, record) => by.get(record),
  'read its history': (by, _, record) => by.get(`${record}/history`),
  'replace a record': (by, _, record) =>
    by.put(record, { recordType: 'Observation', content: {} }, { 'if-match': '*' }),
  'create a record': (by, path) => by.post(`${path}/records`, { recordType: 'Observation', content: {} }),
  'create a batch': (by, path) =>
    by.post(`${path}/records/batch`, { records: [{ recordType: 'Observation', content: {} }] }),
  'delete a record': (by, _, record) => by.delete(record, { 'if-match': '*' }),
  'delete him': (by, path) => by.delete(path, { 'if-match': '*' }),
  'erase him': (by, path) =>
    by.post(`${path}/erase`, { confirm: path.split('/').at(-1), reason: 'created-in-error' }),
};
const all = Object.keys(requests);
/** Operations of our own have a scope each; no scope for clinical types covers them. */
const clinical = all.filter((name) => name !== 'erase him');

/** Written out, not derived: what each scope permits on the launch patient. Whatever is not listed is a 403. */
const matrix: [string, string[]][] = [
  ['', []],
  ['openid profile', []],
  ['system/AuditEvent.rs phi/screen phi/review phi/emergency-access', []],
  ['phi/erase', ['erase him']],
  ['system/*.cruds phi/erase', all],
  ['system/*.cruds', clinical],
  ['system/*.cruds user/*.cruds patient/*.cruds', clinical],
  ['system/Patient.c', ['create a patient', 'create a record', 'create a batch']],
  ['system/Patient.s', ['search patients', 'list patients', 'list his records']],
  [
    'system/*.r',
    [
      'read the patient',
      'read his history',
      'read a version',
      'read his care team',
      'read a record',
      'read its history',
    ],
  ],
  ['system/*.u', ['replace him', 'patch him', 'replace his care team', 'replace a record']],
  ['system/*.d', ['delete a record', 'delete him']],
  ['system/Observation.r', ['read a record', 'read its history']],
  ['system/Observation.s', ['list his records']],
  ['system/Observation.c', ['create a record', 'create a batch']],
  [
    'patient/*.rs',
    [
      'read the patient',
      'read his history',
      'read a version',
      'read his care team',
      'list his records',
      'read a record',
      'read its history',
    ],
  ],
  ['patient/Observation.cud', ['replace a record', 'create a record', 'create a batch', 'delete a record']],
  [
    'patient/*.cruds',
    [
      'read the patient',
      'read his history',
      'read a version',
      'read his care team',
      'list his records',
      'read a record',
      'read its history',
      'replace a record',
      'create a record',
      'create a batch',
      'delete a record',
    ],
  ],
  // Not SMART's: nothing is granted by what looks alike.
  ['System/*.cruds system/*.CRUDS system/*.dc system/*. system/*.read system/*.* patient/.r */*.cruds', []],
  ['phi/* phi/Erase PHI/erase phi/erase.c phi/erased erase', []],
];

// 45 CFR 164.312(a)(1), 164.308(a)(4)(i): access as it was granted, and no other.
describe.each(matrix)('the scope "%s"', (scope, permitted) => {
  it(`permits ${permitted.length} of ${all.length} requests`, async () => {
    const { id, path, observation } = await patientWithRecords();
    const by = await clientOf(service, { scope, patient: id, subject: 'holder' });
    const passed: string[] = [];
    const statuses = new Set<number>();
    for (const [name, request] of Object.entries(requests)) {
      const { status, body } = await request(by, path, observation);
      if (status === 403) expect(body['type']).toBe('/problems/insufficient-scope');
      else passed.push(name);
      statuses.add(status);
    }
    // A scope of `system/Patient` passes the door of the records for records of the type Patient; this one is none.
    const beyond = scope.startsWith('system/Patient.') ? ['create a record', 'create a batch'] : [];
    expect(passed).toEqual(permitted.filter((name) => !beyond.includes(name)));
    for (const status of statuses) expect([200, 201, 204, 403]).toContain(status);
  });
});

describe('patient/ scopes', () => {
  it('reach the launch patient alone: another is like one who never was', async () => {
    const by = await holding('patient/*.cruds');
    expect((await by.get(own.path)).status).toBe(200);
    for (const path of [
      other.path,
      `${other.path}/history`,
      `${other.path}/records`,
      other.observation,
      `${other.path}/export`,
    ]) {
      expect(await by.get(path)).toMatchObject({ status: 404, body: { type: '/problems/not-found' } });
    }
    const record = { recordType: 'Observation', content: {} };
    expect((await by.post(`${other.path}/records`, record)).status).toBe(404);
    expect((await by.put(other.observation, record, { 'if-match': '*' })).status).toBe(404);
  });

  it('reach nobody without a launch patient', async () => {
    const by = await clientOf(service, { scope: 'patient/*.rs' });
    expect((await by.get(own.path)).status).toBe(404);
  });

  it('do not lend the reach of another level', async () => {
    const by = await holding('patient/*.rs system/Condition.rs');
    expect((await by.get(other.condition)).status).toBe(200);
    expect((await by.get(other.observation)).status).toBe(404);
    expect((await by.get(other.path)).status).toBe(404);
    expect(typesOf(await by.get(`${other.path}/records`))).toEqual(['Condition']);
    expect(typesOf(await by.get(`${own.path}/records`))).toEqual(['Condition', 'Observation']);
  });
});

describe('scopes for one type', () => {
  it.each(['system', 'user', 'patient'])(
    '%s/Observation.r reads an Observation, not a Condition',
    async (level) => {
      const team = {
        members: [{ subject: 'holder', role: 'physician', period: { start: '2020-01-01T00:00:00Z' } }],
      };
      await system.put(`${own.path}/care-team`, team, { 'if-match': '*' });
      const by = await holding(`${level}/Observation.r`);

      expect((await by.get(own.observation)).status).toBe(200);
      for (const path of [
        own.condition,
        `${own.condition}/history`,
        `${own.condition}/history/1`,
        own.path,
      ]) {
        expectForbidden(await by.get(path));
      }
    },
  );

  it('leave other types out of the list, page by page, and refuse to filter by them', async () => {
    const by = await holding('system/Observation.rs');
    expect(typesOf(await by.get(`${own.path}/records`))).toEqual(['Observation']);
    expect(typesOf(await by.get(`${own.path}/records?type=Observation`))).toEqual(['Observation']);
    expectForbidden(await by.get(`${own.path}/records?type=Condition`));
    expect(typesOf(await system.get(`${own.path}/records`))).toEqual(['Condition', 'Observation']);
  });

  it('create records of that type alone, in a batch too', async () => {
    const by = await holding('system/Observation.cud');
    const observation = { recordType: 'Observation', content: {} };
    const condition = { recordType: 'Condition', content: {} };

    expect((await by.post(`${own.path}/records`, observation)).status).toBe(201);
    expectForbidden(await by.post(`${own.path}/records`, condition));
    expectForbidden(await by.post(`${own.path}/records/batch`, { records: [observation, condition] }));
    expectForbidden(await by.put(own.condition, condition, { 'if-match': '*' }));
    expectForbidden(await by.delete(own.condition, { 'if-match': '*' }));
    expect((await system.get(own.condition)).headers['etag']).toBe('"1"');
  });

  it('do not make a patient of a record: system/Observation.cruds knows no patient', async () => {
    const by = await holding('system/Observation.cruds');
    expectForbidden(await by.get(own.path));
    expectForbidden(await by.post('/v1/patients', {}));
    expectForbidden(await by.get(`${own.path}/export`));
  });
});
