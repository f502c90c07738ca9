import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LmdbPhiTable } from '@app/phi-table';
import { readAuditRows } from '../support/audit-rows.js';
import { canaries, LeakSearch } from '../support/canaries.js';
import { blockedRecord, canaryPatient, canaryRecord, canaryRequests } from '../support/canary-requests.js';
import { type HttpAnswer, HttpClient, type HttpRequest } from '../support/http-client.js';
import { startListening } from '../support/phi-client.js';
import { type Service } from '../support/service.js';

const search = new LeakSearch(canaries);

/** What an answer showed, but for the connection's own headers. */
interface Seen {
  request: HttpRequest;
  answer: HttpAnswer;
}

describe('marked values sent everywhere', () => {
  const folder = mkdtempSync(join(tmpdir(), 'phi-canary-'));
  const seen: Seen[] = [];
  let service: Service;
  let client: HttpClient;
  let authorization: string;
  let log = '';

  async function send(request: HttpRequest, as: string | undefined = authorization): Promise<HttpAnswer> {
    const headers = { ...(as === '' ? {} : { authorization: as }), ...request.headers };
    const answer = await client.send({ ...request, headers });
    seen.push({ request, answer });
    return answer;
  }
  const idOf = (answer: HttpAnswer) => answer.json<{ id: string }>().id;

  /** Everything that succeeds, and the refusals that need something stored. */
  async function useEverything(): Promise<Record<string, string>> {
    const post = (path: string, body: unknown, headers = {}) => send({ method: 'POST', path, body, headers });
    const get = (path: string, headers = {}) => send({ method: 'GET', path, headers });
    const patientId = idOf(
      await post('/v1/patients', canaryPatient(), { 'idempotency-key': canaries.family }),
    );
    const patient = `/v1/patients/${patientId}`;
    await post('/v1/patients', canaryPatient(), { 'idempotency-key': canaries.family }); // replayed
    await post('/v1/patients', canaryPatient('-2'), { 'idempotency-key': canaries.family }); // 422
    await post('/v1/patients', canaryPatient()); // 409
    const recordId = idOf(await post(`${patient}/records`, canaryRecord()));
    await post(`${patient}/records`, blockedRecord()); // 422
    await post(`${patient}/records/batch`, { records: [canaryRecord(), canaryRecord()] });
    await send({ method: 'PUT', path: patient, body: canaryPatient(), headers: { 'if-match': '"1"' } });
    await send({ method: 'PUT', path: patient, body: canaryPatient(), headers: { 'if-match': '"1"' } }); // 412
    await send({ method: 'PUT', path: patient, body: canaryPatient() }); // 428
    const patch = { 'content-type': 'application/merge-patch+json', 'if-match': '*' };
    await send({ method: 'PATCH', path: patient, body: { notes: canaryPatient().notes }, headers: patch });
    const record = `${patient}/records/${recordId}`;
    await send({ method: 'PUT', path: record, body: canaryRecord(), headers: { 'if-match': '*' } });
    for (const path of ['', '/history', '/history/1', '/records', '/export', '/care-team']) {
      await get(patient + path);
    }
    await get('/v1/patients');
    for (const path of [record, `${record}/history`, `${record}/history/1`]) await get(path);
    const { family, phone, email, medicalRecordNumber } = canaries;
    for (const query of [
      { identifier: { system: 'urn:mrn', value: medicalRecordNumber } },
      { family, birthDate: '1984-05-17' },
      { phone },
      { email },
    ]) {
      const found = await post('/v1/patients/search', query);
      expect(found.json<{ items: unknown[] }>().items).toHaveLength(1);
    }
    const deletedId = idOf(await post('/v1/patients', { name: [{ family }] }));
    const deleted = `/v1/patients/${deletedId}`;
    await send({ method: 'DELETE', path: deleted, headers: { 'if-match': '*' } });
    await get(deleted); // 410
    const outsider = await service.bearer({ scope: 'user/*.cruds', subject: 'outsider' });
    await send({ method: 'GET', path: patient }, outsider); // 404
    return { patientId, recordId, version: '1' };
  }

  beforeAll(async () => {
    service = await startListening({}, folder);
    client = new HttpClient(await service.app.getUrl(), 8);
    authorization = await service.bearer();
    const ids = await useEverything();
    const powerless = await service.bearer({ scope: 'phi/nothing' });
    for (const request of canaryRequests(ids)) {
      await send(request);
      // The first refusal of all must not say more than the later ones.
      await send(request, '');
      await send(request, powerless);
    }
    client.close();
    const raw = `GET /v1/patients/${canaries.family} HTTP/1.1\r\n${canaries.family}: \0${canaries.email}\r\n\r\n`;
    seen.push({ request: { method: 'GET', path: '(no HTTP)' }, answer: await rawAnswer(service, raw) });
    const long = `GET / HTTP/1.1\r\nhost: x\r\nx-long: ${canaries.family.repeat(4000)}\r\n\r\n`;
    seen.push({ request: { method: 'GET', path: '(long head)' }, answer: await rawAnswer(service, long) });
    await service.stop();
    log = service.logged();
  }, 60_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('were sent, and met every kind of answer', () => {
    const statuses = new Set(seen.map(({ answer }) => answer.status));
    for (const status of [200, 201, 204, 400, 401, 403, 404, 409, 410, 412, 413, 415, 422, 428, 431]) {
      expect(statuses).toContain(status);
    }
    const leaking = seen.filter(({ answer }) => answer.status < 300 && search.in(answer.text).length > 0);
    // The search finds what is there: answers to those who may see it hold it.
    expect(leaking.length).toBeGreaterThan(10);
    expect([...statuses].filter((status) => status >= 500)).toEqual([]);
  });

  it('are in no error answer', () => {
    const leaks = seen
      .filter(({ answer }) => answer.status >= 400)
      .map(({ request, answer }) => ({
        route: `${request.method} ${answer.status}`,
        leaks: search.in(answer.text),
        answer,
      }))
      .filter(({ leaks: found }) => found.length > 0);
    expect(leaks.map(({ route, leaks: found, answer }) => [route, found, answer.text])).toEqual([]);
  });

  it('are in no header of any answer', () => {
    const leaks = seen.filter(({ answer }) => search.in(JSON.stringify(answer.headers)).length > 0);
    expect(leaks.map(({ request, answer }) => [request.method, answer.status])).toEqual([]);
  });

  it('are in no line of the log, whatever its level', () => {
    expect(log).toContain('"message":"request"');
    expect(log.split('\n').filter((line) => search.in(line).length > 0)).toEqual([]);
  });

  it('are in no row of the audit trail', async () => {
    const table = LmdbPhiTable.open({ path: join(folder, 'records.lmdb') });
    const rows = await readAuditRows(table);
    await table.close();
    expect(rows.length).toBeGreaterThan(seen.length / 2);
    const leaks = rows.filter(({ text }) => search.in(text).length > 0);
    expect(leaks.map(({ event, text }) => [event.type, search.in(text)])).toEqual([]);
  });

  it('are in no byte of the data folder', () => {
    expect(search.inFiles(folder)).toEqual([]);
  });
});

describe('the search for marked values', () => {
  const marked = new LeakSearch({ name: canaries.family, phone: canaries.phone });
  const { family, phone } = canaries;

  it.each<[string, string | Buffer]>([
    ['as it is', `a${family}b`],
    ['in lower case', family.toLowerCase()],
    ['in upper case', family.toUpperCase()],
    ['in Base64', Buffer.from(`x${family}y`).toString('base64')],
    ['in Base64, one byte later', Buffer.from(`xx${family}yy`).toString('base64')],
    ['in Base64, two bytes later', Buffer.from(`xxx${family}`).toString('base64')],
    ['in URL-safe Base64', Buffer.from(`~~~${phone}???`).toString('base64url')],
    ['in UTF-16, little endian', Buffer.from(family, 'utf16le')],
    ['in UTF-16, big endian', Buffer.from(`x${family}`, 'utf16le').swap16()],
    ['in hex', Buffer.from(family).toString('hex')],
    ['percent-encoded', encodeURIComponent(phone)],
    ['as digits alone', 'tel:4155550187'],
  ])('finds a value %s', (_, text) => {
    expect(marked.in(text)).toHaveLength(1);
  });

  it('finds nothing where nothing is', () => {
    expect(marked.in('Zyxw quell (415) 555-0188')).toEqual([]);
  });
});

/** @returns the answer to bytes that are no HTTP request */
async function rawAnswer(service: Service, bytes: string): Promise<HttpAnswer> {
  const { port } = new URL(await service.app.getUrl());
  const text = await new Promise<string>((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('utf8')));
  });
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]);
  return { status, headers: {}, text, json: () => JSON.parse('null') as never };
}
