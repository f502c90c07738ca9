import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { allPages, clientOf, type PhiClient, startListening } from '../support/phi-client.js';
import type { Service } from '../support/service.js';

let service: Service;
let client: PhiClient;
let records: string;

beforeAll(async () => {
  service = await startListening();
  client = await clientOf(service);
});
beforeEach(async () => {
  records = `/v1/patients/${(await client.post('/v1/patients', {})).body.id}/records`;
});
afterAll(() => service.stop());

const record = (n: number) => ({ recordType: 'Observation', content: { n } });
const batchOf = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ ...record(n), id: randomUUID() as string }));
const send = (entries: object[]) => client.post(`${records}/batch`, { records: entries });
const stored = () =>
  allPages((cursor) => client.get(`${records}?limit=50${cursor === undefined ? '' : `&cursor=${cursor}`}`));

describe('a batch', () => {
  it('creates 50 records, answered in the order of the request', async () => {
    const entries = batchOf(50);

    const created = await send(entries);

    expect(created.status).toBe(201);
    expect(created.body.items.map(({ id }) => id)).toEqual(entries.map(({ id }) => id));
    expect(created.body.items.map(({ version }) => version)).toEqual(entries.map(() => 1));
    const read = await stored();
    expect(read.map(({ id }) => id).sort()).toEqual(entries.map(({ id }) => id).sort());
    const byId = new Map(read.map((item) => [item.id, item]));
    expect(created.body.items).toEqual(entries.map(({ id }) => byId.get(id)));
  });

  it('answers without the records who prefers so, and stores the same', async () => {
    const entries = batchOf(3).map((entry) => ({ ...entry, notes: 'Call 202-555-0143.' }));
    const prefer = 'respond-async, return=minimal; wait=1';

    const created = await client.post(`${records}/batch`, { records: entries }, { prefer });

    expect(created.status).toBe(201);
    expect(created.headers['preference-applied']).toBe('return=minimal');
    const byId = new Map((await stored()).map((item) => [item.id, item]));
    const expected = entries.map(({ id }) => {
      const {
        recordType: _,
        content: __,
        notes: ___,
        recordedAt: ____,
        ...kept
      } = byId.get(id) as unknown as Record<string, unknown>;
      return kept;
    });
    expect(created.body.items).toEqual(expected);
    expect(expected[0]).toMatchObject({ screening: { outcome: 'anonymized' } });
  });

  it.each(['return=representation', 'return=minimalist', ''])(
    'answers whole to Prefer: %s',
    async (prefer) => {
      const { body, headers } = await client.post(`${records}/batch`, { records: batchOf(1) }, { prefer });
      expect(body.items[0]).toHaveProperty('content');
      expect(headers).not.toHaveProperty('preference-applied');
    },
  );

  it('gives ids where the client has none', async () => {
    const { body } = await send([record(1), record(2)]);
    expect(new Set(body.items.map(({ id }) => id)).size).toBe(2);
    expect((await stored()).length).toBe(2);
  });

  it('creates none of 51, and takes none at all for no batch', async () => {
    for (const entries of [batchOf(51), []]) {
      expect(await send(entries)).toMatchObject({ status: 400, body: { errors: [{ pointer: '/records' }] } });
    }
    expect(await stored()).toEqual([]);
  });

  it('creates none if one entry is not well formed, and says which', async () => {
    const entries: object[] = batchOf(50);
    entries[37] = { recordType: 'Observation', content: 'text' };

    expect(await send(entries)).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/records/37/content' }] },
    });
    expect(await stored()).toEqual([]);
  });

  it('creates none if one text holds an identifier that must not be stored', async () => {
    const entries: object[] = batchOf(3);
    entries[1] = { ...record(1), notes: 'SSN 219-09-9999' };

    expect(await send(entries)).toMatchObject({
      status: 422,
      body: { findings: [{ type: 'US_SOCIAL_SECURITY_NUMBER', count: 1, pointer: '/records/1/notes' }] },
    });
    expect(await stored()).toEqual([]);
  });

  it('creates none if one id exists', async () => {
    const entries = batchOf(3);
    await send([{ ...record(9), id: entries[2]?.id }]);

    const refused = await send(entries);

    expect(refused).toMatchObject({ status: 409, body: { type: '/problems/already-exists' } });
    expect((await stored()).map(({ content }) => content)).toEqual([{ n: 9 }]);
  });

  it('creates none if an id stands twice in it, and says where', async () => {
    const entries = batchOf(4);
    entries[3] = { ...record(3), id: entries[1]?.id as string };

    expect(await send(entries)).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/records/3/id' }] },
    });
    expect(await stored()).toEqual([]);
  });

  it('creates none if one entry is larger than a record may be', async () => {
    const large = {
      recordType: 'Basic',
      content: { text: Array.from({ length: 300 }, () => 'a '.repeat(510)) },
    };

    expect((await send([record(0), large])).status).toBe(413);
    expect(await stored()).toEqual([]);
  });

  it('creates none if the body is over 3 MB, and all of one just below', async () => {
    const entry = {
      recordType: 'Basic',
      content: { text: Array.from({ length: 236 }, () => 'a '.repeat(510)) },
    };
    const entries = (count: number) => Array.from({ length: count }, () => entry);

    expect(await send(entries(14))).toMatchObject({
      status: 413,
      body: { type: '/problems/payload-too-large' },
    });
    expect(await stored()).toEqual([]);
    expect((await send(entries(12))).status).toBe(201);
    expect((await stored()).length).toBe(12);
  });

  it('leaves one winner of two batches that share an id', async () => {
    const shared = randomUUID();
    const answers = await Promise.all([1, 2].map((n) => send([{ ...record(n), id: shared }, ...batchOf(5)])));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    expect((await stored()).length).toBe(6);
  });
});
