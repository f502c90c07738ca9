import type { ClinicalRecord, ScreeningResult, StoredText } from '@app/patient-records';
import { recordAnswer } from './record-answers.dto.js';
import { recordParts } from './stored-record-text.js';

const screening = Buffer.from(',"screening":');
const lineEnd = Buffer.from('}\n');

/**
 * @returns the answers to reads of these records as NDJSON. What is stored is what an answer holds, so that its text is copied instead of
 *   being parsed and written again; a text of any other shape goes that way (`writtenAnew`), which is the oracle of the specs.
 */
export function recordLines(records: readonly StoredText[], patientId: string): Buffer {
  return Buffer.concat(
    records.flatMap((record) => copied(record, patientId) ?? writtenAnew(record, patientId)),
  );
}

function copied(
  { text, id, version, createdAt, updatedAt }: StoredText,
  patientId: string,
): Buffer[] | undefined {
  const parts = text && recordParts(text);
  if (parts === undefined) return undefined;
  const place = JSON.stringify({ id, patientId, version, createdAt, updatedAt });
  return [Buffer.from(`${place.slice(0, -1)},`), parts.members, screening, parts.screening, lineEnd];
}

/** The same line by way of the answer. */
export function writtenAnew({ text, ...version }: StoredText, patientId: string): Buffer {
  const stored =
    text && (JSON.parse(text.toString('utf8')) as { resource: ClinicalRecord; screening: ScreeningResult });
  return Buffer.from(`${JSON.stringify(recordAnswer({ ...version, ...stored }, patientId))}\n`);
}
