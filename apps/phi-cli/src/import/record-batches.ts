import type { PlannedRecord } from './bundle-plan.js';

/** A record as it is sent. */
export interface EncodedRecord {
  readonly record: PlannedRecord;
  /** Body of the record's own request, JSON: an object that is not empty. */
  readonly body: string;
}

/** As many as the service takes at once: they are one transaction, and one event of the trail names them all. */
const recordsAtMost = 50;
/** A third of what the service takes unless it is configured otherwise: sixteen batches under way fit in memory. */
const bytesAtMost = 1024 * 1024;

/** Gathers records of a patient into batches, in their order. A record that is larger than a batch goes alone. */
export function* batchesOf(records: Iterable<EncodedRecord>): Generator<EncodedRecord[]> {
  let batch: EncodedRecord[] = [];
  let bytes = 0;
  for (const encoded of records) {
    const size = Buffer.byteLength(encoded.body);
    if (batch.length === recordsAtMost || (batch.length > 0 && bytes + size > bytesAtMost)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(encoded);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** @returns the body of the batch's request, JSON, of texts that are JSON already */
export const batchBody = (batch: readonly EncodedRecord[]): string =>
  `{"records":[${batch.map(({ record, body }) => `{"id":"${record.recordId}",${body.slice(1)}`).join(',')}]}`;
