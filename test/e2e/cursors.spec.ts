import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LocalIssuer } from '@app/authentication';
import { type Answer, clientOf, type PhiClient, startListening, succeeded } from '../support/phi-client.js';
import type { Service } from '../support/service.js';

let service: Service;
let client: PhiClient;
let records: string;
let otherRecords: string;
let history: string;

beforeAll(async () => {
  service = await startListening();
  client = await clientOf(service, { subject: 'reader' });
  const telecom = [{ system: 'phone', value: '617-555-0155' }];
  const paths: string[] = [];
  for (let n = 0; n < 6; n++) {
    paths.push(`/v1/patients/${(await client.post('/v1/patients', { telecom })).body.id}`);
  }
  records = `${paths[0]}/records`;
  otherRecords = `${paths[1]}/records`;
  for (const path of [records, otherRecords]) {
    for (let n = 0; n < 3; n++) await client.post(path, { recordType: 'Observation', content: { n } });
  }
  const { body } = await client.get(records);
  history = `${records}/${body.items[0]?.id}/history`;
  const record = { recordType: 'Observation', content: {} };
  for (const tag of ['"1"', '"2"']) {
    await succeeded(client.put(history.replace('/history', ''), record, { 'if-match': tag }));
    await succeeded(client.patch(paths[0] as string, { active: true }, { 'if-match': tag }));
  }
});
afterAll(() => service.stop());

const search = (cursor: string, body: object, by = client) =>
  by.post(`/v1/patients/search?limit=2&cursor=${cursor}`, body);
const phone = { phone: '617-555-0155' };

async function cursorOf(answer: Promise<Answer>): Promise<string> {
  const { status, body } = await answer;
  expect(status).toBe(200);
  expect(body.nextCursor).toMatch(/^[A-Za-z0-9_-]+$/);
  return body.nextCursor as string;
}

function expectRefused(answer: Answer): void {
  expect(answer).toMatchObject({ status: 400, body: { type: '/problems/invalid-cursor' } });
  expect(answer.body).not.toHaveProperty('items');
}

describe('a cursor', () => {
  it('goes on for the same caller, route and filter, again and again, with another limit too', async () => {
    const cursor = await cursorOf(client.get(`${records}?limit=1`));
    for (const limit of [1, 1, 2]) {
      const page = await client.get(`${records}?limit=${limit}&cursor=${cursor}`);
      expect(page).toMatchObject({ status: 200 });
      expect(page.body.items.length).toBe(limit);
    }
  });

  it('holds nothing that can be read', async () => {
    const cursor = await cursorOf(client.get(`${records}?limit=1`));
    const bytes = Buffer.from(cursor, 'base64url').toString('latin1');
    for (const secret of ['PATIENT', 'RECORD', '2026', 'reader', records.split('/')[3] as string]) {
      expect(bytes).not.toContain(secret);
    }
    expect(await cursorOf(client.get(`${records}?limit=1`))).not.toBe(cursor);
  });

  it('is refused when a byte of any part of it was changed, added or taken away', async () => {
    const cursor = await cursorOf(client.get(`${records}?limit=1`));
    const bytes = Buffer.from(cursor, 'base64url');
    const tampered = [...bytes.keys()]
      .filter((position) => position % 3 === 0)
      .map((position) => {
        const copy = Buffer.from(bytes);
        copy.writeUInt8(copy.readUInt8(position) ^ 1, position);
        return copy.toString('base64url');
      });
    const shortened = [bytes.subarray(1), bytes.subarray(0, -1), bytes.subarray(0, 8)];
    const others = [
      `${cursor}A`,
      'A',
      'A'.repeat(4000),
      ...shortened.map((part) => part.toString('base64url')),
    ];
    for (const wrong of [...tampered, ...others]) {
      expectRefused(await client.get(`${records}?limit=1&cursor=${wrong}`));
    }
  });

  it('is refused when it is no cursor by its form', async () => {
    for (const wrong of ['%20', 'a.b', 'A'.repeat(4097), '']) {
      const refused = await client.get(`${records}?cursor=${wrong}`);
      expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: 'query:cursor' }] } });
    }
  });

  it('is refused from another caller', async () => {
    const other = await clientOf(service, { subject: 'other-reader' });
    const cursor = await cursorOf(client.post('/v1/patients/search?limit=2', phone));
    expectRefused(await search(cursor, phone, other));
    expect((await search(cursor, phone)).status).toBe(200);
  });

  it('is refused on another route', async () => {
    const ofRecords = await cursorOf(client.get(`${records}?limit=1`));
    const ofHistory = await cursorOf(client.get(`${history}?limit=1`));
    const ofPatients = await cursorOf(client.get('/v1/patients?limit=1'));
    const patientHistory = records.replace('/records', '/history');

    expectRefused(await client.get(`/v1/patients?cursor=${ofRecords}`));
    expectRefused(await client.get(`${history}?cursor=${ofRecords}`));
    expectRefused(await client.get(`${records}?cursor=${ofHistory}`));
    expectRefused(await client.get(`${patientHistory}?cursor=${ofHistory}`));
    expectRefused(await search(ofPatients, phone));
    expect((await client.get(`${history}?cursor=${ofHistory}`)).status).toBe(200);
  });

  it('is refused with another filter', async () => {
    const all = await cursorOf(client.get(`${records}?limit=1`));
    const typed = await cursorOf(client.get(`${records}?limit=1&type=Observation`));
    const byPhone = await cursorOf(client.post('/v1/patients/search?limit=2', phone));

    expectRefused(await client.get(`${records}?cursor=${all}&type=Observation`));
    expectRefused(await client.get(`${records}?cursor=${typed}`));
    expectRefused(await client.get(`${records}?cursor=${typed}&type=Condition`));
    expectRefused(await client.get(`${otherRecords}?cursor=${all}`));
    expectRefused(await search(byPhone, { phone: '617-555-0156' }));
    expect((await client.get(`${records}?cursor=${typed}&type=Observation`)).status).toBe(200);
  });

  it('is refused after it has expired', async () => {
    const position = JSON.stringify({ partition: 0 });
    const binding = [LocalIssuer.issuer, 'reader', 'GET /v1/patients', '{}'];
    const now = Math.floor(Date.now() / 1000);
    const seal = (expiresAt: number) => service.platform.cursorCipher.seal(position, binding, expiresAt);

    expectRefused(await client.get(`/v1/patients?cursor=${seal(now - 1)}`));
    expect((await client.get(`/v1/patients?cursor=${seal(now + 60)}`)).status).toBe(200);
  });

  it('says nothing about itself when it is refused', async () => {
    const refused = await client.get(`${records}?cursor=MARKEDCURSORMARKEDCURSORMARKEDCURSORMARKEDCURSOR`);
    expectRefused(refused);
    expect(Object.keys(refused.body).sort()).toEqual(['detail', 'instance', 'status', 'title', 'type']);
    expect((refused.text + service.logged()).includes('MARKEDCURSOR')).toBe(false);
  });
});
