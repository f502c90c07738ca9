const height = {
  recordType: 'Observation',
  content: {
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '8302-2', display: 'Body height' }] },
    valueQuantity: { value: 172, unit: 'cm' },
  },
  recordedAt: '2026-01-05T09:30:00Z',
};
const letter = {
  recordType: 'medical',
  content: { title: 'Discharge letter' },
  notes: 'Questions to 202-555-0143.',
};

/** Bodies that Swagger UI offers: each can be sent as it is. */
export const recordExamples = {
  observation: { summary: 'A FHIR R4 Observation', value: height },
  letter: { summary: 'A letter with a phone number in its notes', value: letter },
};

export const batchExamples = {
  two: { summary: 'Two records, all or none', value: { records: [height, letter] } },
};
