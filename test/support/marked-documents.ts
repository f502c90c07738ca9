import { fhirResourceTypes } from '@app/configuration';
import { wholePatient } from './sample-patient.js';

/** What every free element of every document holds; invented, and unlike anything that the code itself writes. */
export const marks = {
  word: 'Quillovarnex',
  email: 'quillovarnex.osk@marked-mail.example',
  phone: '+1 415 555 0163',
  identifier: 'VX-900417366',
  birthDate: '1913-02-27',
  otherDate: '1951-03-30',
  number: '41558803172999',
} as const;

/** Elements whose values are of a closed set, and so can hold no mark; and those that are marked below. */
const closed = new Set(['use', 'type', 'gender', 'active', 'rank', 'preferred', 'userSelected']);
const dates = new Set(['start', 'end']);

/** @returns the document with a mark in every element that can hold one; each names its element */
function marked<T>(document: T): T {
  return markedElement('', document) as T;
}

function markedElement(name: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => markedElement(name, item));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, markedElement(key, part)]));
  }
  if (typeof value !== 'string' || closed.has(name)) return value;
  if (dates.has(name)) return marks.otherDate;
  return name === 'system' ? `urn:marked:${marks.word}` : `${marks.word} ${name}`;
}

/** @returns a patient all of whose elements are marked, as far as their values are not of a closed set */
export function markedPatient(identifier: string) {
  const sample = wholePatient(identifier);
  const {
    identifier: [first],
    meta,
    active,
    gender,
  } = sample;
  return {
    ...marked(sample),
    identifier: [
      { ...marked(first), value: `${marks.identifier}${identifier}` },
      { value: `${marks.word}-${identifier}` },
    ],
    telecom: [
      { system: 'phone', value: marks.phone },
      { system: 'fax', value: marks.phone },
      { system: 'email', value: marks.email },
      { system: 'url', value: `https://${marks.word}.example/` },
    ],
    birthDate: marks.birthDate,
    deceasedDateTime: `${marks.otherDate}T08:15:00Z`,
    contact: sample.contact.map((contact) => ({
      ...marked(contact),
      telecom: [{ system: 'phone', value: marks.phone }],
    })),
    notes: `${marks.word} is stable.`,
    active,
    gender,
    // Its code decides about access.
    meta,
  };
}

/** @param recordType stored in clear by design, as is the time */
export const markedRecord = (recordType: string, round = 'first') => ({
  recordType,
  content: {
    resourceType: recordType,
    id: `${marks.word}-${round}`,
    text: { status: 'generated', div: `<div>${marks.word} in ${recordType}</div>` },
    identifier: [{ system: `urn:marked:${marks.word}`, value: marks.identifier }],
    subject: { display: marks.word, identifier: { value: marks.identifier } },
    effectiveDateTime: marks.birthDate,
    valueQuantity: { value: Number(marks.number), unit: marks.word },
    telecom: [
      { system: 'phone', value: marks.phone },
      { system: 'email', value: marks.email },
    ],
    [marks.word]: { [marks.word]: [marks.word, [marks.word]] },
  },
  notes: `${marks.word} is stable, ${round} version.`,
  recordedAt: '2026-01-05T09:30:00Z',
});

/** Every record type that a deployment has by default. */
export const markedTypes = [...fhirResourceTypes, 'medical', 'dental', 'imaging', 'laboratory', 'note'];
