/** Invented people: reserved phone numbers (555-01xx), example domains, systems under urn:example. */
export const mrn = (value: string, system = 'urn:example:mrn') => ({ system, value });

const period = { start: '2019-03-01', end: '2024-03-01T08:15:00+02:00' };
const codeableConcept = {
  coding: [
    {
      system: 'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus',
      version: '2018-08-12',
      code: 'M',
      display: 'Married',
      userSelected: false,
    },
  ],
  text: 'married',
};
const name = {
  use: 'official',
  text: 'Dr. Zoë Marie Núñez-Sample PhD',
  family: 'Núñez-Sample',
  given: ['Zoë', 'Marie'],
  prefix: ['Dr.'],
  suffix: ['PhD'],
  period,
};
const phone = { system: 'phone', value: '+1 202 555 0143', use: 'mobile', rank: 1, period };
const address = {
  use: 'home',
  type: 'both',
  text: '12 Sample Street, Springfield, MA 01101',
  line: ['12 Sample Street', 'Apt 4'],
  city: 'Springfield',
  district: 'Sample County',
  state: 'MA',
  postalCode: '01101',
  country: 'US',
  period,
};

/** A patient that has every element of the shape. */
export function wholePatient(identifierValue: string) {
  return {
    identifier: [
      { use: 'official', type: { text: 'Medical record number' }, ...mrn(identifierValue), period },
      { value: 'without-a-system' },
    ],
    active: true,
    name: [name, { use: 'maiden', family: 'Sample' }],
    telecom: [phone, { system: 'email', value: 'zoe.sample@example.org', use: 'work', rank: 2 }],
    gender: 'female',
    birthDate: '1984-05-17',
    deceasedDateTime: '2024-11-02T08:15:00Z',
    address: [address],
    maritalStatus: codeableConcept,
    contact: [
      {
        relationship: [{ text: 'sister' }],
        name: { family: 'Sample', given: ['Ida'] },
        telecom: [{ system: 'phone', value: '(202) 555-0144' }],
        address: { line: ['14 Sample Street'], city: 'Springfield' },
        gender: 'other',
        period,
      },
    ],
    communication: [{ language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'en' }] }, preferred: true }],
    meta: {
      security: [
        {
          system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',
          code: 'N',
          display: 'normal',
        },
      ],
    },
    notes: 'Follow-up in two weeks.\nStands upright without help.',
  };
}
