import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, clientOf, type PhiClient, startListening } from '../support/phi-client.js';
import { mrn, wholePatient } from '../support/sample-patient.js';
import type { Service } from '../support/service.js';

let service: Service;
let client: PhiClient;

beforeAll(async () => {
  service = await startListening();
  client = await clientOf(service);
});
afterAll(() => service.stop());

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const clean = { outcome: 'clean', findings: [] };
const pathOf = ({ body }: Answer) => `/v1/patients/${body.id}`;

async function create(patient: object): Promise<Answer> {
  const created = await client.post('/v1/patients', patient);
  expect(created.status).toBe(201);
  return created;
}

describe('creating a patient', () => {
  it('answers 201 with a UUID, a location, an ETag and what was stored', async () => {
    const created = await create({ name: [{ family: 'Sample' }] });

    expect(created.body.id).toMatch(uuid);
    expect(created.headers).toMatchObject({
      location: pathOf(created),
      etag: '"1"',
      'cache-control': 'no-store',
    });
    const { id, createdAt } = created.body;
    expect(created.body).toEqual({
      id,
      version: 1,
      createdAt,
      updatedAt: createdAt,
      name: [{ family: 'Sample' }],
      screening: clean,
    });
    expect(new Date(createdAt).toISOString()).toBe(createdAt);
  });

  it('keeps every element of the shape as it was sent', async () => {
    const patient = wholePatient('MRN-whole');
    const created = await create(patient);

    const read = await client.get(pathOf(created));

    expect(read.status).toBe(200);
    const { id, version, createdAt, updatedAt, screening, ...stored } = read.body;
    expect(stored).toEqual(patient);
    expect({ version, screening }).toEqual({ version: 1, screening: clean });
    expect(read.body).toEqual(created.body);
    expect({ id, createdAt, updatedAt }).toEqual({
      id: created.body.id,
      createdAt: created.body.createdAt,
      updatedAt: created.body.createdAt,
    });
  });

  it('takes JSON null for absent, and an empty object for a patient', async () => {
    const withNulls = await create({ gender: null, name: null, maritalStatus: { text: null } });
    const empty = await create({});

    expect(withNulls.body).not.toHaveProperty('gender');
    expect(withNulls.body).not.toHaveProperty('name');
    expect(withNulls.body['maritalStatus']).toEqual({});
    expect(Object.keys(empty.body).sort()).toEqual(['createdAt', 'id', 'screening', 'updatedAt', 'version']);
  });

  it('takes a UUID of the client with If-None-Match: *, once', async () => {
    const path = `/v1/patients/${randomUUID()}`;
    const first = await client.put(path, { gender: 'female' }, { 'if-none-match': '*' });
    const again = await client.put(path, { gender: 'male' }, { 'if-none-match': '*' });

    expect(first).toMatchObject({ status: 201, headers: { location: path, etag: '"1"' } });
    expect(again).toMatchObject({ status: 412, body: { type: '/problems/precondition-failed' } });
    expect((await client.get(path)).body).toMatchObject({ gender: 'female', version: 1 });
  });

  it('does not bring a deleted id back to life with If-None-Match: *', async () => {
    const path = `/v1/patients/${randomUUID()}`;
    await client.put(path, {}, { 'if-none-match': '*' });
    await client.delete(path, { 'if-match': '"1"' });

    expect((await client.put(path, {}, { 'if-none-match': '*' })).status).toBe(412);
    expect((await client.get(path)).status).toBe(410);
  });

  it('refuses an id that is no UUID in lower case', async () => {
    for (const id of ['1', randomUUID().toUpperCase(), `${randomUUID()}0`]) {
      const refused = await client.put(`/v1/patients/${id}`, {}, { 'if-none-match': '*' });
      expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: 'path:patientId' }] } });
    }
  });
});

describe('reading a patient', () => {
  it('answers 304 without a body when the caller has the current version', async () => {
    const path = pathOf(await create({ gender: 'female' }));

    for (const tag of ['"1"', 'W/"1"', '"7", "1"', '*']) {
      const unchanged = await client.get(path, { 'if-none-match': tag });
      expect(unchanged).toMatchObject({ status: 304, text: '', headers: { etag: '"1"' } });
    }
    expect(await client.get(path, { 'if-none-match': '"2"' })).toMatchObject({
      status: 200,
      body: { gender: 'female' },
    });
  });

  it('answers 404 for an id that never was', async () => {
    const absent = await client.get(`/v1/patients/${randomUUID()}`);
    expect(absent).toMatchObject({ status: 404, body: { type: '/problems/not-found' } });
  });
});

describe('replacing a patient', () => {
  it('leaves nothing of the version before but the id and the time of creation', async () => {
    const created = await create(wholePatient('MRN-replaced'));

    const replaced = await client.put(pathOf(created), { gender: 'male' }, { 'if-match': '"1"' });

    expect(replaced).toMatchObject({ status: 200, headers: { etag: '"2"' } });
    const { id, createdAt } = created.body;
    const { updatedAt } = replaced.body;
    expect(replaced.body).toEqual({
      id,
      version: 2,
      createdAt,
      updatedAt,
      gender: 'male',
      screening: clean,
    });
    expect(updatedAt >= createdAt).toBe(true);
    expect((await client.get(pathOf(created))).body).toEqual(replaced.body);
  });

  it('answers 404 for an id that never was, and creates nothing', async () => {
    const path = `/v1/patients/${randomUUID()}`;
    expect((await client.put(path, {}, { 'if-match': '*' })).status).toBe(404);
    expect((await client.get(path)).status).toBe(404);
  });
});

describe('deleting a patient', () => {
  it('answers 410 to everything that asks for the current state', async () => {
    const path = pathOf(await create({ gender: 'female' }));

    expect(await client.delete(path, { 'if-match': '"1"' })).toMatchObject({ status: 204, text: '' });

    const record = { recordType: 'Observation', content: {} };
    const answers = [
      await client.get(path),
      await client.put(path, {}, { 'if-match': '*' }),
      await client.patch(path, {}, { 'if-match': '*' }),
      await client.delete(path, { 'if-match': '*' }),
      await client.get(`${path}/export`),
      await client.get(`${path}/care-team`),
      await client.get(`${path}/records`),
      await client.post(`${path}/records`, record),
      await client.post(`${path}/records/batch`, { records: [record] }),
    ];
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 410));
    expect(new Set(answers.map(({ body }) => body['type']))).toEqual(new Set(['/problems/gone']));
  });

  it('frees the identifiers', async () => {
    const patient = { identifier: [mrn('MRN-freed')] };
    const first = await create(patient);
    expect((await client.post('/v1/patients', patient)).status).toBe(409);

    await client.delete(pathOf(first), { 'if-match': '"1"' });

    await create(patient);
  });
});

describe('identifiers', () => {
  it('belong to one patient: 409, and the answer says neither whose nor which', async () => {
    const owner = await create({ identifier: [mrn('MRN-owned')] });

    const refused = await client.post('/v1/patients', { identifier: [mrn('MRN-other'), mrn('MRN-owned')] });

    expect(refused).toMatchObject({ status: 409, body: { type: '/problems/identifier-taken' } });
    expect(Object.keys(refused.body).sort()).toEqual(['detail', 'instance', 'status', 'title', 'type']);
    expect(refused.text).not.toContain(owner.body.id);
    expect(refused.text).not.toContain('MRN-owned');
    // Nothing of the refused patient is kept, its other identifier neither.
    await create({ identifier: [mrn('MRN-other')] });
  });

  it('are told apart by their system, but not by case or spaces around them', async () => {
    await create({ identifier: [mrn('MRN-Case')] });

    expect((await client.post('/v1/patients', { identifier: [mrn(' mrn-case ')] })).status).toBe(409);
    await create({ identifier: [mrn('MRN-Case', 'urn:example:other')] });
  });

  it('may be shared where the system is configured as shared, and where there is no system', async () => {
    for (const identifier of [mrn('POLICY-1', 'urn:phi:shared'), { value: 'POLICY-1' }]) {
      const first = await create({ identifier: [identifier] });
      const second = await create({ identifier: [identifier] });
      expect(second.body.id).not.toBe(first.body.id);
    }
  });

  it('may stand twice in one patient, and stay his when he is replaced', async () => {
    const patient = { identifier: [mrn('MRN-twice'), { ...mrn('MRN-twice'), use: 'old' }] };
    const path = pathOf(await create(patient));

    expect((await client.put(path, patient, { 'if-match': '"1"' })).status).toBe(200);
  });

  it('are refused and freed on replace and patch as well', async () => {
    await create({ identifier: [mrn('MRN-first')] });
    const path = pathOf(await create({ identifier: [mrn('MRN-second')] }));
    const first = { identifier: [mrn('MRN-first')] };

    expect((await client.put(path, first, { 'if-match': '"1"' })).status).toBe(409);
    expect((await client.patch(path, first, { 'if-match': '"1"' })).status).toBe(409);
    expect((await client.get(path)).body).toMatchObject({ version: 1, identifier: [mrn('MRN-second')] });

    expect((await client.patch(path, { identifier: null }, { 'if-match': '"1"' })).status).toBe(200);
    await create({ identifier: [mrn('MRN-second')] });
  });

  it('do not spoil a client-chosen UUID when they are taken', async () => {
    await create({ identifier: [mrn('MRN-spoil')] });
    const path = `/v1/patients/${randomUUID()}`;
    const taken = await client.put(path, { identifier: [mrn('MRN-spoil')] }, { 'if-none-match': '*' });
    expect(taken.status).toBe(409);
    expect((await client.get(path)).status).toBe(404);

    const made = await client.put(path, { identifier: [mrn('MRN-unspoilt')] }, { 'if-none-match': '*' });

    expect(made.status).toBe(201);
    expect((await client.get(path)).body).toMatchObject({ identifier: [mrn('MRN-unspoilt')] });
  });
});
