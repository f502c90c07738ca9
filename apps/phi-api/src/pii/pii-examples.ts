const visit =
  'Call Mr. Alvarez at 202-555-0143 after March 4, 2026. He is 93 and lives in Cambridge, MA 02139.';

/** Bodies that Swagger UI offers: each can be sent as it is. */
export const detectExamples = {
  note: { summary: 'A note, judged as if it were to be stored', value: { texts: [visit] } },
  safeHarbor: {
    summary: 'The same, judged by Safe Harbor',
    value: { texts: [visit], purpose: 'safe-harbor' },
  },
};

export const deidentifyExamples = {
  note: { summary: 'A note', value: { texts: [visit] } },
  numbered: { summary: 'A note, its tags numbered', value: { texts: [visit], surrogates: true } },
  resource: {
    summary: 'A FHIR R4 Patient',
    value: {
      resource: {
        resourceType: 'Patient',
        name: [{ family: 'Alvarez', given: ['Pilar'] }],
        birthDate: '1931-05-17',
        address: [{ line: ['14 Elm Street'], city: 'Cambridge', state: 'MA', postalCode: '02139' }],
      },
    },
  },
};
