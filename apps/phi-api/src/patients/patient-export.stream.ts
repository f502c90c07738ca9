import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { type ExportPart } from '@app/patient-records';
import { patientAnswer } from './patient-answers.dto.js';
import { recordLines } from '../records/record-line.js';

/**
 * @param failed told when a line cannot be made: the status has left, so the answer can only break off
 * @returns the lines as NDJSON, a page of records at a time, pulled as fast as the reader takes them
 */
export function exportStream(
  parts: AsyncGenerator<ExportPart>,
  patientId: string,
  failed: (error: unknown) => Promise<void>,
): Readable {
  return Readable.from(ndjson(parts, patientId, failed), { objectMode: false, highWaterMark: 64 * 1024 });
}

async function* ndjson(
  parts: AsyncGenerator<ExportPart>,
  patientId: string,
  failed: (error: unknown) => Promise<void>,
): AsyncGenerator<Buffer> {
  try {
    for await (const part of parts) {
      yield part.type === 'Patient'
        ? Buffer.from(`${JSON.stringify(patientAnswer(part.document))}\n`)
        : recordLines(part.records, patientId);
      // On the embedded platform nothing of this waits for anybody: without a turn, every other request would wait for all of it.
      await setImmediate();
    }
  } catch (error) {
    await failed(error);
    throw error;
  }
}
