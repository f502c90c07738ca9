import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { mapPatient } from './patient-mapping.js';

const bundle = JSON.parse(readFileSync('test/fixtures/fhir/transaction-one-patient.json', 'utf8'));
const patient = bundle.entry[0].resource;

describe('mapping of a FHIR Patient', () => {
  it('takes over the elements that a patient of the service has, and nothing else at any depth', () => {
    expect(mapPatient(patient)).toEqual({
      warnings: [],
      body: {
        identifier: [
          {
            use: 'usual',
            type: {
              coding: [
                { system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR', userSelected: false },
              ],
              text: 'Medical record number',
            },
            system: 'https://hospital.example.org/mrn',
            value: 'QZ-0815-4711',
            period: { start: '2019-03' },
          },
        ],
        active: true,
        name: [{ use: 'official', family: 'Quast-Zeller', given: ['Ottilie'], prefix: ['Dr.'] }],
        telecom: [{ system: 'phone', value: '555-0142', use: 'home', rank: 1 }],
        gender: 'female',
        birthDate: '1961-07-14',
        address: [{ line: ['17 Zwiebelgasse'], city: 'Quillenbach', postalCode: '00042', country: 'US' }],
        maritalStatus: { coding: [{ code: 'M' }], text: 'Married' },
        contact: [
          {
            relationship: [{ coding: [{ code: 'N' }] }],
            name: { family: 'Zeller', given: ['Kunibert'] },
            telecom: [{ system: 'phone', value: '555-0143' }],
          },
        ],
        communication: [
          { language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'de' }] }, preferred: true },
        ],
        meta: {
          security: [
            {
              system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',
              code: 'R',
              display: 'restricted',
            },
          ],
        },
      },
    });
  });

  it('leaves the resource as it was', () => {
    const before = JSON.stringify(patient);
    mapPatient(patient);
    expect(JSON.stringify(patient)).toBe(before);
  });

  it('keeps false, zero and the empty text, which are values', () => {
    const mapped = mapPatient({ active: false, telecom: [{ rank: 0, value: '' }] });
    expect(mapped.body).toEqual({ active: false, telecom: [{ rank: 0, value: '' }] });
  });

  it.each([
    ['identifier', 10, { value: 'v' }],
    ['name', 5, { family: 'f' }],
    ['telecom', 10, { value: 'v' }],
    ['address', 10, { city: 'c' }],
    ['contact', 10, { gender: 'other' }],
    ['communication', 10, { preferred: true }],
  ])('cuts %s at %d with a warning', (element, max, item) => {
    const atMaximum = mapPatient({ [element]: Array.from({ length: max }, () => item) });
    expect(atMaximum.body[element]).toHaveLength(max);
    expect(atMaximum.warnings).toEqual([]);

    const above = mapPatient({ [element]: Array.from({ length: max + 1 }, () => item) });
    expect(above.body[element]).toHaveLength(max);
    expect(above.warnings).toEqual([
      `Patient.${element}: the first ${max} of ${max + 1} are in the patient, all in the record`,
    ]);
  });

  it('drops what is left empty, because an empty object is not valid FHIR', () => {
    const mapped = mapPatient({
      identifier: [{ assigner: { display: 'x' } }],
      name: [{ given: [null] }],
      maritalStatus: { extension: [] },
      meta: { tag: [] },
      contact: [],
    });
    expect(mapped).toEqual({ body: {}, warnings: [] });
  });

  it('leaves out an element of another shape with a warning that repeats nothing of it', () => {
    const mapped = mapPatient({
      name: { family: 'Wunderlich' },
      gender: { text: 'Wunderlich' },
      address: ['Wunderlich'],
      maritalStatus: 'Wunderlich',
      telecom: [{ value: ['Wunderlich'] }],
      active: true,
    });
    expect(mapped.body).toEqual({ active: true });
    expect(mapped.warnings).toHaveLength(5);
    expect(mapped.warnings.join('\n')).not.toContain('Wunderlich');
  });
});
