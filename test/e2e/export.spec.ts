import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clientOf, type PhiClient, startListening, succeeded } from '../support/phi-client.js';
import { wholePatient } from '../support/sample-patient.js';
import type { Service } from '../support/service.js';

let service: Service;
let client: PhiClient;
let path: string;

beforeAll(async () => {
  service = await startListening();
  client = await clientOf(service);
  path = `/v1/patients/${(await client.post('/v1/patients', wholePatient('MRN-export'))).body.id}`;
  for (let start = 0; start < 120; start += 40) {
    const records = Array.from({ length: 40 }, (_, n) => ({
      recordType: (start + n) % 3 === 0 ? 'Condition' : 'Observation',
      content: { n: start + n, text: 'line one\nline two \u2028 "quoted"' },
      recordedAt: new Date(Date.UTC(2026, 0, 1, 0, ((start + n) * 7) % 120)).toISOString(),
    }));
    await succeeded(client.post(`${path}/records/batch`, { records }));
  }
});
afterAll(() => service.stop());

/** @returns the lines, each parsed */
async function exported(by: PhiClient, of = path): Promise<Record<string, unknown>[]> {
  const { status, headers, text, body } = await by.get(of, { accept: 'application/x-ndjson' });
  expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'application/x-ndjson' });
  const answer =
    typeof text === 'string' ? text : Buffer.from(body as unknown as Uint8Array).toString('utf8');
  expect(answer.endsWith('\n')).toBe(true);
  return answer
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the export of a patient', () => {
  it('holds the patient and each of his records as they are read, oldest first, and nobody else', async () => {
    await client.post('/v1/patients', {});
    const [patient, ...records] = await exported(client, `${path}/export`);

    expect(patient).toEqual((await client.get(path)).body);
    expect(records.length).toBe(120);
    const times = records.map(({ recordedAt }) => String(recordedAt));
    expect(times).toEqual([...times].sort());
    expect(new Set(records.map(({ id }) => id)).size).toBe(120);
    for (const record of [records[0], records[77], records[119]]) {
      expect(record).toEqual((await client.get(`${path}/records/${String(record?.['id'])}`)).body);
    }
  });

  it('is not cached, and carries no ETag', async () => {
    const { headers } = await client.get(`${path}/export`);
    expect(headers).toMatchObject({ 'cache-control': 'no-store' });
  });

  it('leaves out types that the scopes do not cover', async () => {
    const by = await clientOf(service, { scope: 'system/Patient.r system/Condition.s' });
    const [, ...records] = await exported(by, `${path}/export`);
    expect(new Set(records.map(({ recordType }) => recordType))).toEqual(new Set(['Condition']));
    expect(records.length).toBe(40);
  });

  it('holds the patient alone for a scope that searches no records', async () => {
    const by = await clientOf(service, { scope: 'system/Patient.r' });
    expect((await exported(by, `${path}/export`)).map(({ id }) => `/v1/patients/${String(id)}`)).toEqual([
      path,
    ]);
  });

  it('is the patient\u2019s own right', async () => {
    const patient = path.slice('/v1/patients/'.length);
    const by = await clientOf(service, { scope: 'patient/*.rs', patient });
    expect((await exported(by, `${path}/export`)).length).toBe(121);
  });

  it('leaves out a deleted record', async () => {
    const { body } = await client.post('/v1/patients', {});
    const own = `/v1/patients/${body.id}`;
    const { body: record } = await client.post(`${own}/records`, { recordType: 'Flag', content: {} });
    expect((await exported(client, `${own}/export`)).length).toBe(2);
    await client.delete(`${own}/records/${record.id}`, { 'if-match': '"1"' });
    expect((await exported(client, `${own}/export`)).length).toBe(1);
  });

  it('is refused without the scope to read the patient, and for a patient who never was', async () => {
    const by = await clientOf(service, { scope: 'system/Observation.rs' });
    expect((await by.get(`${path}/export`)).status).toBe(403);
    const absent = '/v1/patients/5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11/export';
    expect(await client.get(absent)).toMatchObject({ status: 404, body: { type: '/problems/not-found' } });
  });
});
