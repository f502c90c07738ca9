import { canaries } from './canaries.js';
import { blockedRecord, canaryPatient, canaryRecord } from './canary-requests.js';
import { erasureBody } from './erasable-patient.js';
import type { HttpAnswer, HttpClient, HttpRequest } from './http-client.js';
import { documentedRoutes } from './openapi-routes.js';
import type { Service } from './service.js';

/** A request that went out, and what came back. */
export interface Seen {
  request: HttpRequest;
  answer: HttpAnswer;
}

/** Everybody's scopes at once: every route is open to it. */
const everyScope =
  'system/*.cruds user/*.rs user/AuditEvent.rs phi/erase phi/screen phi/emergency-access phi/review';
const { family, phone, email, medicalRecordNumber } = canaries;
const everything = Object.values(canaries).join(' ');

/** Somebody who sends marked values everywhere, and keeps what he saw. */
export class CanaryUser {
  readonly seen: Seen[] = [];

  private constructor(
    private readonly service: Service,
    private readonly client: HttpClient,
    readonly authorization: string,
  ) {}

  static async of(service: Service, client: HttpClient): Promise<CanaryUser> {
    return new CanaryUser(service, client, await service.bearer({ scope: everyScope }));
  }

  /** @param as another token; `''` sends none */
  async send(request: HttpRequest, as: string = this.authorization): Promise<HttpAnswer> {
    const headers = { ...(as === '' ? {} : { authorization: as }), ...request.headers };
    const answer = await this.client.send({ ...request, headers });
    this.seen.push({ request, answer });
    return answer;
  }

  get(path: string, headers: Record<string, string> = {}): Promise<HttpAnswer> {
    return this.send({ method: 'GET', path, headers });
  }
  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<HttpAnswer> {
    return this.send({ method: 'POST', path, body, headers });
  }
  put(path: string, body: unknown, headers: Record<string, string> = {}): Promise<HttpAnswer> {
    return this.send({ method: 'PUT', path, body, headers });
  }
  remove(path: string): Promise<HttpAnswer> {
    return this.send({ method: 'DELETE', path, headers: { 'if-match': '*' } });
  }

  /**
   * Every route with success, and the refusals that need something stored. A new route is added here.
   * @returns ids of what is stored, by parameter of a path
   */
  async useEveryRoute(): Promise<Record<string, string>> {
    const ids = await this.#usePatient();
    await this.#useRecords(ids);
    await this.#find();
    const emergencyAccessId = await this.#breakGlass(ids.patientId);
    await this.#leave();
    await this.#screen();
    await this.get('/health/live');
    await this.get('/health/ready');
    return { ...ids, version: '1', emergencyAccessId, ...(await this.#readTrail(ids.patientId)) };
  }

  async #usePatient(): Promise<{ patientId: string; recordId: string }> {
    const once = { 'idempotency-key': family };
    const patientId = idOf(await this.post('/v1/patients', canaryPatient(), once));
    const patient = `/v1/patients/${patientId}`;
    await this.post('/v1/patients', canaryPatient(), once); // replayed
    await this.post('/v1/patients', canaryPatient('-2'), once); // 422
    await this.post('/v1/patients', canaryPatient()); // 409
    await this.put(patient, canaryPatient(), { 'if-match': '"1"' });
    await this.put(patient, canaryPatient(), { 'if-match': '"1"' }); // 412
    await this.put(patient, canaryPatient()); // 428
    const headers = { 'content-type': 'application/merge-patch+json', 'if-match': '*' };
    await this.send({ method: 'PATCH', path: patient, body: { notes: canaryPatient().notes }, headers });
    const recordId = idOf(await this.post(`${patient}/records`, canaryRecord()));
    const period = { start: '2020-01-01T00:00:00.000Z' };
    const members = [{ subject: 'clinician', role: 'physician', period }];
    await this.put(`${patient}/care-team`, { members }, { 'if-match': '*' });
    for (const path of ['', '/history', '/history/1', '/records', '/export', '/care-team']) {
      await this.get(patient + path);
    }
    const outsider = await this.service.bearer({ scope: 'user/*.cruds', subject: 'outsider' });
    await this.send({ method: 'GET', path: patient }, outsider); // 404
    return { patientId, recordId };
  }

  async #useRecords({ patientId, recordId }: { patientId: string; recordId: string }): Promise<void> {
    const records = `/v1/patients/${patientId}/records`;
    await this.post(records, blockedRecord()); // 422
    await this.post(`${records}/batch`, { records: [canaryRecord(), canaryRecord()] });
    const record = `${records}/${recordId}`;
    await this.put(record, canaryRecord(), { 'if-match': '*' });
    for (const path of ['', '/history', '/history/1']) await this.get(record + path);
    await this.remove(`${records}/${idOf(await this.post(records, canaryRecord()))}`);
  }

  /** @returns the id of one that was reviewed */
  async #breakGlass(patientId: string): Promise<string> {
    const path = `/v1/patients/${patientId}/emergency-access`;
    const broken = { reason: canaryPatient().notes, purpose: 'ETREAT' };
    await this.post(path, { ...broken, reason: blockedRecord().notes }); // 422
    const id = idOf(await this.post(path, broken));
    await this.post(path, broken); // 200
    await this.remove(path);
    await this.remove(path); // 404
    const queue = '/v1/audit/emergency-accesses';
    const verdict = { finding: 'appropriate', comment: canaryRecord().notes };
    await this.post(`${queue}/${id}/review`, verdict); // 403: his own
    const colleague = await this.service.bearer({ scope: 'phi/review', subject: 'colleague' });
    const request = { method: 'POST', path: `${queue}/${id}/review` };
    await this.send({ ...request, body: { ...verdict, comment: blockedRecord().notes } }, colleague); // 422
    await this.send({ ...request, body: verdict }, colleague);
    await this.send({ ...request, body: verdict }, colleague); // 409
    for (const place of [queue, `${queue}?status=reviewed`, `${queue}/${id}`]) await this.get(place);
    return id;
  }

  /** Each way finds the one who is stored: what is sought is really there. */
  async #find(): Promise<void> {
    await this.get('/v1/patients');
    for (const query of [
      { identifier: { system: 'urn:mrn', value: medicalRecordNumber } },
      { family, birthDate: '1984-05-17' },
      { phone },
      { email },
    ]) {
      const found = await this.post('/v1/patients/search', query);
      const { items } = found.json<{ items: unknown[] }>();
      if (items.length !== 1) throw new Error('a search did not find the one who is there');
    }
  }

  async #leave(): Promise<void> {
    const deleted = `/v1/patients/${idOf(await this.post('/v1/patients', { name: [{ family }] }))}`;
    await this.remove(deleted);
    await this.get(deleted); // 410
    const erasedId = idOf(
      await this.post('/v1/patients', { name: [{ family }], notes: canaryPatient().notes }),
    );
    await this.post(`/v1/patients/${erasedId}/records`, canaryRecord());
    await this.post(`/v1/patients/${erasedId}/erase`, erasureBody(erasedId));
    await this.get(`/v1/patients/${erasedId}`); // 410
    await this.get(`/v1/patients/${erasedId}/disclosures?include=access`);
  }

  async #screen(): Promise<void> {
    const texts = [everything, canaryPatient().notes];
    await this.post('/v1/pii/detect', { texts });
    await this.post('/v1/pii/deidentify', { texts });
    const resource = { resourceType: 'Patient', ...canaryPatient() };
    await this.post('/v1/pii/deidentify', { resource });
  }

  /** Questions hold marked values wherever the grammar of a filter lets them. */
  async #readTrail(patientId: string): Promise<Record<string, string>> {
    await this.service.platform.audit.seal();
    const events = '/v1/audit/events';
    const page = await this.get(`${events}?patient=${patientId}&limit=5`);
    const { items, nextCursor } = page.json<{ items: { id: string }[]; nextCursor: string }>();
    await this.get(`${events}?patient=${patientId}&limit=5&cursor=${nextCursor}`);
    await this.get(`${events}?agent=${family}&issuer=${family}&outcome=0&action=R&from=2020-01-01`);
    const eventId = items[0]?.id ?? '';
    for (const path of ['', '/proof']) await this.get(`${events}/${eventId}${path}`);
    await this.get('/v1/audit/checkpoints');
    const disclosures = `/v1/patients/${patientId}/disclosures`;
    for (const query of ['', '?include=access']) {
      await this.get(disclosures + query);
      await this.get(disclosures + query, { accept: 'text/csv' });
    }
    return { eventId };
  }

  /** @returns the documented routes that answered with success at least once, as `GET /v1/patients/{patientId}` */
  routesUsed(): Set<string> {
    const done = this.seen.filter(({ answer }) => answer.status >= 200 && answer.status < 300);
    const used = documentedRoutes().filter(({ method, path }) => {
      const pattern = new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[0-9a-f-]+')}(?:\\?|$)`);
      return done.some(({ request }) => request.method === method && pattern.test(request.path));
    });
    return new Set(used.map(({ method, path }) => `${method} ${path}`));
  }
}

function idOf(answer: HttpAnswer): string {
  const { id } = answer.json<{ id?: string }>();
  if (id === undefined) throw new Error(`nothing was made: ${answer.status}`);
  return id;
}
