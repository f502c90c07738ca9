import { samplePatient } from './sample-patient.js';
import { ServiceClient } from './stored-patients.js';

const recordsPerBatch = 50;
const batchesAtOnce = 4;

export interface RecordClient {
  /** @returns his id */
  createPatient(): Promise<string>;
  createRecords(patientId: string, count: number): Promise<void>;
}

/** Stores records of 1 KB, outside of any measurement. */
export function recordClient(url: string, token: string): RecordClient {
  const client = new ServiceClient(url, token);
  let serial = 0;
  const post = async (path: string, body: object) =>
    (
      await client.send({
        method: 'POST',
        path,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    ).answer;
  return {
    createPatient: async () => ((await post('/v1/patients', samplePatient(serial++))) as { id: string }).id,
    createRecords: async (patientId, count) => {
      let left = count;
      const worker = async () => {
        while (left > 0) {
          const size = Math.min(left, recordsPerBatch);
          left -= size;
          const records = Array.from({ length: size }, (_, at) => sampleRecord(left + at));
          await post(`/v1/patients/${patientId}/records/batch`, { records });
        }
      };
      await Promise.all(Array.from({ length: batchesAtOnce }, worker));
    },
  };
}

export const sampleRecord = (number: number): object => ({
  recordType: 'Observation',
  recordedAt: new Date(Date.UTC(2020, 0, 1) + number * 60_000).toISOString(),
  content: {
    status: 'final',
    code: { text: 'Hemoglobin A1c', coding: [{ system: 'http://loinc.org', code: '4548-4' }] },
    valueQuantity: { value: 5 + (number % 40) / 10, unit: '%' },
    referenceRange: [{ low: { value: 4 }, high: { value: 6.5 }, text: '4.0 to 6.5' }],
    component: Array.from({ length: 6 }, (_, at) => ({
      code: { text: `component ${at}` },
      valueQuantity: { value: (number + at) % 100, unit: 'mmol/L' },
    })),
  },
  notes:
    'Sample taken fasting, stable since the last visit. Continue the present treatment, repeat in three months together with ' +
    'lipids, creatinine and urine albumin. No hypoglycemia reported, weight unchanged, blood pressure in range at home.',
});
