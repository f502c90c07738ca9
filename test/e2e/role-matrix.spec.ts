import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readAuditEvents } from '../support/audit-rows.js';
import { breakGlass, clinicianScope } from '../support/emergency.js';
import { documentedRoutes } from '../support/openapi-routes.js';
import { type Answer, clientOf, PhiClient, startListening, succeeded } from '../support/phi-client.js';
import { mrn } from '../support/sample-patient.js';
import { type Service } from '../support/service.js';

/**
 * Who may do what, written out and derived from nothing: the answer to each role on each route, about a patient who is there.
 *
 * | role      | token                                                     | to the patient                       |
 * |-----------|-----------------------------------------------------------|--------------------------------------|
 * | nobody    | none                                                      |                                      |
 * | reader    | `system/*.rs`: a service that reads                       |                                      |
 * | writer    | `system/*.cruds`: a service that writes                   |                                      |
 * | member    | `user/*.cruds phi/emergency-access`: a clinician          | in his care team                     |
 * | outsider  | the same                                                  | not in his care team                 |
 * | emergency | the same                                                  | not in it, but he broke the glass    |
 * | patient   | `patient/*.rs patient/AuditEvent.rs`: an app of a patient | it is he                             |
 * | stranger  | the same                                                  | it is somebody else                  |
 * | officer   | `user/AuditEvent.rs`: reads the trail                     |                                      |
 * | reviewer  | `phi/review`: reviews emergency accesses                  | broke no glass                       |
 * | eraser    | `phi/erase`                                               |                                      |
 * | screener  | `phi/screen`: has its own texts screened                  |                                      |
 */
const table = `
route                                                        | nobody reader writer member outsider emergency patient stranger officer reviewer eraser screener
POST   /v1/patients                                          | 401    403    201    201    201      201       403     403      403     403      403    403
GET    /v1/patients                                          | 401    200    200    403    403      403       403     403      403     403      403    403
POST   /v1/patients/search                                   | 401    200    200    200    200      200       403     403      403     403      403    403
GET    /v1/patients/{patientId}                              | 401    200    200    200    404      200       200     404      403     403      403    403
PUT    /v1/patients/{patientId}                              | 401    403    200    200    404      403       403     403      403     403      403    403
PATCH  /v1/patients/{patientId}                              | 401    403    200    200    404      403       403     403      403     403      403    403
DELETE /v1/patients/{patientId}                              | 401    403    204    204    404      403       403     403      403     403      403    403
GET    /v1/patients/{patientId}/history                      | 401    200    200    200    404      200       200     404      403     403      403    403
GET    /v1/patients/{patientId}/history/{version}            | 401    200    200    200    404      200       200     404      403     403      403    403
GET    /v1/patients/{patientId}/export                       | 401    200    200    200    404      403       200     404      403     403      403    403
POST   /v1/patients/{patientId}/erase                        | 401    403    403    403    403      403       403     403      403     403      200    403
GET    /v1/patients/{patientId}/care-team                    | 401    200    200    200    404      200       200     404      403     403      403    403
PUT    /v1/patients/{patientId}/care-team                    | 401    403    200    200    404      403       403     403      403     403      403    403
POST   /v1/patients/{patientId}/emergency-access             | 401    403    403    201    201      200       403     403      403     403      403    403
DELETE /v1/patients/{patientId}/emergency-access             | 401    403    403    404    404      204       403     403      403     403      403    403
GET    /v1/patients/{patientId}/disclosures                  | 401    403    403    403    403      403       200     404      200     403      403    403
POST   /v1/patients/{patientId}/records                      | 401    403    201    201    404      403       403     403      403     403      403    403
GET    /v1/patients/{patientId}/records                      | 401    200    200    200    404      200       200     404      403     403      403    403
POST   /v1/patients/{patientId}/records/batch                | 401    403    201    201    404      403       403     403      403     403      403    403
GET    /v1/patients/{patientId}/records/{recordId}           | 401    200    200    200    404      200       200     404      403     403      403    403
PUT    /v1/patients/{patientId}/records/{recordId}           | 401    403    200    200    404      403       403     403      403     403      403    403
DELETE /v1/patients/{patientId}/records/{recordId}           | 401    403    204    204    404      403       403     403      403     403      403    403
GET    /v1/patients/{patientId}/records/{recordId}/history   | 401    200    200    200    404      200       200     404      403     403      403    403
GET    /v1/patients/{patientId}/records/{recordId}/history/{version} | 401 200 200   200    404      200       200     404      403     403      403    403
POST   /v1/pii/detect                                        | 401    200    200    403    403      403       403     403      403     403      403    200
POST   /v1/pii/deidentify                                    | 401    200    200    403    403      403       403     403      403     403      403    200
GET    /v1/audit/events                                      | 401    403    403    403    403      403       403     403      200     403      403    403
GET    /v1/audit/events/{eventId}                            | 401    403    403    403    403      403       403     403      200     403      403    403
GET    /v1/audit/events/{eventId}/proof                      | 401    403    403    403    403      403       403     403      200     403      403    403
GET    /v1/audit/checkpoints                                 | 401    403    403    403    403      403       403     403      200     403      403    403
GET    /v1/audit/emergency-accesses                          | 401    403    403    403    403      403       403     403      403     200      403    403
GET    /v1/audit/emergency-accesses/{emergencyAccessId}      | 401    403    403    403    403      403       403     403      403     200      403    403
POST   /v1/audit/emergency-accesses/{emergencyAccessId}/review | 401  403    403    403    403      403       403     403      403     200      403    403
GET    /health/live                                          | 200    200    200    200    200      200       200     200      200     200      200    200
GET    /health/ready                                         | 200    200    200    200    200      200       200     200      200     200      200    200
`;

const words = (text: string) => text.trim().split(/\s+/);
const [head = '', ...lines] = table.trim().split('\n');
const roles = words(head.split('|')[1] ?? '');
const rows = lines.map((line): [route: string, expected: Record<string, number>] => {
  const [route = '', cells = ''] = line.split('|');
  const statuses = words(cells).map(Number);
  if (statuses.length !== roles.length) throw new Error(`${route} has ${statuses.length} cells`);
  return [words(route).join(' '), Object.fromEntries(roles.map((role, n) => [role, statuses[n] as number]))];
});

const bodies: Record<string, (ids: Ids) => object> = {
  'POST /v1/patients': () => ({}),
  'POST /v1/patients/search': () => ({ phone: '617-555-0101' }),
  'PUT /v1/patients/{patientId}': () => ({}),
  'PATCH /v1/patients/{patientId}': () => ({}),
  'POST /v1/patients/{patientId}/erase': ({ patientId }) => ({
    confirm: patientId,
    reason: 'created-in-error',
  }),
  'PUT /v1/patients/{patientId}/care-team': () => ({ members: [] }),
  'POST /v1/patients/{patientId}/emergency-access': () => ({ reason: 'Unconscious.', purpose: 'ETREAT' }),
  'POST /v1/patients/{patientId}/records': () => observation,
  'POST /v1/patients/{patientId}/records/batch': () => ({ records: [observation] }),
  'PUT /v1/patients/{patientId}/records/{recordId}': () => observation,
  'POST /v1/pii/detect': () => ({ texts: ['The patient is well.'] }),
  'POST /v1/pii/deidentify': () => ({ texts: ['The patient is well.'] }),
  'POST /v1/audit/emergency-accesses/{emergencyAccessId}/review': () => ({ finding: 'appropriate' }),
};
const observation = { recordType: 'Observation', content: {} };

interface Ids extends Record<string, string> {
  patientId: string;
  recordId: string;
  emergencyAccessId: string;
}

describe('the matrix', () => {
  let service: Service;
  let system: PhiClient;
  let emergencyHolder: PhiClient;
  const callers = new Map<string, (patientId: string) => Promise<PhiClient>>();
  /** Whoever reads, or is to be refused, leaves the patient as he is: it is the same one. */
  let readOf: Ids;
  const refused: string[] = [];

  const caller = (scope: string, subject: string) => {
    const made = clientOf(service, { scope, subject });
    return () => made;
  };
  const appOf = (patient: string) =>
    clientOf(service, { scope: 'patient/*.rs patient/AuditEvent.rs', subject: 'app', patient });

  beforeAll(async () => {
    service = await startListening({ PHI_EMERGENCY_ACCESSES_PER_HOUR: '0' });
    system = await clientOf(service, { subject: 'preparation' });
    emergencyHolder = await clientOf(service, { scope: clinicianScope, subject: 'emergency' });
    callers
      .set('nobody', async () => new PhiClient(service, undefined))
      .set('reader', caller('system/*.rs', 'reader'))
      .set('writer', caller('system/*.cruds', 'writer'))
      .set('member', caller(clinicianScope, 'member'))
      .set('outsider', caller(clinicianScope, 'outsider'))
      .set('emergency', async () => emergencyHolder)
      .set('patient', appOf)
      .set('stranger', () => appOf(randomUUID()))
      .set('officer', caller('user/AuditEvent.rs', 'officer'))
      .set('reviewer', caller('phi/review', 'reviewer'))
      .set('eraser', caller('phi/erase', 'eraser'))
      .set('screener', caller('phi/screen', 'screener'));
    readOf = await newPatient();
    const [event] = await readAuditEvents(service.platform.table);
    readOf['eventId'] = event?.id ?? '';
    await service.platform.audit.seal();
  });
  afterAll(() => service.stop());

  /** Somebody with a record, a team of one member, and one emergency access. */
  async function newPatient(): Promise<Ids> {
    const body = { identifier: [mrn(randomUUID())] };
    const patientId = (await succeeded(system.post('/v1/patients', body))).body.id;
    const path = `/v1/patients/${patientId}`;
    const recordId = (await succeeded(system.post(`${path}/records`, observation))).body.id;
    const members = [{ subject: 'member', role: 'physician', period: { start: '2020-01-01T00:00:00Z' } }];
    await succeeded(system.put(`${path}/care-team`, { members }, { 'if-match': '*' }));
    const { id: emergencyAccessId } = await breakGlass(emergencyHolder, patientId);
    return { patientId, recordId, emergencyAccessId, version: '1' };
  }

  async function ask(role: string, route: string, expected: number): Promise<Answer> {
    const [method = '', template = ''] = route.split(' ');
    const ids = method === 'GET' || expected >= 400 ? readOf : await newPatient();
    const by = await (callers.get(role) as (patientId: string) => Promise<PhiClient>)(ids.patientId);
    const path = template.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? '');
    const body = bodies[route]?.(ids) ?? {};
    const any = { 'if-match': '*' };
    if (method === 'POST') return by.post(path, body);
    if (method === 'PUT') return by.put(path, body, any);
    if (method === 'PATCH') return by.patch(path, body, any);
    return method === 'DELETE' ? by.delete(path, any) : by.get(path);
  }

  it('has every route of openapi.json, and no other', () => {
    const documented = documentedRoutes().map(({ method, path }) => `${method} ${path}`);
    expect(rows.map(([route]) => route).sort()).toEqual(documented.sort());
    expect(roles).toEqual([...callers.keys()]);
  });

  it.each(rows)('%s', async (route, expected) => {
    const answered: Record<string, number> = {};
    for (const role of roles) {
      const { status, body } = await ask(role, route, expected[role] as number);
      answered[role] = status;
      if (status < 400) continue;
      const problems: Record<number, string> = {
        401: 'unauthenticated',
        403: 'insufficient-scope',
        404: 'not-found',
      };
      expect([role, status, body['type']]).toEqual([role, status, `/problems/${problems[status]}`]);
      refused.push(body.instance);
    }
    expect(answered).toEqual(expected);
  });

  it('left an event of each refusal', async () => {
    const events = await readAuditEvents(service.platform.table);
    const told = new Set(
      events.flatMap(({ type, origin }) => (type === 'refusal' ? [origin.requestId] : [])),
    );
    expect(refused.length).toBeGreaterThan(roles.length * rows.length * 0.5);
    expect(refused.filter((requestId) => !told.has(requestId))).toEqual([]);
  });
});
