import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditKeys, toFhirAuditEvent } from '@app/audit';
import { readAuditRows } from '../support/audit-rows.js';
import { itemsOf } from '../support/audit-sealing.js';
import { canaries, LeakSearch } from '../support/canaries.js';
import { canaryRequests } from '../support/canary-requests.js';
import { CanaryUser, type Seen } from '../support/canary-uses.js';
import { pastService } from '../support/deployment.js';
import { type HttpAnswer, HttpClient } from '../support/http-client.js';
import { documentedRoutes } from '../support/openapi-routes.js';
import { startListening } from '../support/phi-client.js';
import { type Service } from '../support/service.js';

const search = new LeakSearch(canaries);
/** Reason and comment of an emergency access are shown to its reviewer, by the route of that one alone. */
const showsNone =
  /^\/v1\/(?:audit(?!\/emergency-accesses\/[0-9a-f-]+(?:\?|$))|pii\/detect)|\/(?:disclosures|erase)(?:\?|$)|^\/health/;

describe('marked values sent everywhere', () => {
  const folder = mkdtempSync(join(tmpdir(), 'phi-canary-'));
  let seen: Seen[] = [];
  let used: Set<string>;
  let service: Service;
  let log = '';

  beforeAll(async () => {
    service = await startListening({}, folder);
    const client = new HttpClient(await service.app.getUrl(), 8);
    const user = await CanaryUser.of(service, client);
    const ids = await user.useEveryRoute();
    used = user.routesUsed();
    const powerless = await service.bearer({ scope: 'phi/nothing' });
    for (const request of canaryRequests(ids)) {
      // The first refusal of all must not say more than the later ones.
      await Promise.all([user.send(request), user.send(request, ''), user.send(request, powerless)]);
    }
    client.close();
    seen = user.seen;
    const raw = `GET /v1/patients/${canaries.family} HTTP/1.1\r\n${canaries.family}: \0${canaries.email}\r\n\r\n`;
    seen.push({ request: { method: 'GET', path: '(no HTTP)' }, answer: await rawAnswer(service, raw) });
    const long = `GET / HTTP/1.1\r\nhost: x\r\nx-long: ${canaries.family.repeat(4000)}\r\n\r\n`;
    seen.push({ request: { method: 'GET', path: '(long head)' }, answer: await rawAnswer(service, long) });
    await service.stop();
    log = service.logged();
  }, 240_000);

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

  it('went through every route that there is, with success', () => {
    const all = documentedRoutes().map(({ method, path }) => `${method} ${path}`);
    expect([...used].sort()).toEqual(all.sort());
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

  it('are in no answer of a route that shows who did what, or that screens', () => {
    const answers = seen.filter(({ request }) => showsNone.test(request.path));
    expect(answers.filter(({ answer }) => answer.status < 300).length).toBeGreaterThan(10);
    const leaks = answers.filter(({ answer }) => search.in(answer.text).length > 0);
    expect(leaks.map(({ request, answer }) => [request.method, answer.status, answer.text])).toEqual([]);
  });

  it('are in no line of the log, whatever its level, among them checkpoints and metrics', () => {
    for (const part of ['"message":"request"', '"message":"audit checkpoint"', '"_aws"'])
      expect(log).toContain(part);
    expect(log.split('\n').filter((line) => search.in(line).length > 0)).toEqual([]);
  });

  it('are in no row of the audit trail, no event as FHIR, and no checkpoint', async () => {
    const [rows, checkpoints] = await pastService(folder, async ({ table }) => [
      await readAuditRows(table),
      await itemsOf(table, auditKeys.checkpoints),
    ]);
    expect(rows.length).toBeGreaterThan(seen.length / 2);
    const leaks = rows.filter(({ text }) => search.in(text).length > 0);
    expect(leaks.map(({ event, text }) => [event.type, search.in(text)])).toEqual([]);
    const rendered = rows.map((row) => JSON.stringify(toFhirAuditEvent(row)));
    expect(rendered.filter((text) => search.in(text).length > 0)).toEqual([]);
    expect(checkpoints.length).toBeGreaterThan(1);
    expect(search.in(JSON.stringify(checkpoints))).toEqual([]);
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
