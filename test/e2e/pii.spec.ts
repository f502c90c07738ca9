import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { recordedDuring } from '../support/audit-recording.js';
import { type Answer, clientOf, type PhiClient, startListening } from '../support/phi-client.js';
import type { Service } from '../support/service.js';

interface Span {
  type: string;
  start: number;
  end: number;
  action: string;
  confidence: number;
}
interface Result {
  text: string;
  findings: Span[];
}

const phone = '202-555-0143';
const note = `😀 Call back at ${phone}, SSN 219-09-9999.`;

let service: Service;
let client: PhiClient;

beforeAll(async () => {
  const ours = { referral: { PHONE: 'BLOCK', US_SOCIAL_SECURITY_NUMBER: 'ANONYMIZE' } };
  service = await startListening({ PHI_SCREENING_POLICIES: JSON.stringify(ours) });
  client = await clientOf(service, { scope: 'phi/screen' });
});
afterAll(() => service.stop());

const detect = (body: object | string, by = client) => by.post('/v1/pii/detect', body);
const deidentify = (body: object, by = client) => by.post('/v1/pii/deidentify', body);
const resultsOf = ({ body }: Answer) => body['results'] as Result[];
const actionsOf = (answer: Answer) =>
  resultsOf(answer)[0]?.findings.map(({ type, action }) => `${type} ${action}`);

describe('POST /v1/pii/detect', () => {
  it('answers spans in UTF-16 code units, and never their text', async () => {
    const answer = await detect({ texts: [note, 'Blood pressure 120/80.'] });
    expect(answer.status).toBe(200);
    const [first, second] = resultsOf(answer);
    const spans = first?.findings.map(({ type, start, end }) => [type, note.slice(start, end)]);
    expect(spans).toEqual([
      ['PHONE', phone],
      ['US_SOCIAL_SECURITY_NUMBER', '219-09-9999'],
    ]);
    for (const { confidence } of first?.findings ?? []) expect(confidence).toBeGreaterThan(0.5);
    expect(second?.findings).toEqual([]);
    expect(answer.text).not.toContain(phone);
  });

  it('judges by the policy of stored notes unless told otherwise', async () => {
    const expected: [string | undefined, string[]][] = [
      [undefined, ['PHONE ANONYMIZE', 'US_SOCIAL_SECURITY_NUMBER BLOCK']],
      ['safe-harbor', ['PHONE ANONYMIZE', 'US_SOCIAL_SECURITY_NUMBER ANONYMIZE']],
      ['referral', ['PHONE BLOCK', 'US_SOCIAL_SECURITY_NUMBER ANONYMIZE']],
    ];
    for (const [purpose, actions] of expected) {
      expect(actionsOf(await detect({ texts: [note], purpose }))).toEqual(actions);
    }
  });

  it('finds what the policy lets pass too, and says so', async () => {
    const answer = await detect({ texts: ['Seen on 03/14/2026.'] });
    expect(actionsOf(answer)).toEqual(['DATE ALLOW']);
  });

  it('says of a record number in the shape of a social security number what a write would', async () => {
    const texts = ['MRN: 219-09-9999'];
    expect(actionsOf(await detect({ texts }))).toEqual(['MEDICAL_RECORD_NUMBER BLOCK']);
    expect(actionsOf(await detect({ texts, purpose: 'safe-harbor' }))).toEqual([
      'MEDICAL_RECORD_NUMBER ANONYMIZE',
    ]);
  });

  it('takes a hundred texts of 64 KB each', async () => {
    const text = `${'Patient is well. '.repeat(3900).slice(0, 65_500)} ${phone}`;
    const answer = await detect({ texts: Array.from({ length: 100 }, () => text) });
    expect(answer.status).toBe(200);
    expect(resultsOf(answer).map(({ findings }) => findings.length)).toEqual(
      Array.from({ length: 100 }, () => 1),
    );
  });

  it.each([
    ['no texts', {}, '/texts'],
    ['an empty list', { texts: [] }, '/texts'],
    ['101 texts', { texts: Array.from({ length: 101 }, () => 'a') }, '/texts'],
    ['a text that is too long', { texts: ['a'.repeat(65_537)] }, '/texts'],
    ['a number', { texts: [5] }, '/texts'],
    ['a purpose without a policy', { texts: ['a'], purpose: 'marketing' }, '/purpose'],
    ['a purpose that every object has', { texts: ['a'], purpose: 'constructor' }, '/purpose'],
    ['a member that is not known', { texts: ['a'], text: 'b' }, ''],
  ])('refuses %s', async (_, body, pointer) => {
    const answer = await detect(body);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer }] } });
  });

  it('is for phi/screen and for system/*, and is in the trail with types and counts', async () => {
    expect((await detect({ texts: [note] }, await clientOf(service, { scope: 'user/*.cruds' }))).status).toBe(
      403,
    );
    const bySystem = await clientOf(service, { scope: 'system/*.c' });
    const events = await recordedDuring(service.platform, () => detect({ texts: [note, note] }, bySystem));
    expect(events).toMatchObject([
      { type: 'text-detect', count: 2, screening: { PHONE: 2, US_SOCIAL_SECURITY_NUMBER: 2 } },
    ]);
    expect(JSON.stringify(events)).not.toContain(phone);
  });
});

describe('POST /v1/pii/deidentify', () => {
  it('leaves what Safe Harbor lets stay', async () => {
    const answer = await deidentify({ texts: [`Seen on 03/14/2026, call ${phone}.`] });
    expect(resultsOf(answer)[0]?.text).toBe('Seen on 2026, call {PHONE}.');
  });

  it('numbers the tags of a document on request', async () => {
    const text = `Call ${phone} or 202-555-0199, then ${phone} again.`;
    const answer = await deidentify({ texts: [text], surrogates: true });
    expect(resultsOf(answer)[0]?.text).toBe('Call {PHONE_1} or {PHONE_2}, then {PHONE_1} again.');
  });

  it('takes a FHIR resource, its typed elements and its texts alike', async () => {
    const resource = {
      resourceType: 'Patient',
      name: [{ family: 'Zzyzwicz' }],
      birthDate: '1981-05-17',
      address: [{ line: ['14 Elm Street'], state: 'MA', postalCode: '02139' }],
      text: { status: 'generated', div: `<div>Zzyzwicz, ${phone}</div>` },
    };
    const answer = await deidentify({ resource });
    expect(answer.status).toBe(200);
    const changed = answer.body['resource'] as typeof resource;
    expect(changed.birthDate).toBe('1981');
    expect(changed.address[0]?.postalCode).toBe('021');
    expect(answer.text).not.toMatch(/Zzyzwicz|Elm Street|555-0143/);
    expect(answer.body.findings).toContainEqual({ type: 'PHONE', count: 1, pointer: '/text/div' });
  });

  it.each([
    ['neither texts nor a resource', {}],
    ['both', { texts: ['a'], resource: {} }],
  ])('refuses %s', async (_, body) => {
    expect(await deidentify(body)).toMatchObject({ status: 400, body: { errors: [{ pointer: '' }] } });
  });
});

describe('the policies of a deployment', () => {
  it('apply to what is stored', async () => {
    const strict = await startListening({
      PHI_SCREENING_POLICIES: '{"stored-notes": {"PHONE": "BLOCK"}}',
    });
    const writer = await clientOf(strict);
    const answer = await writer.post('/v1/patients', { notes: `Call ${phone}.` });
    await strict.stop();
    expect(answer).toMatchObject({ status: 422, body: { findings: [{ type: 'PHONE', pointer: '/notes' }] } });
  });

  it('stop the start when they are wrong, and name the place', async () => {
    const start = startListening({ PHI_SCREENING_POLICIES: '{"stored-notes": {"PHONE": "MAYBE"}}' });
    await expect(start).rejects.toThrow('/stored-notes/PHONE');
  });
});
