import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LocalIssuer } from '@app/authentication';
import { auditTrail } from '../support/audit-recording.js';
import { metricsLines, metricsOf } from '../support/embedded-metrics.js';
import { breakGlass, clinicianOf, clinicianScope, emergency, grantOf } from '../support/emergency.js';
import { type Answer, clientOf, type PhiClient, startListening, succeeded } from '../support/phi-client.js';
import { mrn } from '../support/sample-patient.js';
import type { Service } from '../support/service.js';

const any = { 'if-match': '*' };
const observation = { recordType: 'Observation', content: { resourceType: 'Observation' } };

let service: Service;
let system: PhiClient;
let clinician: PhiClient;
/** A patient of nobody who asks here; each test has its own. */
let id: string;
let path: string;
let record: string;
let identifier: { system: string; value: string };
let people = 0;

beforeAll(async () => {
  service = await startListening({ PHI_EMERGENCY_ACCESSES_PER_HOUR: '50' });
  system = await clientOf(service);
});
afterAll(() => service.stop());
beforeEach(async () => {
  clinician = await clinicianOf(service, `clinician-${(people += 1)}`);
  await newPatient();
});

async function newPatient(more: object = {}): Promise<void> {
  identifier = mrn(randomUUID());
  id = (await succeeded(system.post('/v1/patients', { identifier: [identifier], ...more }))).body.id;
  path = `/v1/patients/${id}`;
  record = `${path}/records/${(await succeeded(system.post(`${path}/records`, observation))).body.id}`;
}

const open = (by = clinician, at = path, body: object = emergency()) =>
  by.post(`${at}/emergency-access`, body);
/** What may be read of a patient. */
const readable = () => [
  path,
  `${path}/history`,
  `${path}/history/1`,
  `${path}/records`,
  `${path}/records?type=Observation`,
  record,
  `${record}/history`,
  `${record}/history/1`,
  `${path}/care-team`,
];
const statusesOf = async (answers: Promise<Answer>[]) =>
  (await Promise.all(answers)).map(({ status }) => status);
const eventsSince = async (start: number) => (await auditTrail(service.platform)).slice(start);
const recorded = async () => (await auditTrail(service.platform)).length;

describe('breaking the glass', () => {
  it('lets the clinician read everything of the patient, whom he did not reach before', async () => {
    expect(new Set(await statusesOf(readable().map((at) => clinician.get(at))))).toEqual(new Set([404]));

    const opened = await open();

    expect(opened).toMatchObject({ status: 201, body: { patientId: id } });
    const { grantedAt, expiresAt } = opened.body as unknown as Record<string, string>;
    expect(Date.parse(expiresAt ?? '') - Date.parse(grantedAt ?? '')).toBe(60 * 60 * 1000);
    expect(Object.keys(opened.body).sort()).toEqual(['expiresAt', 'grantedAt', 'id', 'patientId']);
    expect(new Set(await statusesOf(readable().map((at) => clinician.get(at))))).toEqual(new Set([200]));
  });

  it('names the emergency and its purpose in each event of a read, whatever the request states', async () => {
    const { id: emergencyAccessId } = await breakGlass(clinician, id);
    const start = await recorded();
    for (const at of readable()) await clinician.get(at, { 'x-purpose-of-use': 'HRESCH' });
    const events = await eventsSince(start);
    expect(events).toHaveLength(readable().length);
    for (const { type, outcome, patientId, origin } of events) {
      expect([type, outcome, patientId]).toEqual([expect.stringMatching(/read|query/), '0', id]);
      expect(origin).toMatchObject({ purposeOfUse: 'ETREAT', emergencyAccessId });
    }
  });

  it('permits no change and no export', async () => {
    await breakGlass(clinician, id);
    const attempts = [
      clinician.put(path, {}, any),
      clinician.patch(path, {}, any),
      clinician.delete(path, any),
      clinician.put(`${path}/care-team`, { members: [] }, any),
      clinician.post(`${path}/records`, observation),
      clinician.post(`${path}/records/batch`, { records: [observation] }),
      clinician.put(record, observation, any),
      clinician.put(`${path}/records/${randomUUID()}`, observation, { 'if-none-match': '*' }),
      clinician.delete(record, any),
      clinician.get(`${path}/export`),
    ];
    for (const { status, body } of await Promise.all(attempts)) {
      expect([status, body['type']]).toEqual([403, '/problems/insufficient-scope']);
      expect(body['detail']).toBe('An emergency access is for reading: it permits no change and no export.');
    }
    expect((await system.get(path)).headers['etag']).toBe('"1"');
    expect((await system.get(record)).headers['etag']).toBe('"1"');
  });

  it('opens that patient alone, to that person alone, and finds nobody', async () => {
    const other = path;
    await newPatient();
    await breakGlass(clinician, id);
    expect((await clinician.get(other)).status).toBe(404);
    const colleague = await clinicianOf(service, 'colleague');
    expect((await colleague.get(path)).status).toBe(404);
    expect((await clinician.post('/v1/patients/search', { identifier })).body.items).toEqual([]);
  });

  it('lends reach and no scope: the token says which types are read', async () => {
    const by = await clientOf(service, {
      scope: 'user/Condition.rs phi/emergency-access',
      subject: 'condition-reader',
    });
    await breakGlass(by, id);
    expect((await by.get(record)).status).toBe(403);
    expect((await by.get(path)).status).toBe(403);
    expect(await by.get(`${path}/records`)).toMatchObject({ status: 200, body: { items: [] } });
  });

  it('is no help to a service, which has no emergencies, nor to a patient, nor without its scope', async () => {
    for (const scope of [
      'system/*.cruds phi/emergency-access',
      'patient/*.rs phi/emergency-access',
      'phi/emergency-access',
      'user/*.cud phi/emergency-access',
      'user/*.cruds',
    ]) {
      const by = await clientOf(service, { scope, subject: 'somebody', patient: id });
      expect(await open(by)).toMatchObject({ status: 403, body: { type: '/problems/insufficient-scope' } });
    }
  });

  it.each(['R', 'V'])('opens a restricted patient (%s) as well', async (code) => {
    await newPatient({ meta: { security: [{ code }] } });
    expect((await clinician.get(path)).status).toBe(404);
    expect((await open()).status).toBe(201);
    expect((await clinician.get(path)).status).toBe(200);
  });

  it('answers 404 for an absent, a deleted and an erased patient alike', async () => {
    const deleted = path;
    await succeeded(system.delete(deleted, any));
    await newPatient();
    const officer = await clientOf(service, { scope: 'phi/erase' });
    await succeeded(officer.post(`${path}/erase`, { confirm: id, reason: 'created-in-error' }));
    const answers = [];
    for (const at of [`/v1/patients/${randomUUID()}`, deleted, path]) answers.push(await open(clinician, at));
    const comparable = answers.map(({ status, body }) => [status, { ...body, instance: '' }]);
    expect(new Set(comparable.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(comparable[0]?.[0]).toBe(404);
  });

  it('ends with a deletion, and its reading stops at an erasure', async () => {
    await breakGlass(clinician, id);
    await succeeded(system.delete(path, any));
    expect((await clinician.get(path)).status).toBe(410);
    const officer = await clientOf(service, { scope: 'phi/erase' });
    const { body } = await succeeded(
      officer.post(`${path}/erase`, { confirm: id, reason: 'created-in-error' }),
    );
    expect(body['destroyed']).toMatchObject({ emergencyAccessTexts: 1 });
    const { items } = await service.platform.table.query({
      table: 'records',
      partition: `PATIENT#${id}`,
      limit: 10,
    });
    expect(items.map(({ sort }) => sort)).toEqual(['PROFILE']);
    expect((await clinician.get(path)).status).toBe(404);
  });

  it('is not what a member of the care team reads by', async () => {
    const period = { start: '2020-01-01T00:00:00Z' };
    const members = [{ subject: `clinician-${people}`, role: 'physician', period }];
    await breakGlass(clinician, id);
    await succeeded(system.put(`${path}/care-team`, { members }, any));
    const start = await recorded();
    expect((await clinician.get(path)).status).toBe(200);
    expect((await clinician.patch(path, {}, any)).status).toBe(200);
    for (const { origin } of await eventsSince(start)) expect(origin).not.toHaveProperty('emergencyAccessId');
  });
});

describe('its early end', () => {
  const end = (by = clinician, at = path) => by.delete(`${at}/emergency-access`);

  it('closes the patient again at once, is recorded, and leaves it to be reviewed', async () => {
    const { id: emergencyAccessId } = await breakGlass(clinician, id);
    await succeeded(clinician.get(path));
    const start = await recorded();
    expect((await end()).status).toBe(204);
    expect(new Set(await statusesOf(readable().map((at) => clinician.get(at))))).toEqual(new Set([404]));

    expect((await eventsSince(start))[0]).toMatchObject({
      type: 'emergency-access',
      outcome: '0',
      patientId: id,
      origin: { purposeOfUse: 'ETREAT', emergencyAccessId },
      emergencyAccess: { id: emergencyAccessId, step: 'ended' },
    });
    const reviewer = await clientOf(service, { scope: 'phi/review', subject: 'reviewer' });
    const { body } = await succeeded(reviewer.get(`/v1/audit/emergency-accesses/${emergencyAccessId}`));
    expect(body).toMatchObject({
      status: 'open',
      endedAt: expect.any(String),
      reads: [{ type: 'patient-read' }],
    });
  });

  it('is followed by another one, with an entry of its own', async () => {
    const first = await breakGlass(clinician, id);
    await succeeded(end());
    const second = await open();
    expect(second.status).toBe(201);
    expect(second.body.id).not.toBe(first.id);
    expect((await clinician.get(path)).status).toBe(200);
  });

  it('is for who has one open: else the answer is that of a patient who never was', async () => {
    const other = await clinicianOf(service, 'other-clinician');
    await breakGlass(clinician, id);
    const absent = `/v1/patients/${randomUUID()}`;
    for (const refused of [await end(other), await end(clinician, absent)]) {
      expect(refused).toMatchObject({ status: 404, body: { type: '/problems/not-found' } });
    }
    expect((await clinician.get(path)).status).toBe(200);
    await succeeded(end());
    expect((await end()).status).toBe(404);
  });

  it('has one winner of many at once', async () => {
    await breakGlass(clinician, id);
    const answered = await statusesOf(Array.from({ length: 8 }, () => end()));
    expect(answered.filter((status) => status === 204)).toHaveLength(1);
    expect(answered.filter((status) => status === 404)).toHaveLength(7);
  });
});

describe('asking again', () => {
  it('answers the one that is open, stores nothing, and cannot stretch it', async () => {
    const first = await open();
    const row = await grantOf(service, id);
    const again = await open(clinician, path, emergency('Another reason.'));
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect(await grantOf(service, id)).toEqual(row);
    const events = await eventsSince(0);
    const steps = events
      .filter(({ type, patientId }) => type === 'emergency-access' && patientId === id)
      .map(({ emergencyAccess }) => emergencyAccess?.step);
    expect(steps).toEqual(['granted', 'repeated']);
  });

  it('at the same moment, many times, opens one', async () => {
    const answers = await Promise.all(Array.from({ length: 16 }, () => open()));
    const opened = answers.filter(({ status }) => status === 201);
    expect(opened).toHaveLength(1);
    for (const { status, body } of answers.filter((answer) => answer !== opened[0])) {
      expect([200, 409]).toContain(status);
      if (status === 200) expect(body.id).toBe(opened[0]?.body.id);
    }
    await grantOf(service, id);
    const { items } = await service.platform.table.query({
      table: 'records',
      partition: `PATIENT#${id}`,
      prefix: 'EMERGENCY#',
      limit: 20,
    });
    expect(items).toHaveLength(1);
  });

  it('is refused when it is done too often, before anything is looked at', async () => {
    const strict = await startListening({ PHI_EMERGENCY_ACCESSES_PER_HOUR: '2' });
    try {
      const eager = await clinicianOf(strict, 'eager');
      const ask = (by: PhiClient) => by.post(`/v1/patients/${randomUUID()}/emergency-access`, emergency());
      expect(await statusesOf([ask(eager), ask(eager)])).toEqual([404, 404]);
      const refused = await ask(eager);
      expect([refused.status, refused.body['type']]).toEqual([429, '/problems/too-many-requests']);
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3000);
      expect((await ask(await clinicianOf(strict, 'another'))).status).toBe(404);
      expect((await eager.get(`/v1/patients/${randomUUID()}`)).status).toBe(404);
    } finally {
      await strict.stop();
    }
  });
});

describe('the reason', () => {
  it('is screened, and stands under the key of the patient alone', async () => {
    const blocked = await open(clinician, path, emergency('SSN 536-90-4481'));
    expect(blocked).toMatchObject({ status: 422, body: { findings: [{ pointer: '/reason' }] } });
    expect((await clinician.get(path)).status).toBe(404);
    const { id: emergencyId } = await breakGlass(clinician, id, 'Marked-quillwort, call 617-555-0123.');
    const officer = await clientOf(service, { scope: 'phi/review', subject: 'officer' });
    const { body } = await succeeded(officer.get(`/v1/audit/emergency-accesses/${emergencyId}`));
    expect(body['reason']).toBe('Marked-quillwort, call {PHONE}.');
    const told = JSON.stringify(await eventsSince(0)) + service.logged();
    expect(told).not.toContain('quillwort');
  });

  it.each<[string, object, string]>([
    ['without a reason', { purpose: 'ETREAT' }, '/reason'],
    ['with an empty one', emergency(''), '/reason'],
    ['with one of 2,001 characters', emergency('x'.repeat(2001)), '/reason'],
    ['without a purpose', { reason: 'x' }, '/purpose'],
    ['for another purpose', { reason: 'x', purpose: 'TREAT' }, '/purpose'],
    ['for longer', { ...emergency(), minutes: 600 }, ''],
  ])('is refused %s', async (_, body, pointer) => {
    expect(await open(clinician, path, body)).toMatchObject({ status: 400, body: { errors: [{ pointer }] } });
    expect((await clinician.get(path)).status).toBe(404);
  });
});

describe('the alarm', () => {
  it('is in the trail, in the log and in the figures before the minute is over', async () => {
    const start = await recorded();
    const counted = () => metricsLines(service.logged()).map((line) => metricsOf(line)['EmergencyAccesses']);
    const before = counted().length;
    const { id: emergencyAccessId, expiresAt } = await breakGlass(clinician, id);
    const events = (await eventsSince(start)).filter(({ type }) => type === 'emergency-access');
    expect(events).toMatchObject([
      {
        outcome: '0',
        patientId: id,
        entities: [{ type: 'EmergencyAccess', id: emergencyAccessId, version: 1 }],
        emergencyAccess: { id: emergencyAccessId, step: 'granted', expiresAt },
        origin: { purposeOfUse: 'ETREAT', agent: { issuer: LocalIssuer.issuer } },
      },
    ]);
    const lines = service
      .logged()
      .split('\n')
      .filter((line) => line.includes(emergencyAccessId))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toMatchObject([
      { level: 'error', message: 'emergency access', critical: true, eventId: events[0]?.id },
    ]);
    expect(counted().slice(before)).toEqual([1]);
  });
});

it('lasts as long as the deployment says', async () => {
  const brief = await startListening({ PHI_EMERGENCY_ACCESS_MINUTES: '5' });
  try {
    const patient = (await succeeded((await clientOf(brief)).post('/v1/patients', {}))).body.id;
    const by = await clientOf(brief, { scope: clinicianScope, subject: 'brief' });
    const { grantedAt, expiresAt } = (await breakGlass(by, patient)) as unknown as Record<string, string>;
    expect(Date.parse(expiresAt ?? '') - Date.parse(grantedAt ?? '')).toBe(5 * 60 * 1000);
    expect((await grantOf(brief, patient)).expiresAt).toBe(Math.ceil(Date.parse(expiresAt ?? '') / 1000));
  } finally {
    await brief.stop();
  }
});
