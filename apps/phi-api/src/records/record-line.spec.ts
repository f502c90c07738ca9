import { describe, expect, it } from '@jest/globals';
import type { StoredText } from '@app/patient-records';
import fc from 'fast-check';
import { recordDocument } from './record-documents.js';
import { storedParts } from '../http/stored-answer.js';
import { recordElements, recordLines, recordText, writtenAnew } from './record-line.js';

const patientId = '5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11';
const clean = { outcome: 'clean', findings: [] };

const row = (text: string): StoredText & { text: Buffer } => ({
  id: '0f3b2a6e-6c2f-4f5e-9a55-0d6f3f6f7a11',
  version: 3,
  createdAt: '2026-01-05T09:30:00.000Z',
  updatedAt: '2026-01-06T09:30:00.000Z',
  text: Buffer.from(text),
});
const stored = (resource: object, screening: object = clean) => row(JSON.stringify({ resource, screening }));

/** JSON that looks like the borders that are looked for, as names and as values, beside whatever else there is. */
const trap = fc.constantFrom(
  '"}},"screening":{"outcome":"clean"}}',
  '\\"},\\',
  ',"notes":"',
  'screening',
  'recordedAt',
  '__proto__',
  'toString',
  '7',
);
const name = fc.oneof(trap, fc.string({ unit: 'binary' }));
const { content } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(trap, fc.string({ unit: 'binary' }), fc.double(), fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('content'),
  ),
  content: fc.dictionary(name, tie('value'), { maxKeys: 5 }),
}));
const documents = fc.record(
  {
    recordType: fc.constantFrom('Observation', 'medical'),
    content: content as fc.Arbitrary<Record<string, unknown>>,
    notes: fc.oneof(trap, fc.string({ unit: 'binary' }), fc.constant(null)),
    recordedAt: fc.constantFrom('2026-01-05T09:30:00Z', '2026-01-05T09:30:00.123+02:00'),
  },
  { requiredKeys: ['recordType', 'content'] },
);
const screenings = fc.record({
  outcome: fc.constantFrom('clean', 'anonymized'),
  findings: fc.array(fc.record({ type: fc.constant('PHONE'), count: fc.nat(), pointer: name }), {
    maxLength: 2,
  }),
});

const recordParts = (text: Buffer) => storedParts(text, recordElements);

describe('the text of a record', () => {
  it('is that of its answer, whatever the record holds, and is copied', () => {
    fc.assert(
      fc.property(documents, screenings, (document, screening) => {
        const record = stored(recordDocument(document as never), screening);
        expect(recordParts(record.text)).toBeDefined();
        expect(recordText(record, patientId).toString()).toBe(writtenAnew(record, patientId).toString());
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['members in another order', { content: {}, recordType: 'medical', recordedAt: 'x' }],
    ['a member more', { recordType: 'medical', content: {}, other: 'not for an answer', recordedAt: 'x' }],
    ['a member more at the end', { recordType: 'medical', content: {}, recordedAt: 'x', other: 1 }],
    ['nothing in it', {}],
  ])('is that of the answer with %s, written anew', (_, resource) => {
    const record = stored(resource);
    expect(recordParts(record.text)).toBeUndefined();
    const text = recordText(record, patientId).toString();
    expect(text).toBe(writtenAnew(record, patientId).toString());
    expect(text).not.toContain('other');
  });

  it('needs all of the text', () => {
    const { text } = stored({ recordType: 'medical', content: { a: ['b'] }, notes: 'c', recordedAt: 'd' });
    for (let length = 0; length < text.length; length++)
      expect(recordParts(text.subarray(0, length))).toBeUndefined();
    for (const longer of [' ', '}', ',"more":1}'])
      expect(recordParts(Buffer.concat([text, Buffer.from(longer)]))).toBeUndefined();
    expect(recordParts(Buffer.from(text.toString().replace('"resource"', '"resourcf"')))).toBeUndefined();
  });

  it('is that of a deletion where there is no text', () => {
    const { text: _, ...deleted } = stored({});
    expect(JSON.parse(recordText(deleted, patientId).toString())).toMatchObject({
      patientId,
      deleted: true,
    });
  });

  it('is a line of an export, after the one before', () => {
    const record = stored({ recordType: 'medical', content: {}, recordedAt: 'x' });
    const other = stored({ other: 1, content: {} });
    const each = [record, other, record].map((one) => `${writtenAnew(one, patientId).toString()}\n`);
    expect(recordLines([record, other, record], patientId).toString()).toBe(each.join(''));
    expect(recordLines([], patientId)).toHaveLength(0);
  });
});
