import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readSealedTrail } from '../support/audit-sealing.js';
import { environmentOf, pastService } from '../support/deployment.js';
import { erasureBody, officerScope, partitionOf } from '../support/erasable-patient.js';
import type { HttpAnswer, HttpClient } from '../support/http-client.js';
import { CliProcess, ServiceProcess } from '../support/service-process.js';

const variables = {
  PHI_AUDIT_SEAL_SECONDS: '1',
  PHI_AUDIT_LEASE_SECONDS: '3',
  PHI_KEY_CACHE_TTL_SECONDS: '1',
};

describe('two instances on the same tables', () => {
  const folder = mkdtempSync(join(tmpdir(), 'phi-instances-'));
  let services: ServiceProcess[];
  let clients: [HttpClient, HttpClient];
  let authorization: string;

  beforeAll(async () => {
    services = await Promise.all([0, 1].map(() => ServiceProcess.start(variables, folder)));
    clients = services.map((service) => service.client()) as [HttpClient, HttpClient];
    authorization = (await services[0]?.bearer('tester', `system/*.cruds ${officerScope}`)) ?? '';
  }, 60_000);
  afterAll(async () => {
    for (const client of clients) client.close();
    await Promise.all(services.map((service) => service.remove()));
    rmSync(folder, { recursive: true, force: true });
  });

  const send = (
    client: HttpClient,
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<HttpAnswer> =>
    client.send({ method, path, headers: { authorization, ...headers }, ...(body && { body }) });
  const newPatient = async (body: object = {}) => {
    const answer = await send(clients[0], 'POST', '/v1/patients', body);
    expect(answer.status).toBe(201);
    return answer.json<{ id: string }>().id;
  };

  it('make one patient of requests under one Idempotency-Key that reach both', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const body = { notes: 'sent to both' };
    const post = (n: number) => send(clients[n % 2]!, 'POST', '/v1/patients', body, headers);
    const answers = await Promise.all(Array.from({ length: 12 }, (_, n) => post(n)));
    // Who comes while another makes it is told to come again.
    expect(new Set(answers.map(({ status }) => status))).toEqual(
      answers.every(({ status }) => status === 201) ? new Set([201]) : new Set([201, 409]),
    );
    const repeated = await Promise.all([post(0), post(1)]);
    const ids = [...answers.filter(({ status }) => status === 201), ...repeated].map(
      (answer) => answer.json<{ id: string }>().id,
    );
    expect(new Set(ids).size).toBe(1);
    // Another body under the key is refused by the instance that did not make it, too.
    for (const client of clients) {
      const other = await send(client, 'POST', '/v1/patients', { notes: 'another' }, headers);
      expect(other.status).toBe(422);
    }
  });

  it('lose no update to each other', async () => {
    const path = `/v1/patients/${await newPatient({ notes: '0' })}`;
    let refused = 0;
    const increment = async (client: HttpClient): Promise<void> => {
      for (;;) {
        const { headers, ...read } = await send(client, 'GET', path);
        const count = Number(read.json<{ notes: string }>().notes);
        const body = { notes: String(count + 1) };
        const answer = await send(client, 'PATCH', path, body, {
          'content-type': 'application/merge-patch+json',
          'if-match': headers['etag'] ?? '',
        });
        if (answer.status === 200) return;
        expect(answer.status).toBe(412);
        refused += 1;
      }
    };
    const writers = Array.from({ length: 4 }, async (_, n) => {
      for (let turn = 0; turn < 4; turn++) await increment(clients[n % 2]!);
    });
    await Promise.all(writers);
    for (const client of clients) {
      const answer = await send(client, 'GET', path);
      expect(answer.json()).toMatchObject({ notes: '16', version: 17 });
    }
    expect(refused).toBeGreaterThan(0);
  });

  it('give a unique identifier to one patient', async () => {
    const body = { identifier: [{ system: 'urn:mrn', value: randomUUID() }] };
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) => send(clients[n % 2]!, 'POST', '/v1/patients', body)),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([201, ...Array.from({ length: 11 }, () => 409)]);
    const id = answers.find(({ status }) => status === 201)?.json<{ id: string }>().id;
    for (const client of clients) {
      const found = await send(client, 'POST', '/v1/patients/search', { identifier: body.identifier[0] });
      expect(found.json<{ items: { id: string }[] }>().items.map((item) => item.id)).toEqual([id]);
    }
  });

  it('finish an erasure on both: the other one forgets the key within its time', async () => {
    const id = await newPatient({ notes: 'to be erased' });
    const path = `/v1/patients/${id}`;
    for (const client of clients) expect((await send(client, 'GET', path)).status).toBe(200);
    const rows = await pastService(folder, ({ table }) => partitionOf(table, id));
    const receipt = await send(clients[0], 'POST', `${path}/erase`, erasureBody(id));
    expect(receipt.status).toBe(200);
    for (const client of clients) expect((await send(client, 'GET', path)).status).toBe(410);

    // Only who puts a copy of the rows back can find out whether the key is still in memory.
    const { final } = receipt.json<{ final: { otherInstances: string } }>();
    await pastService(folder, async ({ table }) => {
      const erased = await partitionOf(table, id);
      await table.transactWrite(rows.map((item) => ({ type: 'put', item })));
      let last = await send(clients[1], 'GET', path);
      while (Date.now() < Date.parse(final.otherInstances)) last = await send(clients[1], 'GET', path);
      last = await send(clients[1], 'GET', path);
      expect([last.status, last.text.includes('to be erased')]).toEqual([500, false]);
      const left = new Set(erased.map(({ sort }) => sort));
      await table.transactWrite([
        ...erased.map((item) => ({ type: 'put', item }) as const),
        ...rows
          .filter(({ sort }) => !left.has(sort))
          .map(({ partition, sort }) => ({
            type: 'delete' as const,
            key: { table: 'records' as const, partition, sort },
          })),
      ]);
    });
    for (const client of clients) expect((await send(client, 'GET', path)).status).toBe(410);
  });

  it('leave a trail of both that verifies as one, beside them and after them', async () => {
    const verify = async () => {
      const { code, output } = await new CliProcess(
        ['audit', 'verify', '--json', '--operator', 'officer'],
        await environmentOf(folder),
      ).ended;
      return { code, report: JSON.parse(output) as { findings: unknown[] } };
    };
    expect(await verify()).toMatchObject({ code: 0, report: { findings: [] } });
    for (const service of services) expect(await service.terminate()).toEqual({ code: 0, signal: null });
    expect(await verify()).toMatchObject({ code: 0, report: { findings: [] } });
    const chains = await pastService(folder, ({ table, checkpointSigner }) =>
      readSealedTrail(table, checkpointSigner),
    );
    const ofInstances = [...chains.values()].filter(({ rows }) =>
      rows.some(({ event }) => event.type === 'patient-read'),
    );
    expect(ofInstances.map(({ kinds }) => kinds.at(-1))).toEqual(['closed', 'closed']);
  });
});
