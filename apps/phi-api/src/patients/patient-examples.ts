/** Bodies that Swagger UI offers: each can be sent as it is. */
export const patientExamples = {
  short: {
    summary: 'A name, a birth date and a note with a phone number in it',
    value: {
      name: [{ use: 'official', family: 'Rivera', given: ['Ana'] }],
      gender: 'female',
      birthDate: '1984-05-17',
      notes: 'Follow-up in two weeks. Call 202-555-0143 before.',
    },
  },
  full: {
    summary: 'Most elements; the identifier can be used once',
    value: {
      identifier: [{ use: 'usual', system: 'urn:oid:2.16.840.1.113883.19.5', value: 'MRN-0042' }],
      active: true,
      name: [{ use: 'official', family: 'Rivera', given: ['Ana'], prefix: ['Ms.'] }],
      telecom: [{ system: 'phone', value: '+1 202 555 0143', use: 'home' }],
      gender: 'female',
      birthDate: '1984-05-17',
      address: [
        { use: 'home', line: ['12 Sample Street'], city: 'Springfield', state: 'MA', postalCode: '01101' },
      ],
      communication: [{ language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'es' }] }, preferred: true }],
    },
  },
  refused: {
    summary: 'A note with a social security number: refused, 422',
    value: { name: [{ family: 'Rivera' }], notes: 'SSN 219-09-9999' },
  },
};

export const patchExamples = {
  change: { summary: 'Changes one element', value: { gender: 'female' } },
  remove: { summary: 'Removes one element', value: { telecom: null } },
};

export const searchExamples = {
  name: { summary: 'Family name and birth date', value: { family: 'Rivera', birthDate: '1984-05-17' } },
  identifier: {
    summary: 'Identifier',
    value: { identifier: { system: 'urn:oid:2.16.840.1.113883.19.5', value: 'MRN-0042' } },
  },
  phone: { summary: 'Phone, in any notation', value: { phone: '(202) 555-0143' } },
  email: { summary: 'Email', value: { email: 'ana@example.org' } },
};
