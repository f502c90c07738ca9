import { describe, expect, it } from '@jest/globals';
import { isOpaqueByForm } from './fhir-content.js';
import { LocalPiiDetector } from './local-pii-detector.js';
import { PiiScreener } from './pii-screener.js';
import { storedNotesPolicy } from './screening-policy.js';

const screener = new PiiScreener(new LocalPiiDetector(), storedNotesPolicy);
const ssn = '219-09-9999';
const phone = '617-555-0143';
const email = 'jane@example.com';
const line = '12 Oak Street';

/** Each typed element of FHIR as it is, and the same value in something that only resembles it. */
const elements: { name: string; typed: object[]; lookalikes: object[] }[] = [
  {
    name: 'Identifier',
    typed: [
      { identifier: [{ system: 'http://hl7.org/fhir/sid/us-ssn', value: ssn }] },
      { identifier: { type: { text: 'SS' }, value: '219 09 9999' } },
      { subject: { identifier: { use: 'official', value: ssn } } },
      { valueIdentifier: { system: 'urn:oid:2.16.840.1.113883.4.1', value: '219099999' } },
    ],
    lookalikes: [
      { identifier: [{ value: ssn }] },
      { identifier: [{ system: 'SSN', value: ssn }] },
      { identifier: [{ system: 'http://example.org', value: ssn, comment: 'x' }] },
      { identifier: [{ system: 'http://example.org', value: `his number is ${ssn}` }] },
      { identifier: ssn },
      { note: { system: 'http://hl7.org/fhir/sid/us-ssn', value: ssn } },
      { identifier: { system: 'http://example.org', value: 'x', assigner: { display: phone } } },
    ],
  },
  {
    name: 'ContactPoint',
    typed: [
      { telecom: [{ system: 'phone', value: phone, use: 'home' }] },
      { telecom: [{ system: 'fax', value: '+1 (617) 555-0143 x12' }] },
      { valueContactPoint: { system: 'email', value: email, rank: 1 } },
    ],
    lookalikes: [
      { telecom: [{ value: phone }] },
      { telecom: [{ system: 'phone', value: `wife ${phone}` }] },
      { telecom: [{ system: 'phone', value: email }] },
      { telecom: [{ system: 'phone', value: ssn }] },
      { telecom: [{ system: 'phone', value: '4111 1111 1111 1111' }] },
      { telecom: [{ system: 'phone', value: phone, owner: 'son' }] },
      { note: { system: 'phone', value: phone } },
    ],
  },
  {
    name: 'Address',
    typed: [
      { address: [{ line: [line], city: 'Salem', state: 'MA', postalCode: '01970' }] },
      { valueAddress: { text: `${line}, Salem, MA 01970` } },
    ],
    lookalikes: [
      { address: line },
      { address: [{ line: [line], remark: 'x' }] },
      { home: { line: [line] } },
      { address: [{ line: [`${line} ${phone}`] }] },
    ],
  },
  {
    name: 'HumanName',
    typed: [{ name: [{ use: 'official', family: 'Rivera', given: ['Ana'] }] }],
    lookalikes: [{ name: [{ family: `Rivera ${ssn}` }] }, { name: [{ given: [phone] }] }],
  },
  {
    name: 'Coding',
    typed: [
      { coding: [{ system: 'http://snomed.info/sct', code: '4111111111111111' }] },
      { class: { system: 'urn:oid:2.16.840.1.113883.6.1', version: '2', code: phone, display: 'x' } },
      { valueQuantity: { value: 1, unit: 'mg', system: 'http://unitsofmeasure.org', code: 'mg' } },
    ],
    lookalikes: [
      { coding: [{ code: '4111111111111111' }] },
      { coding: [{ system: 'lab', code: phone }] },
      { coding: [{ system: 'http://example.org', code: ssn }] },
      { coding: [{ system: 'http://example.org', code: `call ${phone}` }] },
      { coding: [{ system: 'http://example.org', code: 'x', display: phone }] },
      { coding: [{ system: 'http://example.org', code: email }] },
    ],
  },
  {
    name: 'id and Reference',
    typed: [
      { id: '4111111111111111' },
      { subject: { reference: `Patient/${phone}` } },
      { subject: { reference: 'urn:uuid:12345678-1234-4234-9234-123456789012' } },
      { subject: { reference: 'https://fhir.example.org/r4/Patient/4111111111111111/_history/2' } },
    ],
    lookalikes: [
      { id: ssn },
      { id: `x ${phone}` },
      { subject: { reference: `Patient/${ssn}` } },
      { subject: { reference: `see ${phone}` } },
      { ref: phone },
    ],
  },
  {
    name: 'dates, OIDs and URLs',
    typed: [
      { issued: '2007-06-04T05:28:45.123+00:00', birthDate: '1984-05-17' },
      { uid: '1.2.840.99999999.1.40117263.1604482918841' },
      { url: `https://example.org/a/${phone}` },
    ],
    lookalikes: [
      { issued: `2007-06-04 ${phone}` },
      { uid: '617.555.0143' },
      { url: `https://example.org/?q=${email}` },
      { url: `tel:${phone}` },
    ],
  },
];

describe.each(elements)('$name', ({ typed, lookalikes }) => {
  it.each(typed)('may hold what it is for: case %#', async (content) => {
    expect(await screener.screen({ content: structuredClone(content) })).toEqual({
      outcome: 'clean',
      findings: [],
    });
  });

  it.each(lookalikes)('lends no cover to what resembles it: case %#', async (content) => {
    const outcome = await screener.screen({ content: structuredClone(content) }).then(
      (summary) => summary.findings,
      (problem: { findings: unknown[] }) => problem.findings,
    );
    expect(outcome).toHaveLength(1);
  });
});

it('tells dates, UUIDs and OIDs by their whole form', () => {
  for (const value of [
    '2024',
    '2024-02',
    '2024-02-29',
    '2024-02-29T10:00:00Z',
    '2.16.840.1.113883',
    'urn:oid:1.2.3.4.5',
  ]) {
    expect(isOpaqueByForm(value)).toBe(true);
  }
  for (const value of ['2024-02-29 10:00', '1.617.555.0143', ssn, '20240', `2024-02-29${phone}`])
    expect(isOpaqueByForm(value)).toBe(false);
});
