import { describe, expect, it } from '@jest/globals';
import { Problem, problemTypes } from '@app/problem-details';
import { LocalPiiDetector } from './local-pii-detector.js';
import { PiiDetector } from './pii-detector.js';
import { PiiScreener } from './pii-screener.js';
import { FhirContent, FreeText, NotScreened } from './screening-marks.js';
import { storedNotesPolicy } from './screening-policy.js';

const ssn = '219-09-9999';
const card = '4111 1111 1111 1111';
const phone = '617-555-0143';
const email = 'jane@example.com';
const screener = new PiiScreener(new LocalPiiDetector(), storedNotesPolicy);

class NoteDto {
  @FreeText()
  notes?: string;
  @FreeText()
  lines?: string[];
}

class RecordDto extends NoteDto {
  @FhirContent()
  content?: unknown;
  nested?: NoteDto[];
  forgotten?: string;
}

@NotScreened()
class SearchDto {
  phone = phone;
}

function dto<T extends object>(type: new () => T, values: Partial<T>): T {
  return Object.assign(new type(), values);
}

async function refusal(body: object): Promise<Problem> {
  const before = structuredClone({ ...body });
  const problem = await screener.screen(body).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect({ ...body }).toEqual(before);
  if (!(problem instanceof Problem)) throw new Error('was not refused');
  return problem;
}

const blocks = async (body: object) => (await refusal(body)).findings;

describe('screening of a DTO', () => {
  it('says that harmless text is clean and leaves it as it is', async () => {
    const body = dto(RecordDto, { notes: 'BP 120/80.', content: { code: { text: 'Body Height' } } });
    expect(await screener.screen(body)).toEqual({ outcome: 'clean', findings: [] });
    expect(body).toEqual(dto(RecordDto, { notes: 'BP 120/80.', content: { code: { text: 'Body Height' } } }));
  });

  it('replaces phone, email and address in place and says where and how many', async () => {
    const body = dto(RecordDto, {
      notes: `Call ${phone} or ${phone}, lives at 12 Oak Street, Salem, MA 01970.`,
      lines: ['ok', `mail ${email}`],
      content: { note: [{ text: `tel ${phone}` }] },
      nested: [dto(NoteDto, { notes: `fax ${phone}` })],
    });
    expect(await screener.screen(body)).toEqual({
      outcome: 'anonymized',
      findings: [
        { type: 'PHONE', count: 2, pointer: '/notes' },
        { type: 'ADDRESS', count: 1, pointer: '/notes' },
        { type: 'EMAIL', count: 1, pointer: '/lines/1' },
        { type: 'PHONE', count: 1, pointer: '/content/note/0/text' },
        { type: 'PHONE', count: 1, pointer: '/nested/0/notes' },
      ],
    });
    expect(body.notes).toBe('Call {PHONE} or {PHONE}, lives at {ADDRESS}.');
    expect(body.lines).toEqual(['ok', 'mail {EMAIL}']);
    expect(body.content).toEqual({ note: [{ text: 'tel {PHONE}' }] });
    expect(body.nested?.[0]?.notes).toBe('fax {PHONE}');
  });

  it('screens a property that nobody marked', async () => {
    expect(await blocks(dto(RecordDto, { forgotten: ssn }))).toEqual([
      { type: 'US_SOCIAL_SECURITY_NUMBER', count: 1, pointer: '/forgotten' },
    ]);
  });

  it('does not screen what is only searched for', async () => {
    const body = new SearchDto();
    expect(await screener.screen(body)).toEqual({ outcome: 'clean', findings: [] });
    expect(body.phone).toBe(phone);
  });

  it('treats free text as text even where it has the form of an id or a date', async () => {
    expect(await blocks(dto(NoteDto, { notes: ssn }))).toHaveLength(1);
  });

  it('refuses social security and card numbers with types, counts and pointers, and changes nothing', async () => {
    const problem = await refusal(
      dto(RecordDto, { notes: `${ssn}, ${phone}`, lines: [`${card} and ${card}`] }),
    );
    expect(problem.type).toBe(problemTypes.identifierInText);
    expect(problem.findings).toEqual([
      { type: 'US_SOCIAL_SECURITY_NUMBER', count: 1, pointer: '/notes' },
      { type: 'CREDIT_DEBIT_CARD_NUMBER', count: 2, pointer: '/lines/0' },
    ]);
  });

  it('carries no part of what it found in the problem', async () => {
    const problem = await refusal({ [`ssn ${ssn}`]: [`${ssn} ${card}`], note: `${ssn} ${phone}` });
    const told = JSON.stringify([
      problem.message,
      problem.detail,
      problem.findings,
      problem.errors,
      problem.cause,
    ]);
    for (const secret of [ssn, card, phone]) expect(told).not.toContain(secret);
  });

  it('answers screening-unavailable with Retry-After if the detector fails, and changes nothing', async () => {
    class BrokenDetector extends PiiDetector {
      override detect(): Promise<never> {
        return Promise.reject(new Error('no route to host'));
      }
    }
    const body = dto(NoteDto, { notes: phone });
    const outcome = new PiiScreener(new BrokenDetector(), storedNotesPolicy).screen(body);
    await expect(outcome).rejects.toMatchObject({
      type: problemTypes.screeningUnavailable,
      headers: { 'retry-after': '5' },
    });
    expect(body.notes).toBe(phone);
  });
});

describe('masking of what is stored already', () => {
  it('replaces what the policy blocks as well', async () => {
    const body = dto(RecordDto, { notes: `SSN ${ssn}, call ${phone}.`, content: { ssn: 219099999 } });
    const { summary, identifierLeft } = await screener.mask(body);
    expect(body.notes).toBe('SSN {US_SOCIAL_SECURITY_NUMBER}, call {PHONE}.');
    expect(body.content).toEqual({ ssn: '{US_SOCIAL_SECURITY_NUMBER}' });
    expect(summary.findings.map(({ type, pointer }) => `${type} ${pointer}`).sort()).toEqual([
      'PHONE /notes',
      'US_SOCIAL_SECURITY_NUMBER /content/ssn',
      'US_SOCIAL_SECURITY_NUMBER /notes',
    ]);
    expect(identifierLeft).toBe(false);
  });

  it('says that an identifier is left in the name of a property, and replaces what is beside it', async () => {
    const body = dto(RecordDto, { content: { [phone]: `or ${email}` } });
    const { summary, identifierLeft } = await screener.mask(body);
    expect(body.content).toEqual({ [phone]: 'or {EMAIL}' });
    expect(summary.findings).toEqual([{ type: 'EMAIL', count: 1, pointer: '/content/*' }]);
    expect(identifierLeft).toBe(true);
  });
});

describe('names and numbers of JSON', () => {
  it('refuses identifiers in property names with the pointer of the parent', async () => {
    expect(await blocks({ content: { [ssn]: 1 } })).toEqual([
      { type: 'US_SOCIAL_SECURITY_NUMBER', count: 1, pointer: '/content' },
    ]);
    expect(await blocks({ content: { [`call ${phone}`]: 1 } })).toEqual([
      { type: 'PHONE', count: 1, pointer: '/content' },
    ]);
    expect(await blocks({ ssn_219099999: true })).toEqual([
      { type: 'US_SOCIAL_SECURITY_NUMBER', count: 1, pointer: '' },
    ]);
  });

  it.each([
    { ssn: 219099999 },
    { ssn: '219099999' },
    { socialSecurityNumber: '219099999' },
    { patient_ssn: ['219099999'] },
    { ssn: { value: 219099999 } },
    { extension: [{ url: 'http://example.org/fhir/patient-ssn', valueString: '219099999' }] },
    { name: 'SSN', value: '219 099999' },
    { creditCard: 4111111111111111 },
    // A name can reveal, not excuse.
    { orderNumber: 4111111111111111 },
  ])('reads a number with the names around it: case %#', async (body) => {
    expect(await blocks(body)).toHaveLength(1);
  });

  it('replaces a phone number that was a JSON number', async () => {
    const body = { phone: 6175550143 };
    expect(await screener.screen(body)).toMatchObject({ outcome: 'anonymized' });
    expect(body).toEqual({ phone: '{PHONE}' });
  });

  it.each([
    { valueInteger: 219099999 },
    { count: 6175550143 },
    { text: '6175550143' },
    { valueDecimal: 0.07316640285517394 },
    { timestamp: 1604482917350 },
  ])('leaves a plain number alone: case %#', async (body) => {
    expect(await screener.screen(structuredClone(body))).toEqual({ outcome: 'clean', findings: [] });
  });

  it('writes an implausible name in a pointer as a star', async () => {
    expect(await blocks({ 'Jane Doe': { note: ssn } })).toMatchObject([{ pointer: '/*/note' }]);
    expect(await blocks({ 'a/b~c': [ssn] })).toMatchObject([{ pointer: '/*/0' }]);
  });

  it('screens a property that is called __proto__', async () => {
    const body = JSON.parse(`{"__proto__": {"note": "${ssn}"}}`) as object;
    expect(await screener.screen(body).catch((problem: Problem) => problem.findings)).toMatchObject([
      { pointer: '/__proto__/note' },
    ]);
  });

  it('refuses JSON that is nested too deeply', async () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const body = JSON.parse(`{"a":${open.repeat(3000)}1${close.repeat(3000)}}`) as object;
      await expect(screener.screen(body)).rejects.toMatchObject({ type: problemTypes.validationFailed });
    }
  });
});

describe('attachments', () => {
  const encode = (text: string) => Buffer.from(text).toString('base64');

  it('are screened as the text they are, encoded again, and described anew', async () => {
    const content = {
      attachment: { contentType: 'text/plain', data: encode(`Call ${phone} ✓`), size: 99, hash: 'x' },
    };
    expect(await screener.screen(content)).toEqual({
      outcome: 'anonymized',
      findings: [{ type: 'PHONE', count: 1, pointer: '/attachment/data' }],
    });
    expect(content).toEqual({
      attachment: { contentType: 'text/plain', data: encode('Call {PHONE} ✓'), size: 16 },
    });
  });

  it('are left alone if they are harmless', async () => {
    const content = { contentType: 'text/html; charset=utf-8', data: encode('<p>BP 120/80</p>'), hash: 'x' };
    expect(await screener.screen(content)).toEqual({ outcome: 'clean', findings: [] });
    expect(content.hash).toBe('x');
  });

  it('block like any text', async () => {
    expect(await blocks({ contentType: 'text/plain', data: encode(ssn) })).toMatchObject([
      { pointer: '/data' },
    ]);
  });

  it.each([
    { contentType: 'application/pdf', data: 'JVBERi0xLjQK' },
    { contentType: 'text/plain', data: '////' },
    { contentType: 'text/plain', data: 'not base64!' },
    { blob: Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 167) % 256)).toString('base64') },
  ])('are refused if they cannot be read: case %#', async (body) => {
    const problem = await refusal(body);
    expect(problem.type).toBe(problemTypes.validationFailed);
    expect(problem.errors).toEqual([{ pointer: `/${Object.keys(body).at(-1)}`, detail: expect.any(String) }]);
  });

  it('do not hide behind another name', async () => {
    expect(await blocks({ blob: encode(`The number is ${ssn}.`) })).toMatchObject([{ pointer: '/blob' }]);
  });

  it('are not suspected in signatures and sequences', async () => {
    const data = Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 167) % 256)).toString(
      'base64',
    );
    const signature = {
      data,
      sigFormat: 'application/jose',
      when: '2024-01-01T00:00:00Z',
      who: { reference: 'Practitioner/1' },
    };
    expect(await screener.screen({ signature, observedSeq: 'ACGT'.repeat(200) })).toMatchObject({
      outcome: 'clean',
    });
  });
});
