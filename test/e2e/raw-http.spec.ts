import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ServiceProcess } from '../support/service-process.js';

/** Abuse of the HTTP layer by bytes that no client library sends (OWASP ASVS 5, 4.2; RFC 9112, 11). */
let service: ServiceProcess;
let bearer: string;
let port: number;

beforeAll(async () => {
  service = await ServiceProcess.start({ PHI_REQUEST_TIMEOUT_SECONDS: '2' });
  bearer = await service.bearer();
  port = Number(new URL(service.origin).port);
});
afterAll(() => service.remove());

/** @returns everything that came back until the service closed the connection */
async function exchange(bytes: Buffer | string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => (text += part));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(bytes);
  await once(socket, 'close');
  return text;
}

const head = (line: string, ...fields: string[]) =>
  [line, 'Host: phi.example', ...fields, '', ''].join('\r\n');
const authorized = () => `Authorization: ${bearer}`;
const json = 'Content-Type: application/json';
const close = 'Connection: close';
/** What must never be taken for a request of its own. */
const smuggled = 'GET /v1/patients/smuggled HTTP/1.1\r\nHost: phi.example\r\n\r\n';
const statusesIn = (text: string) =>
  [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));

const abuses: [string, () => Buffer | string][] = [
  [
    'a length and chunks (CL.TE)',
    () =>
      `${head('POST /v1/patients HTTP/1.1', authorized(), json, 'Content-Length: 6', 'Transfer-Encoding: chunked')}0\r\n\r\n${smuggled}`,
  ],
  [
    'chunks and a length (TE.CL)',
    () =>
      `${head('POST /v1/patients HTTP/1.1', authorized(), json, 'Transfer-Encoding: chunked', 'Content-Length: 4')}2\r\n{}\r\n0\r\n\r\n${smuggled}`,
  ],
  [
    'two lengths',
    () =>
      `${head('POST /v1/patients HTTP/1.1', authorized(), json, 'Content-Length: 2', 'Content-Length: 90')}{}${smuggled}`,
  ],
  [
    'a list of lengths',
    () => `${head('POST /v1/patients HTTP/1.1', authorized(), json, 'Content-Length: 2, 90')}{}${smuggled}`,
  ],
  [
    'a length with a sign',
    () => `${head('POST /v1/patients HTTP/1.1', authorized(), json, 'Content-Length: +2')}{}`,
  ],
  [
    'a negative length',
    () => `${head('POST /v1/patients HTTP/1.1', authorized(), json, 'Content-Length: -1')}{}`,
  ],
  [
    'a length beyond all numbers',
    () =>
      `${head('POST /v1/patients HTTP/1.1', authorized(), json, 'Content-Length: 99999999999999999999')}{}`,
  ],
  [
    'another last coding than chunked',
    () =>
      `${head('POST /v1/patients HTTP/1.1', authorized(), json, 'Transfer-Encoding: chunked, identity')}0\r\n\r\n`,
  ],
  [
    'a coding in disguise',
    () =>
      `${head('POST /v1/patients HTTP/1.1', authorized(), json, 'Transfer-Encoding:\u000bchunked')}0\r\n\r\n${smuggled}`,
  ],
  [
    'a chunk size that is none',
    () =>
      `${head('POST /v1/patients HTTP/1.1', authorized(), json, 'Transfer-Encoding: chunked')}zz\r\n{}\r\n0\r\n\r\n`,
  ],
  [
    'a chunk size beyond all numbers',
    () =>
      `${head('POST /v1/patients HTTP/1.1', authorized(), json, 'Transfer-Encoding: chunked')}fffffffffffffffff\r\n{}\r\n0\r\n\r\n`,
  ],
  [
    'a chunk longer than its size',
    () =>
      `${head('POST /v1/patients HTTP/1.1', authorized(), json, 'Transfer-Encoding: chunked')}1\r\n{}{}\r\n0\r\n\r\n`,
  ],
  [
    'a chunk that never ends',
    () => `${head('POST /v1/patients HTTP/1.1', authorized(), json, 'Transfer-Encoding: chunked')}ff\r\n{`,
  ],
  ['a space before a colon', () => head('GET /v1/patients HTTP/1.1', 'Authorization : x', close)],
  [
    'a folded field',
    () => head('GET /v1/patients HTTP/1.1', 'X-Folded: a\r\n b', `${authorized()}\r\n ${bearer}`, close),
  ],
  ['a NUL in a field', () => head('GET /v1/patients HTTP/1.1', 'X-Nul: a\u0000b', close)],
  ['a NUL in the target', () => head('GET /v1/pat\u0000ients HTTP/1.1', close)],
  ['a bare line feed', () => `GET /v1/patients HTTP/1.1\nHost: phi.example\nX-Bare: a\n\n`],
  ['a bare carriage return', () => head('GET /v1/patients HTTP/1.1', 'X-Bare: a\rX-Other: b', close)],
  ['no host', () => `GET /v1/patients HTTP/1.1\r\n${close}\r\n\r\n`],
  ['two hosts', () => head('GET /v1/patients HTTP/1.1', 'Host: other.example', close)],
  ['no version', () => 'GET /v1/patients\r\n\r\n'],
  ['a version that is none', () => head('GET /v1/patients HTTP/9.9', close)],
  ['a method that is none', () => head('SMUGGLE /v1/patients HTTP/1.1', close)],
  ['a tunnel', () => head('CONNECT phi.example:443 HTTP/1.1', close)],
  ['an echo of its own head', () => head('TRACE /v1/patients HTTP/1.1', authorized(), close)],
  ['the preface of HTTP/2', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['a handshake of TLS', () => Buffer.from('16030100a5010000a10303', 'hex')],
  ['a head of 20 KB', () => head('GET /v1/patients HTTP/1.1', `X-Long: ${'x'.repeat(20_000)}`, close)],
  [
    'three thousand fields',
    () => head('GET /v1/patients HTTP/1.1', ...Array.from({ length: 3000 }, (_, n) => `X-${n}: y`), close),
  ],
  ['a target of 20 KB', () => head(`GET /v1/patients/${'x'.repeat(20_000)} HTTP/1.1`, close)],
  ['half a request', () => 'GET /v1/patients HTTP/1.1\r\nHost: phi.ex'],
  ['nothing but noise', () => Buffer.from(Array.from({ length: 512 }, (_, n) => (n * 151 + 7) % 256))],
];

describe('on a connection, the service answers', () => {
  it.each(abuses)('%s with a refusal, and takes nothing after it for a request', async (_, bytes) => {
    const requestsBefore = service.log.length;
    const text = await exchange(bytes());
    const statuses = statusesIn(text);
    for (const status of statuses) expect([400, 401, 404, 405, 408, 413, 431, 501, 505]).toContain(status);
    expect(statuses.length).toBeLessThanOrEqual(1);
    const later = service.log.slice(requestsBefore);
    expect(later.filter(({ status }) => (status ?? 0) < 400 && status !== undefined)).toEqual([]);
    expect(text).not.toMatch(/node:|\.js:\d|Error:/);
  });

  it('the next one as if nothing had been', async () => {
    const text = await exchange(head('GET /v1/patients HTTP/1.1', authorized(), close));
    expect(statusesIn(text)).toEqual([200]);
    expect(service.isRunning).toBe(true);
  });
});

const body = (bytes: Buffer | string) => {
  const content = Buffer.from(bytes);
  const start = head(
    'POST /v1/patients HTTP/1.1',
    authorized(),
    json,
    `Content-Length: ${content.length}`,
    close,
  );
  return Buffer.concat([Buffer.from(start), content]);
};

describe('a body', () => {
  it.each<[string, Buffer | string]>([
    [
      'of bytes that are no UTF-8',
      Buffer.concat([Buffer.from('{"notes":"'), Buffer.from([0xc3, 0x28, 0xff]), Buffer.from('"}')]),
    ],
    ['of UTF-16', Buffer.from('{"notes":"x"}', 'utf16le')],
    ['with a byte order mark', '\ufeff{"notes":"x"}'],
    ['with a name twice', '{"gender":"male","gender":"female"}'],
    ['with a name twice, once escaped', '{"gender":"male","gend\\u0065r":"female"}'],
    ['with __proto__', '{"__proto__":{"active":true}}'],
    ['with __proto__, escaped', '{"__pr\\u006fto__":{"active":true}}'],
    ['with constructor.prototype', '{"constructor":{"prototype":{"active":true}}}'],
    ['with half a surrogate pair', '{"notes":"\\ud800"}'],
    ['with a NUL', '{"notes":"a\\u0000b"}'],
    ['nested ten thousand levels deep', `{"notes":${'['.repeat(10_000)}${']'.repeat(10_000)}}`],
    ['of a hundred thousand names', `{${Array.from({ length: 100_000 }, (_, n) => `"n${n}":1`).join(',')}}`],
    ['with a number beyond all numbers', '{"active":1e999}'],
    ['with a comment', '{/* */"active":true}'],
    ['with something after it', '{"active":true}{"active":false}'],
    ['that is empty', ''],
  ])('%s is refused, or kept as it was', async (_, bytes) => {
    const text = await exchange(body(bytes));
    const [status] = statusesIn(text);
    expect([201, 400, 422]).toContain(status);
    if (status !== 201) return;
    // What was taken holds what was sent: nothing was silently replaced or dropped.
    const sent = JSON.parse(String(bytes).replace('\ufeff', '')) as { notes: string };
    const answer = JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4)) as { notes: string };
    expect(answer.notes).toBe(sent.notes);
  });

  it('of bytes that are no UTF-8 is refused: decoded, it would be another text', async () => {
    const bytes = Buffer.concat([Buffer.from('{"notes":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    const text = await exchange(body(bytes));
    expect(statusesIn(text)).toEqual([400]);
    expect(text).toContain('The body is not UTF-8.');
  });

  it('cannot change what objects are made of', async () => {
    const text = await exchange(body('{"active":true}'));
    expect(statusesIn(text)).toEqual([201]);
    expect(text).toContain('"active":true');
    const plain = await exchange(body('{}'));
    expect(plain).not.toContain('"active"');
  });
});
