import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { allPages, clientOf, type PhiClient, startListening } from '../support/phi-client.js';
import type { Service } from '../support/service.js';

let service: Service;
let client: PhiClient;

beforeAll(async () => {
  service = await startListening();
  client = await clientOf(service);
});
afterAll(() => service.stop());

const create = async (patient: object = {}) => (await client.post('/v1/patients', patient)).body.id;
const listed = async (limit: number) =>
  allPages((cursor) =>
    client.get(`/v1/patients?limit=${limit}${cursor === undefined ? '' : `&cursor=${cursor}`}`),
  );

describe('the list of patients', () => {
  it('is empty at first', async () => {
    expect(await client.get('/v1/patients')).toMatchObject({ status: 200, body: { items: [] } });
  });

  it('shows each patient once, page after page, restricted and deleted ones not', async () => {
    const ids = await Promise.all(Array.from({ length: 70 }, () => create()));
    await create({ meta: { security: [{ code: 'R' }] } });
    const deleted = await create();
    await client.delete(`/v1/patients/${deleted}`, { 'if-match': '"1"' });

    for (const limit of [50, 11]) {
      expect((await listed(limit)).map(({ id }) => id).sort()).toEqual(ids.sort());
    }
  });

  it('neither loses nor repeats a patient while others are created', async () => {
    const before = (await listed(50)).map(({ id }) => id);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const { body } = await client.get(
        `/v1/patients?limit=9${cursor === undefined ? '' : `&cursor=${cursor}`}`,
      );
      seen.push(...body.items.map(({ id }) => id));
      cursor = body.nextCursor;
      await create();
    } while (cursor !== undefined);

    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(before));
  });

  it('is for system scopes alone', async () => {
    for (const scope of [
      'user/*.cruds',
      'user/Patient.s',
      'patient/*.rs',
      'system/Patient.r',
      'system/Observation.s',
    ]) {
      const other = await clientOf(service, { scope, patient: '5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11' });
      const refused = await other.get('/v1/patients');
      expect(refused).toMatchObject({ status: 403, body: { type: '/problems/insufficient-scope' } });
    }
    const permitted = await clientOf(service, { scope: 'system/Patient.s' });
    expect((await permitted.get('/v1/patients')).status).toBe(200);
  });
});
