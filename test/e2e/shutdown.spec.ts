import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceProcess } from '../support/service-process.js';

const underWay = 20;
/** What an orchestrator waits before it kills. Milliseconds. */
const endsWithin = 10_000;
/** 45 texts of 16 KB: some work for the service after the body is there. */
const batch = JSON.stringify({
  records: Array.from({ length: 45 }, (_, n) => ({
    recordType: 'note',
    content: { n, text: 'Follow-up in two weeks. '.repeat(680) },
  })),
});

interface Started {
  request: ClientRequest;
  answer: Promise<IncomingMessage>;
}

async function statusOf(answer: IncomingMessage): Promise<number> {
  answer.resume();
  await once(answer, 'end');
  return answer.statusCode ?? 0;
}

describe('SIGTERM', () => {
  let folder: string;
  let service: ServiceProcess;
  let agent: Agent;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'phi-shutdown-'));
    service = await ServiceProcess.start({}, folder);
    // Kept connections: a client that would use them again must not hold the service up.
    agent = new Agent({ keepAlive: true, maxSockets: 100 });
  });
  afterEach(async () => {
    agent.destroy();
    await service.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  async function createPatient(): Promise<string> {
    const client = service.client();
    const headers = { authorization: await service.bearer() };
    const answer = await client.send({
      method: 'POST',
      path: '/v1/patients',
      headers,
      body: { active: true },
    });
    client.close();
    return answer.json<{ id: string }>().id;
  }

  /** Sends the head of a request and waits until the service asks for the body. */
  async function startRequest(path: string): Promise<Started> {
    const headers = {
      authorization: await service.bearer(),
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(batch)),
      expect: '100-continue',
    };
    const started = request(`${service.origin}${path}`, { method: 'POST', headers, agent });
    const answer = once(started, 'response').then(([message]) => message as IncomingMessage);
    started.flushHeaders();
    await once(started, 'continue');
    return { request: started, answer };
  }

  it('answers what is under way, takes nothing new, and ends with 0', async () => {
    const path = `/v1/patients/${await createPatient()}/records/batch`;
    const started = await Promise.all(Array.from({ length: underWay }, () => startRequest(path)));

    const signalled = performance.now();
    service.signal('SIGTERM');
    await service.line(({ message }) => message === 'draining');
    expect(await readiness(service.origin)).toMatch(/^(503|ECONNREFUSED|ECONNRESET)$/);
    const answers = started.map(({ request: open, answer }) => {
      open.end(batch);
      return answer.then(statusOf);
    });

    expect(await Promise.all(answers)).toEqual(started.map(() => 201));
    expect(await service.ended()).toEqual({ code: 0, signal: null });
    expect(performance.now() - signalled).toBeLessThan(endsWithin);
    expect(service.log.at(-1)).toMatchObject({ message: 'stopped' });
    expect(await readiness(service.origin)).toBe('ECONNREFUSED');

    // What was answered while it drained is there after the next start.
    await service.remove();
    service = await ServiceProcess.start({}, folder);
    const client = service.client();
    const headers = { authorization: await service.bearer() };
    const export_ = await client.send({
      method: 'GET',
      path: path.replace('records/batch', 'export'),
      headers,
    });
    expect(export_.text.trimEnd().split('\n')).toHaveLength(1 + underWay * 45);
    client.close();
  }, 40_000);

  it('streams an export to its end', async () => {
    const patientId = await createPatient();
    const headers = { authorization: await service.bearer() };
    const client = service.client();
    const batches = 12;
    for (let n = 0; n < batches; n++) {
      const path = `/v1/patients/${patientId}/records/batch`;
      await client.send({
        method: 'POST',
        path,
        headers: { ...headers, 'content-type': 'application/json' },
        body: batch,
      });
    }
    const open = request(`${service.origin}/v1/patients/${patientId}/export`, { headers, agent });
    open.end();
    // Nothing is read for now: 9 MB do not fit between the two ends, so the service is still at it.
    const [answer] = (await once(open, 'response')) as [IncomingMessage];
    service.signal('SIGTERM');
    await service.line(({ message }) => message === 'draining');
    let lines = 0;
    answer.setEncoding('utf8').on('data', (text: string) => (lines += text.split('\n').length - 1));
    await once(answer, 'end');
    expect(lines).toBe(1 + batches * 45);
    expect(await service.ended()).toEqual({ code: 0, signal: null });
    client.close();
  }, 30_000);

  it('ends at once when only idle connections are open', async () => {
    const idle = service.client();
    const answers = Array.from({ length: 10 }, () => idle.send({ method: 'GET', path: '/health/live' }));
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(answers.map(() => 200));
    const signalled = performance.now();
    expect(await service.terminate()).toEqual({ code: 0, signal: null });
    expect(performance.now() - signalled).toBeLessThan(2_000);
    idle.close();
  });

  it('does not wait for a request that never comes to its end', async () => {
    const path = `/v1/patients/${await createPatient()}/records/batch`;
    const { request: endless, answer } = await startRequest(path);
    const broken = answer.then(
      () => 'answered',
      () => 'broken off',
    );
    endless.write(batch.slice(0, 100));
    const signalled = performance.now();
    const end = await service.terminate();
    expect(end.signal).toBeNull();
    expect(performance.now() - signalled).toBeLessThan(endsWithin + 1_000);
    expect(await broken).toBe('broken off');
  }, 30_000);

  it('means the same as SIGINT, and a second signal changes nothing', async () => {
    service.signal('SIGINT');
    service.signal('SIGTERM');
    expect(await service.ended()).toEqual({ code: 0, signal: null });
    expect(service.log.filter(({ message }) => message === 'draining')).toHaveLength(1);
  });
});

/** @returns the status of the readiness probe on a new connection, or why there is none */
async function readiness(origin: string): Promise<string> {
  const probe = request(`${origin}/health/ready`, { agent: false });
  probe.end();
  try {
    const [answer] = (await once(probe, 'response')) as [IncomingMessage];
    return String(await statusOf(answer));
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
