import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { allPages, type Answer, clientOf, type PhiClient, startListening } from '../support/phi-client.js';
import type { Service } from '../support/service.js';

let service: Service;
let client: PhiClient;

beforeAll(async () => {
  service = await startListening();
  client = await clientOf(service);
});
afterAll(() => service.stop());

const types = ['Observation', 'Condition', 'ObservationDefinition'] as const;
const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();

interface Listed {
  n: number;
  recordType: string;
  recordedAt: string;
}

/** @returns the path of a patient's records and what they are, oldest first; written in another order */
async function patientWith(count: number): Promise<{ path: string; written: Listed[] }> {
  const { body } = await client.post('/v1/patients', {});
  const path = `/v1/patients/${body.id}/records`;
  const written = Array.from({ length: count }, (_, n) => ({
    n,
    recordType: types[n % types.length] as string,
    recordedAt: at(n),
  }));
  // 7 has no common divisor with the counts used here.
  const shuffled = written.map((_, n) => written[(n * 7) % count] as Listed);
  for (let start = 0; start < count; start += 40) {
    const entries = shuffled.slice(start, start + 40);
    const records = entries.map(({ n, recordType, recordedAt }) => ({
      recordType,
      recordedAt,
      content: { n },
    }));
    expect((await client.post(`${path}/batch`, { records })).status).toBe(201);
  }
  return { path, written };
}

const numbers = (items: Answer['body']['items']) => items.map(({ content }) => (content as { n: number }).n);
const page = (path: string, query: string) => (cursor: string | undefined) =>
  client.get(`${path}?${query}${cursor === undefined ? '' : `&cursor=${cursor}`}`);

describe('the list of records', () => {
  it('shows the newest recordedAt first, 20 to a page', async () => {
    const { path, written } = await patientWith(25);

    const first = await client.get(path);

    expect(numbers(first.body.items)).toEqual(
      written
        .map(({ n }) => n)
        .toReversed()
        .slice(0, 20),
    );
    const second = await page(path, '')(first.body.nextCursor);
    expect(numbers(second.body.items)).toEqual([4, 3, 2, 1, 0]);
    expect(second.body).not.toHaveProperty('nextCursor');
  });

  it('shows each of 120 records once, whatever the size of the pages', async () => {
    const { path, written } = await patientWith(120);
    const expected = written.map(({ n }) => n).toReversed();

    for (const limit of [50, 7]) {
      expect(numbers(await allPages(page(path, `limit=${limit}`)))).toEqual(expected);
    }
  });

  it('filters by type, and a type is not the beginning of another', async () => {
    const { path, written } = await patientWith(31);
    for (const recordType of types) {
      const expected = written.filter((record) => record.recordType === recordType).map(({ n }) => n);
      expect(numbers(await allPages(page(path, `type=${recordType}&limit=4`)))).toEqual(
        expected.toReversed(),
      );
    }
    expect(await client.get(`${path}?type=Flag`)).toMatchObject({ status: 200, body: { items: [] } });
  });

  it('neither loses nor repeats a record while others are being written', async () => {
    const { path, written } = await patientWith(60);
    const listed: number[] = [];
    let cursor: string | undefined;
    let added = 0;
    do {
      const { body } = await page(path, 'limit=9')(cursor);
      listed.push(...numbers(body.items));
      cursor = body.nextCursor;
      // Newer than all, between the rest, and older than all.
      for (const recordedAt of [
        at(1000 + added),
        at(30).replace('.000Z', `.${100 + added}Z`),
        '2020-01-01T00:00:00Z',
      ]) {
        const record = { recordType: 'Flag', content: { n: 1000 + added }, recordedAt };
        expect((await client.post(path, record)).status).toBe(201);
        added += 1;
      }
    } while (cursor !== undefined && listed.length < 500);

    expect(new Set(listed).size).toBe(listed.length);
    expect(listed.filter((n) => n < 1000)).toEqual(written.map(({ n }) => n).toReversed());
  });

  it('follows a record that moves in time, and forgets a deleted one', async () => {
    const { path } = await patientWith(3);
    const [newest, middle] = (await client.get(path)).body.items;
    const moved = {
      recordType: newest?.['recordType'],
      content: { n: 2 },
      recordedAt: '2025-01-01T00:00:00Z',
    };
    await client.put(`${path}/${newest?.id}`, moved, { 'if-match': '"1"' });
    expect(numbers((await client.get(path)).body.items)).toEqual([1, 0, 2]);

    await client.delete(`${path}/${middle?.id}`, { 'if-match': '"1"' });
    expect(numbers((await client.get(path)).body.items)).toEqual([0, 2]);
  });

  it.each(['limit=0', 'limit=51', 'limit=-1', 'limit=1.5', 'limit=x', 'limit=', 'limit=1&limit=2'])(
    'refuses %s',
    async (query) => {
      const { path } = await patientWith(1);
      const refused = await client.get(`${path}?${query}`);
      expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: 'query:limit' }] } });
    },
  );

  it('refuses a parameter that it does not know, and a type that is none', async () => {
    const { path } = await patientWith(1);
    expect((await client.get(`${path}?recordType=Flag`)).status).toBe(400);
    expect((await client.get(`${path}?type=%23`)).status).toBe(400);
  });

  it('answers large records in short pages, and all of them', async () => {
    const { body } = await client.post('/v1/patients', {});
    const path = `/v1/patients/${body.id}/records`;
    const text = Array.from({ length: 200 }, () => 'a '.repeat(510));
    for (const _ of [0, 1]) {
      const records = Array.from({ length: 12 }, (__, n) => ({ recordType: 'Basic', content: { n, text } }));
      expect((await client.post(`${path}/batch`, { records })).status).toBe(201);
    }
    const first = await client.get(`${path}?limit=50`);
    expect(first.text.length).toBeLessThan(5 * 1024 * 1024);
    expect(first.body.items.length).toBeGreaterThan(0);
    expect(first.body.nextCursor).toBeDefined();
    expect((await allPages(page(path, 'limit=50'))).length).toBe(24);
  });
});
