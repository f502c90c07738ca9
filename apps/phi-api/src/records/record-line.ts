import { type ClinicalRecord, parsedVersion, type StoredText } from '@app/patient-records';
import { copiedAnswer, elementsOf } from '../http/stored-answer.js';
import { recordAnswer } from './record-answers.dto.js';

/** As `recordDocument` writes them and `recordAnswer` answers them. */
export const recordElements = elementsOf(['recordType', 'content', 'notes', 'recordedAt']);
const lineEnd = Buffer.from('\n');

/** @returns JSON of the answer to a read of this record */
export function recordText(record: StoredText, patientId: string): Buffer {
  return Buffer.concat(recordTextParts(record, patientId));
}

/** @returns the answers to reads of these records as NDJSON */
export function recordLines(records: readonly StoredText[], patientId: string): Buffer {
  return Buffer.concat(records.flatMap((record) => [...recordTextParts(record, patientId), lineEnd]));
}

function recordTextParts(record: StoredText, patientId: string): Buffer[] {
  const { id, version, createdAt, updatedAt, text } = record;
  const place = { id, patientId, version, createdAt, updatedAt };
  return copiedAnswer(text, place, recordElements) ?? [writtenAnew(record, patientId)];
}

/** The same text by way of the answer. */
export function writtenAnew(record: StoredText, patientId: string): Buffer {
  return Buffer.from(JSON.stringify(recordAnswer(parsedVersion<ClinicalRecord>(record), patientId)));
}
