import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { HttpClient } from '../support/http-client.js';
import { historyFaults, type VersionedOperation } from '../support/versioned-history.js';
import { ServiceProcess } from '../support/service-process.js';
import { testConfig } from '../support/test.config.js';

const [creators, changers] = [testConfig.load(200, 8), testConfig.load(64)];

let service: ServiceProcess;
let client: HttpClient;
let authorization: string;

beforeAll(async () => {
  service = await ServiceProcess.start();
  client = service.client(256);
  authorization = await service.bearer();
});
afterAll(() => service.remove());

const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  client.send({ method, path, headers: { authorization, ...headers }, body });
const byPhone = async (phone: string) =>
  (await send('POST', '/v1/patients/search?limit=50', { phone })).json<{ items: { id: string }[] }>().items;

describe(`${creators} clients that repeat one creation under one key`, () => {
  it('make one patient, whatever each of them is told first', async () => {
    const phone = '617-555-0199';
    const body = { telecom: [{ system: 'phone', value: phone }] };
    const key = { 'idempotency-key': randomUUID() };
    /** As a client does it: a 409 of a request that is under way is repeated. */
    const insist = async (): Promise<string> => {
      for (;;) {
        const answer = await send('POST', '/v1/patients', body, key);
        if (answer.status !== 409) {
          expect([200, 201]).toContain(answer.status);
          return answer.json<{ id: string }>().id;
        }
        expect(answer.json()['type']).toBe('/problems/concurrent-write');
      }
    };
    const ids = await Promise.all(Array.from({ length: creators }, insist));
    expect(new Set(ids).size).toBe(1);
    expect(await byPhone(phone)).toMatchObject([{ id: ids[0] }]);
  });
});

describe(`${changers} clients that change one record`, () => {
  it('have a history that can be put in one order: no lost update, nothing read that was not, nothing read too late', async () => {
    const patient = (await send('POST', '/v1/patients', {})).json<{ id: string }>().id;
    const records = `/v1/patients/${patient}/records`;
    const first = randomUUID();
    const record = (mark: string) => ({ recordType: 'Observation', content: { mark } });
    const path = `${records}/${(await send('POST', records, record(first))).json<{ id: string }>().id}`;
    const operations: VersionedOperation[] = [];

    async function read(): Promise<number> {
      const started = performance.now();
      const answer = await send('GET', path);
      const { version, content } = answer.json<{ version: number; content: { mark: string } }>();
      operations.push({ kind: 'read', version, mark: content.mark, started, ended: performance.now() });
      return version;
    }
    async function write(version: number): Promise<void> {
      const mark = randomUUID();
      const started = performance.now();
      const answer = await send('PUT', path, record(mark), { 'if-match': `"${version}"` });
      const ended = performance.now();
      if (answer.status === 200) {
        operations.push({
          kind: 'write',
          version: answer.json<{ version: number }>().version,
          mark,
          started,
          ended,
        });
      } else {
        expect([409, 412]).toContain(answer.status);
        operations.push({ kind: 'refused', version, mark, started, ended });
      }
    }
    await Promise.all(
      Array.from({ length: changers }, async () => {
        for (let n = 0; n < 12; n++) await write(await read());
      }),
    );

    expect(operations.filter(({ kind }) => kind === 'write').length).toBeGreaterThan(12);
    expect(operations.filter(({ kind }) => kind === 'refused').length).toBeGreaterThan(changers);
    expect(historyFaults(operations, first)).toEqual([]);
  });
});
