import { Readable } from 'node:stream';
import { type ExportLine } from '@app/patient-records';
import { patientAnswer } from './patient-answers.dto.js';
import { recordAnswer } from '../records/record-answers.dto.js';

/** @returns the lines as NDJSON, pulled as fast as the reader takes them */
export function exportStream(lines: AsyncGenerator<ExportLine>, patientId: string): Readable {
  return Readable.from(ndjson(lines, patientId), { objectMode: false, highWaterMark: 64 * 1024 });
}

async function* ndjson(lines: AsyncGenerator<ExportLine>, patientId: string): AsyncGenerator<string> {
  for await (const line of lines) {
    yield `${JSON.stringify(line.type === 'Patient' ? patientAnswer(line.document) : recordAnswer(line.document, patientId))}\n`;
  }
}
