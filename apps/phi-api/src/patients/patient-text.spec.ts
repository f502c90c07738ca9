import { describe, expect, it } from '@jest/globals';
import type { StoredText } from '@app/patient-records';
import fc from 'fast-check';
import { elementsOf, storedParts } from '../http/stored-answer.js';
import { patientDocument, patientElements } from './patient-answers.dto.js';
import type { PatientDto } from './patient.dto.js';
import { patientText, writtenAnew } from './patient-text.js';

const stored = (resource: object): StoredText & { text: Buffer } => ({
  id: '5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11',
  version: 3,
  createdAt: '2026-01-05T09:30:00.000Z',
  updatedAt: '2026-01-06T09:30:00.000Z',
  text: Buffer.from(JSON.stringify({ resource, screening: { outcome: 'clean', findings: [] } })),
});
const isCopied = ({ text }: { text: Buffer }) => storedParts(text, elementsOf(patientElements)) !== undefined;

/** Texts that look like the borders that are looked for. */
const text = fc.oneof(
  fc.constantFrom('},"screening":{', '\\"},\\', ',"notes":"', '"', '{', ']'),
  fc.string({ unit: 'binary' }),
);
const list = fc.array(fc.dictionary(text, fc.oneof(text, fc.double(), fc.boolean())), { maxLength: 3 });
const patients = fc.record(
  {
    identifier: list,
    active: fc.oneof(fc.boolean(), fc.constant(null)),
    name: list,
    telecom: list,
    gender: text,
    birthDate: text,
    maritalStatus: fc.dictionary(text, list),
    meta: fc.dictionary(text, text),
    notes: text,
  },
  { requiredKeys: [] },
);

describe('the text of a patient', () => {
  it('is that of his answer, whatever he has, and is copied', () => {
    fc.assert(
      fc.property(patients, (patient) => {
        const document = patientDocument(patient as unknown as PatientDto);
        const version = stored(document);
        expect(isCopied(version)).toBe(Object.keys(document).length > 0);
        expect(patientText(version).toString()).toBe(writtenAnew(version).toString());
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['elements in another order', { notes: 'b', active: true }],
    ['an element more', { active: true, other: 'not for an answer', notes: 'b' }],
    ['an element more at the end', { active: true, other: 1 }],
    ['an element twice as long a name', { active: true, actives: false }],
    ['nothing in it', {}],
  ])('is that of the answer with %s, written anew', (_, resource) => {
    const version = stored(resource);
    expect(isCopied(version)).toBe(false);
    expect(patientText(version).toString()).toBe(writtenAnew(version).toString());
    expect(patientText(version).toString()).not.toMatch(/other|actives/);
  });

  it('is that of a deletion where there is none', () => {
    const { text: _, ...deleted } = stored({});
    expect(JSON.parse(patientText(deleted).toString())).toEqual({ ...deleted, deleted: true });
  });
});
