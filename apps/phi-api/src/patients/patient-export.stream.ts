import { Readable } from 'node:stream';
import { type ExportLine } from '@app/patient-records';
import { patientAnswer } from './patient-answers.dto.js';
import { recordAnswer } from '../records/record-answers.dto.js';

/**
 * @param failed told when a line cannot be made: the status has left, so the answer can only break off
 * @returns the lines as NDJSON, pulled as fast as the reader takes them
 */
export function exportStream(
  lines: AsyncGenerator<ExportLine>,
  patientId: string,
  failed: (error: unknown) => Promise<void>,
): Readable {
  return Readable.from(ndjson(lines, patientId, failed), { objectMode: false, highWaterMark: 64 * 1024 });
}

async function* ndjson(
  lines: AsyncGenerator<ExportLine>,
  patientId: string,
  failed: (error: unknown) => Promise<void>,
): AsyncGenerator<string> {
  try {
    for await (const line of lines) {
      yield `${JSON.stringify(line.type === 'Patient' ? patientAnswer(line.document) : recordAnswer(line.document, patientId))}\n`;
    }
  } catch (error) {
    await failed(error);
    throw error;
  }
}
