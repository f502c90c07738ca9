import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, clientOf, type PhiClient, startListening } from '../support/phi-client.js';
import { mrn } from '../support/sample-patient.js';
import type { Service } from '../support/service.js';
import { testConfig } from '../support/test.config.js';

/** What DynamoDB Local cannot answer within three attempts is a 503, as it should be: that is the subject of `faults/table`. */
const concurrent = testConfig.load(50);

let service: Service;
let client: PhiClient;
let patientPath: string;

beforeAll(async () => {
  service = await startListening();
  client = await clientOf(service);
  patientPath = `/v1/patients/${(await client.post('/v1/patients', {})).body.id}`;
});
afterAll(() => service.stop());

const keyed = (key: string) => ({ 'idempotency-key': key });
const record = (n: number) => ({
  recordType: 'Observation',
  content: { n },
  recordedAt: '2026-01-05T09:30:00Z',
});

interface Subject {
  send: (n: number, key: string, by?: PhiClient) => Promise<Answer>;
  /** How many there are now. */
  count: () => Promise<number>;
  idOf: (answer: Answer) => string | undefined;
}

const recordCount = async () => (await client.get(`${patientPath}/records?limit=50`)).body.items.length;
const subjects: [string, Subject][] = [
  [
    'a patient',
    {
      send: (n, key, by = client) =>
        by.post(
          '/v1/patients',
          { notes: `number ${n}`, telecom: [{ system: 'phone', value: '617-555-0160' }] },
          keyed(key),
        ),
      count: async () =>
        (await client.post('/v1/patients/search?limit=50', { phone: '617-555-0160' })).body.items.length,
      idOf: ({ body }) => body.id,
    },
  ],
  [
    'a record',
    {
      send: (n, key, by = client) => by.post(`${patientPath}/records`, record(n), keyed(key)),
      count: recordCount,
      idOf: ({ body }) => body.id,
    },
  ],
  [
    'a batch of records',
    {
      send: (n, key, by = client) =>
        by.post(`${patientPath}/records/batch`, { records: [record(n), record(n)] }, keyed(key)),
      count: recordCount,
      idOf: ({ body }) => body.items?.map(({ id }) => id).join(),
    },
  ],
];

describe.each(subjects)('creating %s under an idempotency key', (_, { send, count, idOf }) => {
  it('answers the repeated request like the first, and creates nothing', async () => {
    const key = randomUUID();
    const first = await send(1, key);
    expect(first.status).toBe(201);
    const before = await count();

    for (const __ of [1, 2]) {
      const again = await send(1, key);
      expect(again.status).toBe(201);
      expect(again.body).toEqual(first.body);
      expect(again.headers['etag']).toBe(first.headers['etag']);
      expect(again.headers['location']).toBe(first.headers['location']);
    }

    expect(await count()).toBe(before);
  });

  it('creates another one under another key, and without a key', async () => {
    const first = await send(1, randomUUID());
    const second = await send(1, randomUUID());
    expect(second.status).toBe(201);
    expect(idOf(second)).not.toBe(idOf(first));
  });

  it('refuses another body under the same key', async () => {
    const key = randomUUID();
    await send(1, key);
    const before = await count();

    expect(await send(2, key)).toMatchObject({
      status: 422,
      body: { type: '/problems/idempotency-key-reused' },
    });

    expect(await count()).toBe(before);
  });

  it('is nothing to another caller with the same key', async () => {
    const key = randomUUID();
    const other = await clientOf(service, { subject: 'other' });
    const mine = await send(1, key);
    const theirs = await send(2, key, other);

    expect(theirs.status).toBe(201);
    expect(idOf(theirs)).not.toBe(idOf(mine));
    expect(idOf(await send(2, key, other))).toBe(idOf(theirs));
  });

  it('creates one for many concurrent requests; the others answer the same, or 409 and the same on a retry', async () => {
    const key = randomUUID();
    const before = await count();

    const answers = await Promise.all(Array.from({ length: concurrent }, () => send(7, key)));

    const made = answers.filter(({ status }) => status === 201);
    const refused = answers.filter(({ status }) => status !== 201);
    expect(made.length).toBeGreaterThan(0);
    expect(new Set(made.map(idOf)).size).toBe(1);
    expect(refused.map(({ status, body }) => `${status} ${String(body['type'])}`)).toEqual(
      refused.map(() => '409 /problems/concurrent-write'),
    );
    const retried = await send(7, key);
    expect(retried).toMatchObject({ status: 201, body: made[0]?.body });
    expect((await count()) - before).toBe(retried.body.items?.length ?? 1);
  });

  it.each(['', ' ', 'two words', 'ü', 'k'.repeat(201)])('refuses %j as a key', async (key) => {
    const refused = await send(1, key).catch((error: Error) => error);
    // What HTTP itself does not carry never arrives.
    if (refused instanceof Error) expect(refused.message).toMatch(/invalid character/i);
    else
      expect(refused).toMatchObject({
        status: 400,
        body: { errors: [{ pointer: 'header:Idempotency-Key' }] },
      });
  });
});

describe('a repeated request', () => {
  it('answers what was created, although it was changed since', async () => {
    const key = randomUUID();
    const first = await client.post('/v1/patients', { gender: 'female' }, keyed(key));
    await client.patch(`/v1/patients/${first.body.id}`, { gender: 'male' }, { 'if-match': '"1"' });

    const again = await client.post('/v1/patients', { gender: 'female' }, keyed(key));

    expect(again).toMatchObject({ status: 201, headers: { etag: '"1"' } });
    expect(again.body).toEqual(first.body);
  });

  it('is no 409 because of its own identifier', async () => {
    const key = randomUUID();
    const patient = { identifier: [mrn('MRN-repeated')] };
    const first = await client.post('/v1/patients', patient, keyed(key));
    const again = await client.post('/v1/patients', patient, keyed(key));
    expect(again.body).toEqual(first.body);
  });

  it('is known by its key whether or not screening replaced something in it', async () => {
    const key = randomUUID();
    const patient = { notes: 'Call 617-555-0143.' };
    const first = await client.post('/v1/patients', patient, keyed(key));
    const again = await client.post('/v1/patients', patient, keyed(key));
    expect(first.body).toMatchObject({ notes: 'Call {PHONE}.', screening: { outcome: 'anonymized' } });
    expect(again.body).toEqual(first.body);
  });

  it('is known although its elements come in another order', async () => {
    const key = randomUUID();
    const first = await client.post('/v1/patients', '{"gender":"female","active":true}', keyed(key));
    const again = await client.post('/v1/patients', '{"active":true,"gender":"female"}', keyed(key));
    expect(again).toMatchObject({ status: 201, body: { id: first.body.id } });
  });

  it('answers a caller who may create but not read what he created', async () => {
    const creator = await clientOf(service, { scope: 'system/*.c', subject: 'creator' });
    const key = randomUUID();
    for (const [path, body] of [
      ['/v1/patients', { gender: 'female' }],
      [`${patientPath}/records`, record(1)],
    ] as const) {
      const first = await creator.post(path, body, keyed(key));
      const again = await creator.post(path, body, keyed(key));
      expect(first.status).toBe(201);
      expect(again).toMatchObject({ status: 201, body: { id: first.body.id } });
    }
  });

  it('does not show the patient to a caller who has left his care team since', async () => {
    const member = await clientOf(service, { scope: 'user/*.cruds', subject: 'leaver' });
    const key = randomUUID();
    const first = await member.post('/v1/patients', { gender: 'female' }, keyed(key));
    const path = `/v1/patients/${first.body.id}/care-team`;
    expect((await client.put(path, { members: [] }, { 'if-match': '"1"' })).status).toBe(200);

    const again = await member.post('/v1/patients', { gender: 'female' }, keyed(key));

    expect(again).toMatchObject({ status: 404, body: { type: '/problems/not-found' } });
  });

  it('is one of its own for each patient', async () => {
    const key = randomUUID();
    const { body: other } = await client.post('/v1/patients', {});
    const first = await client.post(`${patientPath}/records`, record(1), keyed(key));
    const second = await client.post(`/v1/patients/${other.id}/records`, record(1), keyed(key));
    expect(second.status).toBe(201);
    expect(second.body.id).not.toBe(first.body.id);
  });

  it('may be tried again under its key when it was refused', async () => {
    const key = randomUUID();
    const patient = { identifier: [mrn('MRN-tried')] };
    const { body: owner } = await client.post('/v1/patients', patient);
    expect((await client.post('/v1/patients', patient, keyed(key))).status).toBe(409);
    await client.delete(`/v1/patients/${owner.id}`, { 'if-match': '"1"' });
    expect((await client.post('/v1/patients', patient, keyed(key))).status).toBe(201);
  });
});
