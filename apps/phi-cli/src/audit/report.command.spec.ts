import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runCommandLine } from '../command-line.js';
import { addAuditCommand } from './audit.command.js';

const patient = '5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11';
const record = '0d5b9f6a-3c1e-4f0b-8f7e-6a1d2c3b4e5f';

let server: Server;
let url: string;
let received: { path: string; accept: string | undefined; authorization: string | undefined }[];
let answers: ((response: ServerResponse) => void)[];

const json =
  (status: number, body: object, headers: Record<string, string> = {}) =>
  (response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };

beforeEach(async () => {
  received = [];
  answers = [];
  server = createServer((request, response) => {
    const { accept, authorization } = request.headers;
    received.push({ path: request.url ?? '', accept, authorization });
    (answers.shift() ?? json(500, {}))(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** Runs `phi` in this process; waiting takes no time. */
async function phi(...args: string[]) {
  const written = { stdout: '', stderr: '' };
  const waits: number[] = [];
  const output = (name: 'stdout' | 'stderr') =>
    new Writable({
      write(chunk: Buffer, _, done) {
        written[name] += chunk.toString('utf8');
        done();
      },
    });
  const context = {
    stdout: output('stdout'),
    stderr: output('stderr'),
    config: { token: 'a.b.c', url, dataFolder: '' },
    now: () => 0,
    wait: async (milliseconds: number) => void waits.push(milliseconds),
  };
  const exitCode = await runCommandLine(['audit', 'report', ...args], context, [addAuditCommand]);
  return { exitCode, waits, ...written };
}

const disclosure = (subject: string, description: string) => ({
  eventId: '019a9b3e-6c2f-7f5e-9a55-0d6f3f6f7a11',
  date: '2026-01-05T09:30:00.000Z',
  recipient: { issuer: 'https://issuer.example.org', subject, clientId: 'app' },
  type: 'record-read',
  description,
  documents: [
    { type: 'Observation', id: record, version: 2 },
    { type: 'Patient', id: patient, version: 3 },
  ],
  category: 'other',
  purpose: { code: 'PUBHLTH', display: 'public health' },
});
const period = { patientId: patient, from: '2020-01-05T00:00:00.000Z', to: '2026-01-05T00:00:00.000Z' };

describe('phi audit report', () => {
  it('tells how it is used', async () => {
    const { exitCode, stdout } = await phi('--help');
    expect(exitCode).toBe(0);
    for (const part of [
      '--patient',
      '--agent',
      '--include',
      '--csv',
      '--json',
      '$ phi audit report',
      'Exit codes:',
    ])
      expect(stdout).toContain(part);
  });

  it.each([
    [[]],
    [['--patient', patient, '--agent', 'dr-weber']],
    [['--patient', 'me']],
    [['--agent', 'two words']],
    [['--agent', 'dr-weber', '--include', 'access']],
    [['--patient', patient, '--include', 'everything']],
    [['--patient', patient, '--issuer', 'https://issuer.example.org']],
    [['--patient', patient, '--from', 'yesterday']],
    [['--patient', patient, '--to', '2026-13-01']],
    [['--patient', patient, '--csv', '--json']],
    [['--patient', patient, '--url', 'ftp://127.0.0.1']],
  ])('cannot run with %j, and asks nobody', async (args) => {
    const { exitCode, stderr } = await phi(...args);
    expect([exitCode, received]).toEqual([2, []]);
    expect(stderr).not.toBe('');
  });

  it('shows every page in a table, with totals at its end', async () => {
    const items = [disclosure('registry', 'Record read'), disclosure('registry', 'Patient read')];
    answers = [
      json(200, { ...period, items, nextCursor: 'a+b/c' }),
      json(200, { ...period, items: [disclosure('lab', 'Record read')] }),
    ];
    const { exitCode, stdout } = await phi('--patient', patient, '--from', '2026-01-01');
    expect(exitCode).toBe(0);
    expect(received).toMatchObject([
      { path: `/v1/patients/${patient}/disclosures?from=2026-01-01&limit=50`, authorization: 'Bearer a.b.c' },
      { path: `/v1/patients/${patient}/disclosures?from=2026-01-01&limit=50&cursor=a%2Bb%2Fc` },
    ]);
    const rows = stdout.split('\n').filter((line) => line.includes('2026-01-05 09:30:00'));
    expect(rows).toHaveLength(3);
    for (const cell of ['registry', 'Record read', 'Observation, version 2', 'public health', 'other'])
      expect(rows[0]).toContain(cell);
    // The id of the record stands below it; the patient is named once, in the title.
    expect(stdout.split(record)).toHaveLength(4);
    expect(stdout.split(patient)).toHaveLength(2);
    const totals = stdout.slice(stdout.lastIndexOf('total'));
    expect(
      totals
        .replace(/[^\w\n ]/g, '')
        .split('\n')
        .map((line) => line.trim().replace(/ +/g, ' ')),
    ).toEqual(
      expect.arrayContaining(['Record read 2', 'Patient read 1', 'by registry 2', 'by lab 1', 'all 3']),
    );
    expect(stdout).not.toContain('\u001b');
  });

  it('prints one JSON object', async () => {
    answers = [json(200, { ...period, items: [disclosure('registry', 'Record read')] })];
    const { stdout } = await phi('--patient', patient, '--json');
    expect(JSON.parse(stdout)).toEqual({
      ...period,
      items: [disclosure('registry', 'Record read')],
      totals: { byWhat: { 'Record read': 1 }, byWho: { registry: 1 } },
    });
  });

  it("hands on the service's own CSV of a patient", async () => {
    answers = [(response) => response.end('"date"\r\n')];
    const { stdout } = await phi('--patient', patient, '--include', 'access', '--csv');
    expect(stdout).toBe('"date"\r\n');
    expect(received).toMatchObject([
      {
        path: `/v1/patients/${patient}/disclosures?include=access`,
        accept: 'text/csv, application/problem+json',
      },
    ]);
  });

  it('makes a CSV of what an agent did, without formulas', async () => {
    const event = {
      id: '019a9b3e-6c2f-7f5e-9a55-0d6f3f6f7a11',
      recorded: '2026-01-05T09:30:00.000Z',
      outcome: '4',
      outcomeDesc: 'not-found',
      subtype: [{ display: 'x' }, { display: 'Refused' }],
      entity: [
        { what: { reference: `Patient/${patient}` } },
        { type: {} },
        { what: { reference: `Patient/${patient}/_history/3` } },
        { what: { reference: `Observation/${record}` } },
      ],
    };
    answers = [json(200, { items: [event] })];
    const { stdout } = await phi('--agent', '=cmd()', '--csv');
    expect(stdout.split('\r\n')).toEqual([
      '"date","who","what","of","purpose","kind","event id"',
      `"2026-01-05T09:30:00.000Z","'=cmd()","Refused","Patient/${patient} version 3; Observation/${record}","not stated","refused: not-found","${event.id}"`,
      '',
    ]);
    expect(received[0]?.path).toBe('/v1/audit/events?agent=%3Dcmd%28%29&limit=50');
  });

  it('lets no name steer the terminal', async () => {
    answers = [json(200, { ...period, items: [disclosure('\u001b[2Jregistry\u0007', 'Record\nread')] })];
    const { stdout } = await phi('--patient', patient);
    expect(stdout).toContain('?[2Jregistry?');
    expect(stdout).not.toContain('\u001b');
  });

  it('says so when there is nothing', async () => {
    answers = [json(200, { ...period, items: [] })];
    const { exitCode, stdout } = await phi('--patient', patient);
    expect([exitCode, stdout.endsWith('Nothing.\n')]).toEqual([0, true]);
  });

  it('waits as long as it is told to while the service is busy', async () => {
    const busy = { type: '/problems/too-many-requests', status: 429 };
    answers = [json(429, busy, { 'retry-after': '7' }), json(503, {}), json(200, { ...period, items: [] })];
    const { exitCode, waits } = await phi('--patient', patient);
    expect([exitCode, waits[0], waits.length]).toEqual([0, 7000, 2]);
  });

  it.each([
    [401, {}, 'the access token does not permit this (401)'],
    [403, {}, 'the access token does not permit this (403)'],
    [404, { type: '/problems/not-found' }, 'the audit trail knows no such patient'],
    [
      400,
      { type: '/problems/validation-failed', errors: [{ pointer: 'query:from', detail: 'x' }] },
      '(400 validation-failed',
    ],
    [500, { type: '/problems/internal-error', detail: 'secret' }, '(500 internal-error)'],
    [200, { things: [] }, 'does not answer like this service'],
  ])('cannot run when the service answers %i', async (status, body, message) => {
    answers = [json(status, body)];
    const { exitCode, stdout, stderr } = await phi('--patient', patient, '--json');
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('secret');
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'could-not-run' });
  });

  it('cannot run without the service', async () => {
    const { exitCode, stderr } = await phi('--patient', patient, '--url', 'http://127.0.0.1:1');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('cannot be reached (ECONNREFUSED)');
  });
});
