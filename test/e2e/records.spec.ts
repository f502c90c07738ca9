import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, clientOf, type PhiClient, startListening } from '../support/phi-client.js';
import type { Service } from '../support/service.js';

let service: Service;
let client: PhiClient;
let patientId: string;
let records: string;

beforeAll(async () => {
  service = await startListening();
  client = await clientOf(service);
  patientId = (await client.post('/v1/patients', { gender: 'female' })).body.id;
  records = `/v1/patients/${patientId}/records`;
});
afterAll(() => service.stop());

const clean = { outcome: 'clean', findings: [] };
const observation = {
  recordType: 'Observation',
  content: {
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '8302-2', display: 'Body height' }] },
    valueQuantity: { value: 172.5, unit: 'cm' },
    component: [[], {}, null, true, -0.25, 1e21, 'ünïcödé \u{1f489} \u0000 \\ "'],
  },
  notes: 'Stands upright without help.',
  recordedAt: '2026-01-05T09:30:00.000Z',
};

const pathOf = ({ body }: Answer) => `${records}/${body.id}`;

async function create(record: object): Promise<Answer> {
  const created = await client.post(records, record);
  expect(created.status).toBe(201);
  return created;
}

describe('creating a record', () => {
  it('keeps its content as it was sent', async () => {
    const created = await create(observation);

    const { id, createdAt } = created.body;
    expect(created.headers).toMatchObject({ location: `${records}/${id}`, etag: '"1"' });
    expect(created.body).toEqual({
      id,
      patientId,
      version: 1,
      createdAt,
      updatedAt: createdAt,
      ...observation,
      screening: clean,
    });
    expect((await client.get(pathOf(created))).body).toEqual(created.body);
  });

  it.each([
    'constructor',
    'toString',
    'valueOf',
    'hasOwnProperty',
    'isPrototypeOf',
    'then',
    'toJSON',
    'length',
  ])('keeps a member of the content that is called %s', async (name) => {
    const content = { [name]: 'kept', inner: [{ [name]: { deep: 1 } }] };
    const created = await create({ recordType: 'Basic', content });
    expect((await client.get(pathOf(created))).body['content']).toEqual(content);
  });

  it('takes the types of FHIR R4 and the words of the deployment, and no others', async () => {
    for (const recordType of ['Patient', 'DiagnosticReport', 'medical', 'note']) {
      await create({ recordType, content: {} });
    }
    for (const recordType of ['observation', 'Diagnosis', 'PROFILE', 'medical ', '', '*', 'a'.repeat(65)]) {
      const refused = await client.post(records, { recordType, content: {} });
      expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: '/recordType' }] } });
    }
  });

  it('takes the moment of the request where none is given', async () => {
    const earlier = new Date().toISOString();
    const { body } = await create({ recordType: 'Observation', content: {}, recordedAt: null });
    const recordedAt = body['recordedAt'] as string;
    expect(recordedAt >= earlier && recordedAt <= new Date().toISOString()).toBe(true);
  });

  it.each([
    ['2026-01-05T09:30:00Z', '2026-01-05T09:30:00.000Z'],
    ['2026-01-05T09:30:00+05:30', '2026-01-05T04:00:00.000Z'],
    ['2025-12-31T23:30:00-01:00', '2026-01-01T00:30:00.000Z'],
    ['2024-02-29T00:00:00.123456789Z', '2024-02-29T00:00:00.123Z'],
    ['2026-01-05T09:30:00+14:00', '2026-01-04T19:30:00.000Z'],
  ])('keeps recordedAt %s as %s', async (sent, kept) => {
    const created = await create({ recordType: 'Observation', content: {}, recordedAt: sent });
    expect(created.body['recordedAt']).toBe(kept);
  });

  it.each([
    '2026-01-05',
    '2026-01-05T09:30:00',
    '2026-01-05T09:30Z',
    '2023-02-30T10:00:00Z',
    '2023-02-29T10:00:00+02:00',
    '2026-01-05T24:00:00Z',
    // A leap second, which no clock of the service can tell.
    '2016-12-31T23:59:60Z',
    'yesterday',
  ])('refuses recordedAt %s', async (recordedAt) => {
    const refused = await client.post(records, { recordType: 'Observation', content: {}, recordedAt });
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: '/recordedAt' }] } });
  });

  it('refuses content that is no JSON object', async () => {
    for (const content of [undefined, null, [], 'text', 7, true]) {
      const refused = await client.post(records, { recordType: 'Observation', content });
      expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: '/content' }] } });
    }
  });

  it('answers 404 for a patient that never was', async () => {
    const path = `/v1/patients/${randomUUID()}/records`;
    expect((await client.post(path, observation)).status).toBe(404);
    expect((await client.get(path)).status).toBe(404);
  });
});

describe('the size of a record', () => {
  const nested = (levels: number) =>
    `{"recordType":"Basic","content":{"a":${'['.repeat(levels)}${']'.repeat(levels)}}}`;

  it('may be nested 40 levels deep, and no deeper', async () => {
    expect((await client.post(records, nested(40))).status).toBe(201);
    for (const levels of [41, 5000, 200_000]) {
      const refused = await client.post(records, nested(levels));
      expect(refused).toMatchObject({ status: 400, body: { type: '/problems/validation-failed' } });
    }
  });

  it('may be 256 KB as JSON, and no more', async () => {
    const ofSize = (characters: number) => ({
      recordType: 'Basic',
      content: { text: Array.from({ length: characters / 1024 }, () => 'a '.repeat(510)) },
    });
    expect((await client.post(records, ofSize(250 * 1024))).status).toBe(201);
    const refused = await client.post(records, ofSize(260 * 1024));
    expect(refused).toMatchObject({ status: 413, body: { type: '/problems/payload-too-large' } });
    expect(Object.keys(refused.body)).not.toContain('errors');
  });

  it('counts bytes, not characters', async () => {
    const record = {
      recordType: 'Basic',
      content: { text: Array.from({ length: 150 }, () => 'é '.repeat(510)) },
    };
    expect(JSON.stringify(record).length).toBeLessThan(256 * 1024);
    expect((await client.post(records, record)).status).toBe(201);
    record.content.text.push(...record.content.text);
    expect((await client.post(records, record)).status).toBe(413);
  });
});

describe('changing a record', () => {
  it('replaces it as a whole', async () => {
    const created = await create(observation);
    const next = {
      recordType: 'Observation',
      content: { status: 'amended' },
      recordedAt: '2026-02-01T00:00:00Z',
    };

    const replaced = await client.put(pathOf(created), next, { 'if-match': '"1"' });

    expect(replaced).toMatchObject({ status: 200, headers: { etag: '"2"' } });
    expect(replaced.body).toEqual({
      id: created.body.id,
      patientId,
      version: 2,
      createdAt: created.body.createdAt,
      updatedAt: replaced.body.updatedAt,
      ...next,
      recordedAt: '2026-02-01T00:00:00.000Z',
      screening: clean,
    });
    expect((await client.get(pathOf(created))).body).toEqual(replaced.body);
  });

  it('does not change its type, which its stored message is bound to', async () => {
    const path = pathOf(await create(observation));
    const refused = await client.put(
      path,
      { ...observation, recordType: 'Condition' },
      { 'if-match': '"1"' },
    );
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: '/recordType' }] } });
    expect((await client.get(path)).body).toMatchObject({ version: 1, recordType: 'Observation' });
  });

  it('creates under a UUID of the client with If-None-Match: *, once', async () => {
    const path = `${records}/${randomUUID()}`;
    const first = await client.put(path, observation, { 'if-none-match': '*' });
    const again = await client.put(path, { ...observation, content: {} }, { 'if-none-match': '*' });

    expect(first).toMatchObject({ status: 201, headers: { location: path, etag: '"1"' } });
    expect(again).toMatchObject({ status: 412, body: { type: '/problems/precondition-failed' } });
    expect((await client.get(path)).body).toMatchObject({ version: 1, content: observation.content });
  });

  it('answers 304 on a read of the version that the caller has', async () => {
    const path = pathOf(await create(observation));
    expect(await client.get(path, { 'if-none-match': '"1"' })).toMatchObject({ status: 304, text: '' });
    expect((await client.get(path, { 'if-none-match': '"2"' })).status).toBe(200);
  });

  it('deletes it: 410 after, gone from the list, and its id stays taken', async () => {
    const path = pathOf(await create({ recordType: 'Flag', content: {} }));

    expect(await client.delete(path, { 'if-match': '"1"' })).toMatchObject({ status: 204, text: '' });

    expect((await client.get(path)).status).toBe(410);
    expect((await client.delete(path, { 'if-match': '*' })).status).toBe(410);
    expect((await client.put(path, { recordType: 'Flag', content: {} }, { 'if-match': '*' })).status).toBe(
      410,
    );
    expect(
      (await client.put(path, { recordType: 'Flag', content: {} }, { 'if-none-match': '*' })).status,
    ).toBe(412);
    expect((await client.get(`${records}?type=Flag`)).body.items).toEqual([]);
  });

  it('knows a record under its own patient alone', async () => {
    const { body: other } = await client.post('/v1/patients', {});
    const created = await create(observation);
    const path = `/v1/patients/${other.id}/records/${created.body.id}`;

    expect((await client.get(path)).status).toBe(404);
    expect((await client.get(`${path}/history`)).status).toBe(404);
    expect((await client.put(path, observation, { 'if-match': '*' })).status).toBe(404);
    expect((await client.delete(path, { 'if-match': '*' })).status).toBe(404);
    expect((await client.get(pathOf(created))).status).toBe(200);
  });
});
