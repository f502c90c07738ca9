import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { recordedDuring } from '../support/audit-recording.js';
import { readAuditRows } from '../support/audit-rows.js';
import {
  type BedrockServer,
  entities,
  exception,
  intervened,
  reported,
  startBedrockServer,
} from '../support/bedrock-server.js';
import { bedrockVariables, sdkEnvironment } from '../support/bedrock-settings.js';
import { clientOf, type PhiClient, startListening, succeeded } from '../support/phi-client.js';
import type { Service } from '../support/service.js';

const rejecting = 'rejecting0';
const degrading = 'degrading0';
const records = 'records';
const barn = 'the red barn 14';
/** Words that no local rule knows, and that are nowhere else. */
const secret = 'quillovarnex vossimer';
const phone = '202-555-0143';

let bedrock: BedrockServer;
const services: Service[] = [];
let service: Service;
let client: PhiClient;

async function serviceWith(variables: Record<string, string>): Promise<Service> {
  const started = await startListening(variables);
  services.push(started);
  return started;
}

beforeAll(async () => {
  bedrock = await startBedrockServer();
  Object.assign(process.env, sdkEnvironment(bedrock));
  service = await serviceWith(bedrockVariables(rejecting));
  client = await clientOf(service, { scope: 'system/*.cruds phi/screen' });
});
beforeEach(() => bedrock.reset());
afterAll(async () => {
  for (const started of services) await started.stop();
  await bedrock.close();
});

/** The service has this many failures in memory afterwards: what fails comes last, or has a service of its own. */
const outOfReach = () => exception(403, 'AccessDeniedException', `not for ${secret}`);
const create = (notes: string, by = client) => by.post('/v1/patients', { notes });

const queued = async ({ platform: { table } }: Service) => {
  const shards = Array.from({ length: 16 }, (_, shard) => `RESCREEN#${shard}`);
  const pages = await Promise.all(
    shards.map((partition) => table.query({ table: 'records', partition, limit: 100 })),
  );
  return pages.flatMap(({ items }) => items.map(({ sort }) => sort.slice('PATIENT#'.length)));
};

describe('a service with Bedrock', () => {
  it('stores what both find nothing in, and lets neither see what the local detector found', async () => {
    const { status, body } = await create(`Coughs since Monday, call ${phone}.`);
    expect({ status, notes: body['notes'] }).toEqual({
      status: 201,
      notes: 'Coughs since Monday, call {PHONE}.',
    });
    expect(body.screening).toEqual({
      outcome: 'anonymized',
      findings: [{ type: 'PHONE', count: 1, pointer: '/notes' }],
    });
    expect(bedrock.requests.map(({ operation }) => operation)).toEqual(['guardrail', 'model']);
    for (const { text } of bedrock.requests) {
      expect(text).toContain('Coughs since Monday, call {PHONE}.');
      expect(text).not.toContain(phone);
    }
  });

  it.each([
    ['the guardrail', () => (bedrock.guardrail = () => intervened(entities([barn, 'ADDRESS'])))],
    ['the model', () => (bedrock.model = () => reported([[barn, 'ADDRESS']]))],
  ])('replaces what %s finds', async (_, find) => {
    find();
    const notes = `Lives at ${barn} behind the mill.`;
    const { status, body } = await create(notes);
    expect({ status, notes: body['notes'] }).toEqual({
      status: 201,
      notes: 'Lives at {ADDRESS} behind the mill.',
    });
    expect(body.screening.findings).toEqual([{ type: 'ADDRESS', count: 1, pointer: '/notes' }]);
    const read = await client.get(`/v1/patients/${body.id}`);
    expect(read.text).not.toContain(barn);
  });

  it.each([
    [
      'the guardrail',
      () =>
        (bedrock.guardrail = () => intervened(entities([secret, 'US_SOCIAL_SECURITY_NUMBER', 'BLOCKED']))),
    ],
    ['the model', () => (bedrock.model = () => reported([[secret, 'US_SOCIAL_SECURITY_NUMBER']]))],
  ])('refuses what the policy blocks when %s finds it', async (_, find) => {
    find();
    const path = `/v1/patients/${randomUUID()}`;
    const put = () => client.put(path, { notes: `Number: ${secret}.` }, { 'if-none-match': '*' });
    const answer = await put();
    expect(answer).toMatchObject({
      status: 422,
      body: { findings: [{ type: 'US_SOCIAL_SECURITY_NUMBER', count: 1, pointer: '/notes' }] },
    });
    expect((await client.get(path)).status).toBe(404);
  });

  it('refuses to store and to detect when Bedrock does not answer, and says when to come again', async () => {
    bedrock.guardrail = outOfReach;
    const path = `/v1/patients/${randomUUID()}`;
    const events = await recordedDuring(service.platform, async () => {
      const answer = await client.put(path, { notes: `Was ${secret}.` }, { 'if-none-match': '*' });
      expect(answer).toMatchObject({ status: 503, body: { type: '/problems/screening-unavailable' } });
      expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(5);
      return answer;
    });
    expect(events).toMatchObject([{ type: 'refusal', refusal: { status: 503 } }]);
    expect((await client.get(path)).status).toBe(404);
    for (const route of ['detect', 'deidentify']) {
      const answer = await client.post(`/v1/pii/${route}`, { texts: [`Was ${secret}.`] });
      expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': expect.any(String) } });
    }
    expect(await queued(service)).toEqual([]);
  });
});

describe('a service that stores on the local detector alone when Bedrock does not answer', () => {
  let open: Service;
  let writer: PhiClient;

  beforeAll(async () => {
    open = await serviceWith(bedrockVariables(degrading, 'local-only'));
    writer = await clientOf(open, { scope: 'system/*.cruds phi/screen' });
  });
  beforeEach(() => {
    bedrock.guardrail = outOfReach;
  });

  it('says so in the answer, at each later reading, in the trail, and queues the patient', async () => {
    const events = await recordedDuring(open.platform, () => create(`Was ${secret}, ${phone}.`, writer));
    const id = events[0]?.patientId ?? '';
    expect(events).toMatchObject([{ type: 'patient-create', degraded: true, screening: { PHONE: 1 } }]);
    const { body } = await writer.get(`/v1/patients/${id}`);
    expect(body['notes']).toBe(`Was ${secret}, {PHONE}.`);
    expect(body.screening).toMatchObject({ outcome: 'anonymized', degraded: true });
    expect(await queued(open)).toContain(id);
  });

  it('still refuses what the local detector finds', async () => {
    const { status } = await create(`SSN 219-09-9999, ${secret}`, writer);
    expect(status).toBe(422);
  });

  it('marks every record of a batch, queues its patient once, and has room for a full batch', async () => {
    const { id } = (await succeeded(writer.post('/v1/patients', {}))).body;
    expect(await queued(open)).not.toContain(id);
    const batch = Array.from({ length: 50 }, (_, n) => ({
      recordType: 'Observation',
      content: {},
      notes: `${secret} ${n}`,
    }));
    const path = `/v1/patients/${id}/${records}`;
    const key = { 'idempotency-key': randomUUID() };
    const { status, body } = await writer.post(`${path}/batch`, { records: batch }, key);
    expect(status).toBe(201);
    const marks = body.items.map(({ screening }) => (screening as { degraded?: boolean }).degraded);
    expect(marks).toEqual(Array.from({ length: 50 }, () => true));
    expect((await queued(open)).filter((patientId) => patientId === id)).toHaveLength(1);
  });

  it('keeps the mark of the texts that a patch leaves alone, and marks those that it brings', async () => {
    const patch = (id: string, body: object) => writer.patch(`/v1/patients/${id}`, body, { 'if-match': '*' });
    const { id } = (await create(`Was ${secret}.`, writer)).body;
    // Without a text there is nothing to ask Bedrock.
    expect((await patch(id, { active: true })).body.screening).toMatchObject({ degraded: true });
    const { body } = await writer.post('/v1/patients', { active: true });
    expect(body.screening).toEqual({ outcome: 'clean', findings: [] });
    expect((await patch(body.id, { notes: secret })).body.screening).toMatchObject({ degraded: true });
    expect(await queued(open)).toContain(body.id);
  });

  it('answers detect and deidentify with a mark', async () => {
    for (const route of ['detect', 'deidentify']) {
      const answer = await writer.post(`/v1/pii/${route}`, { texts: [`Was ${secret}, ${phone}.`] });
      expect(answer).toMatchObject({ status: 200, body: { degraded: true } });
      const [result] = answer.body['results'] as { findings: object[] }[];
      expect(result?.findings).toMatchObject([{ type: 'PHONE' }]);
    }
  });

  it.each([
    ['refuses and quotes', () => (bedrock.guardrail = outOfReach)],
    [
      'cannot be understood',
      () => {
        bedrock.guardrail = () => intervened(entities([barn, 'ADDRESS']));
        bedrock.model = () => ({ body: `{"output": ${secret}` });
      },
    ],
  ])('writes nothing of texts, prompts and answers to log and trail when Bedrock %s', async (_, failing) => {
    const fresh = await serviceWith(bedrockVariables(degrading, 'local-only'));
    bedrock.reset();
    failing();
    const { body } = await create(`Was ${secret} at ${barn}.`, await clientOf(fresh));
    expect(body).toMatchObject({ notes: expect.stringContaining(secret), screening: { degraded: true } });
    expect(bedrock.requests.some(({ text }) => text.includes(secret))).toBe(true);
    const trail = (await readAuditRows(fresh.platform.table)).map(({ text }) => text).join();
    for (const written of [...services.map(({ logged }) => logged()), trail]) {
      expect(written).toMatch(/patient/);
      expect(written).not.toMatch(/quillovarnex|vossimer|red barn|report_identifiers/);
    }
  });
});

describe('a service without Bedrock', () => {
  it('is never degraded, whatever is to happen when Bedrock fails', async () => {
    const local = await serviceWith({ PHI_SCREENING_ON_FAILURE: 'local-only' });
    const { body } = await create(`Was ${secret}.`, await clientOf(local));
    expect(body.screening).toEqual({ outcome: 'clean', findings: [] });
    expect(await queued(local)).toEqual([]);
    expect(bedrock.requests).toEqual([]);
  });
});
