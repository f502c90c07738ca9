import { parsedVersion, type StoredText } from '@app/patient-records';
import { copiedAnswer, elementsOf } from '../http/stored-answer.js';
import { patientAnswer, patientElements } from './patient-answers.dto.js';

const elements = elementsOf(patientElements);

/** @returns JSON of the answer to a read of this patient */
export function patientText(patient: StoredText): Buffer {
  const { text, ...place } = patient;
  const copied = copiedAnswer(text, place, elements);
  return copied === undefined ? writtenAnew(patient) : Buffer.concat(copied);
}

/** The same text by way of the answer. */
export function writtenAnew(patient: StoredText): Buffer {
  return Buffer.from(JSON.stringify(patientAnswer(parsedVersion(patient))));
}
