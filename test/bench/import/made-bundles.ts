import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { samplePatient } from '../http/sample-patient.js';

/** As a laboratory sends it: a value of 1 KB with codes, range and a remark. */
const observation = (patient: string, number: number): object => ({
  resourceType: 'Observation',
  id: randomUUID(),
  status: 'final',
  category: [
    {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory' }],
    },
  ],
  code: {
    coding: [
      { system: 'http://loinc.org', code: '4548-4', display: 'Hemoglobin A1c/Hemoglobin.total in Blood' },
    ],
    text: 'Hemoglobin A1c',
  },
  subject: { reference: `urn:uuid:${patient}` },
  effectiveDateTime: `2026-0${1 + (number % 9)}-1${number % 10}T08:30:00Z`,
  valueQuantity: {
    value: 5 + (number % 40) / 10,
    unit: '%',
    system: 'http://unitsofmeasure.org',
    code: '%',
  },
  interpretation: [{ text: 'Within the range that was agreed on' }],
  note: [
    {
      text:
        'Sample taken fasting, stable since the last visit. Continue the present treatment, repeat in three months together with ' +
        'lipids, creatinine and urine albumin. No hypoglycemia reported, weight unchanged, blood pressure in range at home.',
    },
  ],
  referenceRange: [{ low: { value: 4 }, high: { value: 6.5 }, text: '4.0 to 6.5' }],
});

/** @returns paths of bundles, a patient each, as `phi import` reads them */
export function makeBundles(folder: string, patients: number, recordsEach: number): string[] {
  return Array.from({ length: patients }, (_, serial) => {
    const id = randomUUID();
    const patient = { resourceType: 'Patient', id, ...samplePatient(serial) };
    const resources = [patient, ...Array.from({ length: recordsEach }, (_, n) => observation(id, n))];
    const entry = resources.map((resource) => ({
      fullUrl: `urn:uuid:${(resource as { id: string }).id}`,
      resource,
    }));
    const path = join(folder, `bundle-${serial}.json`);
    writeFileSync(path, JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry }));
    return path;
  });
}
