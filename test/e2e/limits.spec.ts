import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { PhiTable } from '@app/phi-table';
import type { Platform } from '@app/platform';
import { Admission } from '../../apps/phi-api/src/http/admission.js';
import { MetricsPublisher } from '../../apps/phi-api/src/metrics/metrics-publisher.js';
import { auditTrail, recordedDuring } from '../support/audit-recording.js';
import { metricsLines, metricsOf } from '../support/embedded-metrics.js';
import { type Answer, clientOf, PhiClient, startListening, succeeded } from '../support/phi-client.js';
import { mrn } from '../support/sample-patient.js';
import type { Service } from '../support/service.js';

let service: Service;
afterEach(() => service.stop());

const tooMany = { status: 429, body: { type: '/problems/too-many-requests', status: 429 } };
const absent = '/v1/patients/00000000-0000-4000-8000-000000000000';
const times = async (count: number, ask: () => Promise<Answer>): Promise<Answer[]> => {
  const answers: Answer[] = [];
  for (let n = 0; n < count; n++) answers.push(await ask());
  return answers;
};
const statuses = (answers: Answer[]) => answers.map(({ status }) => status);

async function unrecordedRefusals(): Promise<number | undefined> {
  await service.app.get(MetricsPublisher).publish();
  const line = metricsLines(service.logged()).findLast(({ message }) => message === 'metrics');
  return line && metricsOf(line)['UnrecordedRefusals'];
}

describe('the limit of a principal', () => {
  it('is told with each answer, ends in 429, and holds nobody else up', async () => {
    service = await startListening({ PHI_RATE_LIMIT_PER_MINUTE: '3' });
    const [busy, other] = [await clientOf(service), await clientOf(service, { subject: 'other' })];
    const answers = await times(5, () => busy.get('/v1/patients'));

    expect(statuses(answers)).toEqual([200, 200, 200, 429, 429]);
    expect(answers.slice(0, 3).map(({ headers }) => headers['ratelimit']?.replace(/t=\d+/, 't=60'))).toEqual([
      '"principal";r=2;t=60',
      '"principal";r=1;t=60',
      '"principal";r=0;t=60',
    ]);
    expect(answers[0]?.headers['ratelimit-policy']).toBe('"principal";q=3;w=60');
    expect(answers[3]).toMatchObject(tooMany);
    expect(Number(answers[3]?.headers['retry-after'])).toBeGreaterThan(0);
    expect((await other.get('/v1/patients')).status).toBe(200);
  });

  it('leaves one event a window: a flood must not turn against the trail', async () => {
    service = await startListening({ PHI_RATE_LIMIT_PER_MINUTE: '1', PHI_METRICS_SECONDS: '3600' });
    const client = await clientOf(service);
    await client.get('/v1/patients');
    const events = await recordedDuring(service.platform, () => times(10, () => client.get('/v1/patients')));

    expect(events).toEqual([
      {
        type: 'refusal',
        outcome: '4',
        refusal: { problem: 'too-many-requests', status: 429, method: 'GET', route: '/v1/patients' },
      },
    ]);
    expect(await unrecordedRefusals()).toBe(9);
  });
});

describe('the limit of an address', () => {
  it('ends in 429 before anybody is known, but not for probes', async () => {
    service = await startListening({
      PHI_RATE_LIMIT_PER_MINUTE: '1000',
      PHI_ADDRESS_RATE_LIMIT_PER_MINUTE: '4',
    });
    const nobody = new PhiClient(service, undefined);
    expect(statuses(await times(6, () => nobody.get('/v1/patients')))).toEqual([
      401, 401, 401, 401, 429, 429,
    ]);
    expect((await (await clientOf(service)).get('/v1/patients')).status).toBe(429);
    expect((await nobody.get('/health/live')).status).toBe(200);
    expect((await auditTrail(service.platform)).map(({ refusal }) => refusal?.status)).toEqual([
      401, 401, 401, 401, 429,
    ]);
  });

  it('is of the address that a trusted proxy names, and of no header otherwise', async () => {
    const limits = { PHI_RATE_LIMIT_PER_MINUTE: '1000', PHI_ADDRESS_RATE_LIMIT_PER_MINUTE: '2' };
    const from = (client: PhiClient, address: string) =>
      client.get('/v1/patients', { 'x-forwarded-for': address });

    service = await startListening({ ...limits, PHI_TRUSTED_PROXIES: '1' });
    const behind = await clientOf(service);
    // The last entry is the proxy's; what stands before it anybody can write.
    const answers = [
      await from(behind, '198.51.100.1, 192.0.2.1'),
      await from(behind, '198.51.100.2, 192.0.2.1'),
      await from(behind, '198.51.100.3, 192.0.2.1'),
      await from(behind, '198.51.100.3, 192.0.2.2'),
    ];
    expect(statuses(answers)).toEqual([200, 200, 429, 200]);
    const addresses = (await auditTrail(service.platform)).map(({ origin }) => origin.networkAddress);
    expect(new Set(addresses)).toEqual(new Set(['192.0.2.1', '192.0.2.2']));
    await service.stop();

    service = await startListening(limits);
    const direct = await clientOf(service);
    const spoofed = [
      await from(direct, '192.0.2.1'),
      await from(direct, '192.0.2.2'),
      await from(direct, '192.0.2.3'),
    ];
    expect(statuses(spoofed)).toEqual([200, 200, 429]);
  });
});

describe('answers that could be an oracle', () => {
  const limits = { PHI_RATE_LIMIT_PER_MINUTE: '1000', PHI_MISS_LIMIT_PER_MINUTE: '3' };

  it('end in 429 for who asks for many ids that are not there', async () => {
    service = await startListening(limits);
    const [guesser, other] = [await clientOf(service), await clientOf(service, { subject: 'other' })];
    expect(statuses(await times(5, () => guesser.get(absent)))).toEqual([404, 404, 404, 429, 429]);
    expect(statuses(await times(2, () => guesser.get('/v1/patients')))).toEqual([429, 429]);
    expect((await other.get('/v1/patients')).status).toBe(200);
  });

  it('end in 429 for who tries which identifiers are taken', async () => {
    service = await startListening(limits);
    const client = await clientOf(service);
    await succeeded(client.post('/v1/patients', { identifier: [mrn('MRN-taken')] }));
    const tried = await times(5, () => client.post('/v1/patients', { identifier: [mrn('MRN-taken')] }));
    expect(statuses(tried)).toEqual([409, 409, 409, 429, 429]);
  });

  it('end in 429 for an address that guesses tokens, whoever else is there', async () => {
    service = await startListening(limits);
    const guesser = new PhiClient(service, 'Bearer a.b.c');
    expect(statuses(await times(5, () => guesser.get('/v1/patients')))).toEqual([401, 401, 401, 429, 429]);
  });

  it('are not refusals that tell nothing', async () => {
    service = await startListening(limits);
    const client = await clientOf(service);
    const wrong = await times(6, () => client.post('/v1/patients', { gender: 7 }));
    expect(new Set(statuses(wrong))).toEqual(new Set([400]));
    expect((await client.get('/v1/patients')).status).toBe(200);
  });
});

/** The real store, whose reads by key wait until they are let go. */
function gated() {
  const waiting: (() => void)[] = [];
  let arrived: (() => void) | undefined;
  const open = { now: true };
  const change = (platform: Platform): Platform => ({
    ...platform,
    table: new Proxy(platform.table, {
      get(target: PhiTable, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        const call = member.bind(target) as (...args: unknown[]) => Promise<unknown>;
        if (name !== 'batchGet') return call;
        return async (...args: unknown[]) => {
          if (!open.now) {
            await new Promise<void>((resolve) => {
              waiting.push(resolve);
              arrived?.();
            });
          }
          return call(...args);
        };
      },
    }),
  });
  return {
    change,
    shut: () => (open.now = false),
    /** Resolves when so many wait. */
    async waitFor(count: number): Promise<void> {
      while (waiting.length < count) await new Promise<void>((resolve) => (arrived = resolve));
    },
    letGo() {
      open.now = true;
      for (const resolve of waiting.splice(0)) resolve();
    },
  };
}

describe('more requests at a time than are worked on', () => {
  it('are turned away at once, while the others are answered and probes get in', async () => {
    const gate = gated();
    service = await startListening({ PHI_CONCURRENT_REQUESTS: '2' }, undefined, gate.change);
    const client = await clientOf(service);
    const { id } = (await succeeded(client.post('/v1/patients', {}))).body;
    gate.shut();
    const taken = [client.get(`/v1/patients/${id}`), client.get(`/v1/patients/${id}`)];
    await gate.waitFor(2);

    const events = await recordedDuring(service.platform, async () => {
      const shed = await times(3, () => client.get(`/v1/patients/${id}`));
      // The others are answered in front of the framework, and nobody can tell.
      const [first, ...further] = shed.map(({ headers }) => ({ ...headers, 'x-request-id': '', date: '' }));
      expect(further).toEqual([first, first]);
      for (const answer of shed) {
        expect(answer).toMatchObject({
          status: 503,
          body: { type: '/problems/overloaded' },
          headers: { 'retry-after': '1' },
        });
      }
    });
    // Told of once, counted after.
    expect(events).toMatchObject([{ type: 'refusal', refusal: { problem: 'overloaded', status: 503 } }]);
    expect((await client.get('/health/live')).status).toBe(200);
    expect((await client.get('/health/ready')).status).toBe(200);

    gate.letGo();
    expect(statuses(await Promise.all(taken))).toEqual([200, 200]);
    expect((await client.get(`/v1/patients/${id}`)).status).toBe(200);
  });

  it('have their places again when their clients go away', async () => {
    const gate = gated();
    service = await startListening({ PHI_CONCURRENT_REQUESTS: '1' }, undefined, gate.change);
    const client = await clientOf(service);
    const { id } = (await succeeded(client.post('/v1/patients', {}))).body;
    gate.shut();
    const socket = await raw(
      `GET /v1/patients/${id} HTTP/1.1\r\nhost: x\r\nauthorization: ${await service.bearer()}\r\n\r\n`,
    );
    await gate.waitFor(1);
    socket.destroy();
    gate.letGo();

    let status = 503;
    for (let n = 0; n < 200 && status === 503; n++) ({ status } = await client.get(`/v1/patients/${id}`));
    expect(status).toBe(200);
  });
});

describe('turns of the event loop that stay too long', () => {
  /** No turn is measured as short as this, so that turns are always too long. */
  const always = { PHI_TURN_MILLISECONDS: '1' };
  const fewest = 16;

  it('take places away, down to a few, and never those of probes', async () => {
    const gate = gated();
    service = await startListening(always, undefined, gate.change);
    const client = await clientOf(service);
    const { id } = (await succeeded(client.post('/v1/patients', {}))).body;
    const places = service.app.get(Admission);
    while (places.atMost > fewest) await client.get('/health/live');
    gate.shut();
    const taken = Array.from({ length: fewest }, () => client.get(`/v1/patients/${id}`));
    await gate.waitFor(fewest);

    expect(await client.get(`/v1/patients/${id}`)).toMatchObject({
      status: 503,
      body: { type: '/problems/overloaded' },
      headers: { 'retry-after': '1' },
    });
    expect((await client.get('/health/live')).status).toBe(200);
    expect((await client.get('/health/ready')).status).toBe(200);
    gate.letGo();
    expect(new Set(statuses(await Promise.all(taken)))).toEqual(new Set([200]));
  });

  it('change nothing where the deployment says so', async () => {
    service = await startListening({ PHI_TURN_MILLISECONDS: '0', PHI_CONCURRENT_REQUESTS: '40' });
    expect(service.app.get(Admission).atMost).toBe(40);
  });
});

async function raw(text: string): Promise<Socket> {
  const { port } = new URL(await service.app.getUrl());
  const socket = connect(Number(port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

/** @returns what came until the service closed the connection */
async function untilClosed(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => (text += part));
  socket.on('error', () => undefined);
  await once(socket, 'close');
  return text;
}

describe('a slow client', () => {
  it('is cut off while it sends its head', async () => {
    service = await startListening({ PHI_REQUEST_TIMEOUT_SECONDS: '1' });
    expect(await untilClosed(await raw('GET /v1/patients HTTP/1.1\r\nhost: x\r\nauthor'))).not.toContain(
      '200',
    );
  });

  it('is cut off while it sends its body, and holds no place until then', async () => {
    service = await startListening({ PHI_REQUEST_TIMEOUT_SECONDS: '1', PHI_CONCURRENT_REQUESTS: '1' });
    const bearer = await service.bearer();
    const head = `POST /v1/patients HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nauthorization: ${bearer}\r\ncontent-length: 100\r\n\r\n{`;
    const slow = await raw(head);
    expect((await (await clientOf(service)).get('/v1/patients')).status).toBe(200);
    expect(await untilClosed(slow)).not.toMatch(/HTTP\/1\.1 2/);
  });

  it('is cut off while it does not take its answer', async () => {
    service = await startListening({ PHI_ANSWER_TIMEOUT_SECONDS: '1' });
    const client = await clientOf(service);
    const { id } = (await succeeded(client.post('/v1/patients', {}))).body;
    const content = { text: 'x'.repeat(200_000) };
    for (let n = 0; n < 8; n++) {
      const records = Array.from({ length: 12 }, () => ({ recordType: 'Observation', content }));
      await succeeded(client.post(`/v1/patients/${id}/records/batch`, { records }));
    }
    const accepted = once(service.app.getHttpServer() as Server, 'connection') as Promise<[Socket]>;
    const socket = await raw(
      `GET /v1/patients/${id}/export HTTP/1.1\r\nhost: x\r\nauthorization: ${await service.bearer()}\r\n\r\n`,
    );
    socket.on('error', () => undefined);
    // Nothing is read, and the kernel's buffers hold less than the answer.
    await once((await accepted)[0], 'close');
    socket.resume();
    await once(socket, 'close');
    expect(socket.bytesRead).toBeLessThan(8 * 12 * 200_000);
  });
});

describe('connections', () => {
  it('are not held beyond the limit', async () => {
    service = await startListening({ PHI_CONNECTIONS: '3' });
    const held = [await raw(''), await raw(''), await raw('')];
    const { port } = new URL(await service.app.getUrl());
    const fourth = connect(Number(port), '127.0.0.1');
    expect(await untilClosed(fourth)).toBe('');
    for (const socket of held) socket.destroy();
  });
});

/** @returns the request headers that openapi.json names, lower case */
function documentedHeaders(): string[] {
  const { paths } = JSON.parse(readFileSync('openapi.json', 'utf8')) as {
    paths: Record<string, Record<string, { parameters?: { in: string; name: string }[] }>>;
  };
  const operations = Object.values(paths).flatMap((item) => Object.values(item));
  const parameters = operations.flatMap(({ parameters = [] }) => parameters);
  const headers = parameters.filter(({ in: place }) => place === 'header');
  return [...new Set(headers.map(({ name }) => name.toLowerCase()))];
}

describe('a page of another origin', () => {
  const preflight = (origin: string) =>
    service.http
      .options('/v1/patients')
      .set('origin', origin)
      .set('access-control-request-method', 'POST')
      .set('access-control-request-headers', 'authorization,content-type');

  it('may call nothing unless its origin is configured', async () => {
    service = await startListening();
    const { headers } = await preflight('https://app.example.org');
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });

  it('may, where it is: it alone, without cookies', async () => {
    service = await startListening({ PHI_CORS_ORIGINS: 'https://app.example.org,http://localhost:5173' });
    const { status, headers } = await preflight('https://app.example.org');
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example.org',
      'access-control-allow-headers': expect.stringContaining('authorization'),
    });
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
    const { headers: answer } = await service.http
      .get('/v1/patients')
      .set('origin', 'https://app.example.org');
    const exposed = answer['access-control-expose-headers']?.split(', ');
    expect(exposed).toEqual(expect.arrayContaining(['etag', 'preference-applied', 'retry-after']));
    const allowed = headers['access-control-allow-headers']?.split(', ');
    expect(allowed).toEqual(expect.arrayContaining(documentedHeaders()));
    for (const origin of ['https://evil.example.org', 'https://app.example.org.evil.example', 'null']) {
      expect((await preflight(origin)).headers).not.toHaveProperty('access-control-allow-origin');
    }
  });
});

// OWASP ASVS 5, V3.4 and 14.3.2.
describe('the headers of an answer', () => {
  it.each(['/v1/patients', '/v1/patients?limit=x', '/nothing', '/health/live', '/openapi.json'])(
    'of %s',
    async (path) => {
      service = await startListening();
      const { headers } = await (await clientOf(service)).get(path);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        ...(path.startsWith('/v1/') ? { 'cache-control': 'no-store' } : {}),
      });
      for (const name of ['x-powered-by', 'server', 'strict-transport-security', 'set-cookie']) {
        expect(headers).not.toHaveProperty(name);
      }
    },
  );
});
