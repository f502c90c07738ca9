import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PiiDetector, type PiiFinding } from '@app/pii-screening';
import { recordedDuring } from '../support/audit-recording.js';
import { type Answer, clientOf, type PhiClient, startListening } from '../support/phi-client.js';
import type { Service } from '../support/service.js';

/** The real detector, which can be made to fail, and which counts what it is given. */
class FailingDetector extends PiiDetector {
  failure: Error | undefined;
  texts = 0;
  constructor(private readonly detector: PiiDetector) {
    super();
  }
  override async detect(text: string): Promise<PiiFinding[]> {
    this.texts += 1;
    if (this.failure !== undefined) throw this.failure;
    return this.detector.detect(text);
  }
}

let service: Service;
let client: PhiClient;
let detector: FailingDetector;
let patientPath: string;
let records: string;
let recordPath: string;

beforeAll(async () => {
  service = await startListening({}, undefined, (platform) => {
    detector = new FailingDetector(platform.detector);
    return { ...platform, detector };
  });
  client = await clientOf(service);
});
beforeEach(async () => {
  detector.failure = undefined;
  patientPath = `/v1/patients/${(await client.post('/v1/patients', {})).body.id}`;
  records = `${patientPath}/records`;
  recordPath = `${records}/${(await client.post(records, record({}))).body.id}`;
});
afterAll(() => service.stop());

const ssn = '219-09-9999';
const card = '4111 1111 1111 1111';
const blocked = `Patient gave ${ssn} and ${card}, then ${ssn} again.`;
const findingsAt = (pointer: string) => [
  { type: 'US_SOCIAL_SECURITY_NUMBER', count: 2, pointer },
  { type: 'CREDIT_DEBIT_CARD_NUMBER', count: 1, pointer },
];
const text =
  'Call 617-555-0143 or 617-555-0144, or write to zoe@example.org. Lives at 12 Sample Street, Springfield, MA 01101.';
const replaced = 'Call {PHONE} or {PHONE}, or write to {EMAIL}. Lives at {ADDRESS}.';
const replacedAt = (pointer: string) => [
  { type: 'PHONE', count: 2, pointer },
  { type: 'EMAIL', count: 1, pointer },
  { type: 'ADDRESS', count: 1, pointer },
];
const clean = { outcome: 'clean', findings: [] };
const record = (more: object) => ({ recordType: 'Observation', content: {}, ...more });

/** Every place where a text can come in: how it is sent, where it stands, and how it is found in the answer. */
interface Place {
  name: string;
  pointer: string;
  send: (value: string) => Promise<Answer>;
  textIn: (body: Answer['body']) => unknown;
}
const places: Place[] = [
  {
    name: 'the notes of a new patient',
    pointer: '/notes',
    send: (notes) => client.post('/v1/patients', { notes }),
    textIn: ({ notes }) => notes,
  },
  {
    name: 'the notes of a patient created by PUT',
    pointer: '/notes',
    send: (notes) => client.put(`/v1/patients/${randomUUID()}`, { notes }, { 'if-none-match': '*' }),
    textIn: ({ notes }) => notes,
  },
  {
    name: 'the notes of a replaced patient',
    pointer: '/notes',
    send: (notes) => client.put(patientPath, { notes }, { 'if-match': '*' }),
    textIn: ({ notes }) => notes,
  },
  {
    name: 'the notes of a patched patient',
    pointer: '/notes',
    send: (notes) => client.patch(patientPath, { notes }, { 'if-match': '*' }),
    textIn: ({ notes }) => notes,
  },
  {
    name: 'the words of a marital status',
    pointer: '/maritalStatus/text',
    send: (value) => client.patch(patientPath, { maritalStatus: { text: value } }, { 'if-match': '*' }),
    textIn: ({ maritalStatus }) => (maritalStatus as { text: string }).text,
  },
  {
    name: 'the notes of a record',
    pointer: '/notes',
    send: (notes) => client.post(records, record({ notes })),
    textIn: ({ notes }) => notes,
  },
  {
    name: 'the content of a record, deep inside',
    pointer: '/content/note/1/text',
    send: (value) => client.post(records, record({ content: { note: [{ text: 'one' }, { text: value }] } })),
    textIn: ({ content }) => (content as { note: { text: string }[] }).note[1]?.text,
  },
  {
    name: 'the content of a record created by PUT',
    pointer: '/content/conclusion',
    send: (value) =>
      client.put(`${records}/${randomUUID()}`, record({ content: { conclusion: value } }), {
        'if-none-match': '*',
      }),
    textIn: ({ content }) => (content as { conclusion: string }).conclusion,
  },
  {
    name: 'the notes of a replaced record',
    pointer: '/notes',
    send: (notes) => client.put(recordPath, record({ notes }), { 'if-match': '*' }),
    textIn: ({ notes }) => notes,
  },
];

describe.each(places)('$name', ({ pointer, send, textIn }) => {
  it('is refused with a social security or a card number: where and what kind, never the number', async () => {
    const refused = await send(blocked);

    expect(refused).toMatchObject({
      status: 422,
      body: { type: '/problems/identifier-in-text', findings: findingsAt(pointer) },
    });
    for (const part of [ssn, card, 'Patient gave']) {
      expect((refused.text + service.logged()).includes(part)).toBe(false);
    }
  });

  it('has phone, email and address replaced before it is stored, and says so', async () => {
    const stored = await send(text);

    expect([200, 201]).toContain(stored.status);
    expect(textIn(stored.body)).toBe(replaced);
    expect(stored.body.screening).toEqual({ outcome: 'anonymized', findings: replacedAt(pointer) });
    const { id, patientId, version } = stored.body;
    const path = patientId === undefined ? `/v1/patients/${id}` : `/v1/patients/${patientId}/records/${id}`;
    expect((await client.get(path)).body).toEqual(stored.body);
    expect((await client.get(`${path}/history/${version}`)).body).toEqual(stored.body);
  });

  it('is kept as it is when there is nothing to find in it', async () => {
    const harmless = 'Seen on 2026-01-05 at 09:30 by Dr. Sample; BP 120/80, weight 72.5 kg, order 123456789.';
    const stored = await send(harmless);
    expect(textIn(stored.body)).toBe(harmless);
    expect(stored.body.screening).toEqual(clean);
  });
});

describe('a batch', () => {
  it('is screened entry by entry, and each answers for its own', async () => {
    const entries = [
      record({ notes: text }),
      record({ notes: 'Nothing to see.' }),
      record({ content: { conclusion: 'Call 617-555-0143.' } }),
      ...Array.from({ length: 9 }, () => record({ notes: 'x' })),
      record({ notes: 'Mail to zoe@example.org' }),
    ];

    const { status, body } = await client.post(`${records}/batch`, { records: entries });

    expect(status).toBe(201);
    expect(body.items.map(({ screening }) => screening)).toEqual([
      { outcome: 'anonymized', findings: replacedAt('/notes') },
      clean,
      { outcome: 'anonymized', findings: [{ type: 'PHONE', count: 1, pointer: '/content/conclusion' }] },
      ...Array.from({ length: 9 }, () => clean),
      { outcome: 'anonymized', findings: [{ type: 'EMAIL', count: 1, pointer: '/notes' }] },
    ]);
    for (const item of body.items) {
      expect((await client.get(`${records}/${item.id}`)).body).toEqual(item);
    }
  });

  it('is refused whole, with the places of all entries', async () => {
    const entries = [record({}), record({ notes: blocked }), record({ content: { a: [blocked] } })];
    const refused = await client.post(`${records}/batch`, { records: entries });
    expect(refused).toMatchObject({
      status: 422,
      body: { findings: [...findingsAt('/records/1/notes'), ...findingsAt('/records/2/content/a/0')] },
    });
    expect((await client.get(records)).body.items.map(({ id }) => `${records}/${id}`)).toEqual([recordPath]);
  });
});

describe('the screening summary', () => {
  it('belongs to its version', async () => {
    await client.put(patientPath, { notes: text }, { 'if-match': '"1"' });
    await client.put(patientPath, { notes: 'Nothing to see.' }, { 'if-match': '"2"' });
    const { body } = await client.get(`${patientPath}/history`);
    expect(body.items.map(({ screening }) => screening.outcome)).toEqual(['clean', 'anonymized', 'clean']);
  });

  it('of a patched patient tells of the elements that the patch left alone, too', async () => {
    await client.put(
      patientPath,
      { notes: text, maritalStatus: { text: 'Call 617-555-0143' } },
      { 'if-match': '*' },
    );
    const status = { type: 'PHONE', count: 1, pointer: '/maritalStatus/text' };
    const patch = async (document: object) =>
      (await client.patch(patientPath, document, { 'if-match': '*' })).body.screening;

    const untouched = await patch({ gender: 'female' });
    expect(untouched.outcome).toBe('anonymized');
    expect(untouched.findings).toEqual(expect.arrayContaining([...replacedAt('/notes'), status]));
    expect(untouched.findings.length).toBe(4);
    expect(await patch({ notes: 'Nothing to see.' })).toEqual({ outcome: 'anonymized', findings: [status] });
    // The words stay, so what was found in them is told as well.
    expect(await patch({ maritalStatus: { coding: [{ code: 'M' }] } })).toEqual({
      outcome: 'anonymized',
      findings: [status],
    });
    expect(await patch({ maritalStatus: null })).toEqual(clean);
  });

  it('finds nothing in text that was screened before', async () => {
    const { body } = await client.put(patientPath, { notes: text }, { 'if-match': '*' });
    const again = await client.put(patientPath, { notes: body['notes'] }, { 'if-match': '*' });
    expect(again.body['notes']).toBe(replaced);
    expect(again.body.screening).toEqual(clean);
  });
});

describe('structured elements', () => {
  it('keep what they are for', async () => {
    const patient = {
      telecom: [
        { system: 'phone', value: '617-555-0143' },
        { system: 'email', value: 'zoe@example.org' },
      ],
      address: [{ text: '12 Sample Street, Springfield, MA 01101', line: ['12 Sample Street'] }],
      identifier: [{ system: 'http://hl7.org/fhir/sid/us-ssn', value: ssn }],
    };
    const { status, body } = await client.post('/v1/patients', patient);
    expect(status).toBe(201);
    expect(body).toMatchObject({ ...patient, screening: clean });
  });
});

describe('the order of the pipeline', () => {
  it('sends no text of a malformed body to the detector, and answers 400 before 422', async () => {
    const before = detector.texts;
    const refused = await client.post('/v1/patients', { notes: blocked, gender: 'x' });
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: '/gender' }] } });
    expect(detector.texts).toBe(before);
  });

  it('sends no text of a caller without the scope to the detector', async () => {
    const before = detector.texts;
    const reader = await clientOf(service, { scope: 'system/*.rs' });
    expect((await reader.post('/v1/patients', { notes: blocked })).status).toBe(403);
    expect(detector.texts).toBe(before);
    expect((await client.post('/v1/patients', { notes: 'x' })).status).toBe(201);
    expect(detector.texts).toBe(before + 1);
  });
});

describe('when the detector fails', () => {
  it.each(places)('$name is not stored: 503, and nothing of the failure is told', async ({ send }) => {
    const patientsBefore = (await client.get('/v1/patients?limit=50')).body.items;
    const failing = async () => {
      detector.failure = new Error('marked failure: Seen by Dr. Sample');
      const refused = await send('Seen by Dr. Sample.').finally(() => (detector.failure = undefined));
      expect(refused).toMatchObject({
        status: 503,
        headers: { 'retry-after': '5' },
        body: { type: '/problems/screening-unavailable' },
      });
      expect((refused.text + service.logged()).includes('Seen by Dr. Sample')).toBe(false);
    };
    const events = await recordedDuring(service.platform, failing);

    expect(events.filter(({ type }) => type === 'refusal')).toMatchObject([
      { outcome: '8', refusal: { problem: 'screening-unavailable', status: 503 } },
    ]);
    const patients = (await client.get('/v1/patients?limit=50')).body.items;
    expect(patients).toEqual(patientsBefore);
    const listed = (await client.get(records)).body.items;
    expect(
      listed.filter(({ notes, content }) => JSON.stringify({ notes, content }).includes('Seen')),
    ).toEqual([]);
  });

  it('what holds no text goes on', async () => {
    detector.failure = new Error('marked failure');
    expect((await client.get(patientPath)).status).toBe(200);
    expect((await client.post('/v1/patients', { active: true })).status).toBe(201);
  });
});
