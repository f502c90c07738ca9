import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { gzipSync } from 'node:zlib';
import { type ArchiveFolder, type ArchiveLine, archiveLine } from './archive-lines.js';

export interface AuditArchiverOptions {
  client: S3Client;
  bucket: string;
  /** Takes one line of JSON for each call: counts alone. A metric filter reads `changes` of it. */
  log: (line: string) => void;
}

/**
 * Copies what the audit table's stream tells into the archive bucket, one object for each folder and day of a batch.
 *
 * An object is named after its first record. Lambda repeats a batch from its beginning, whole or in halves: so a
 * repetition writes the same names, and what the archive shows holds each record once. (Earlier versions stay, locked.)
 * @throws what S3 throws: the batch comes again then
 */
export function auditArchiver({ client, bucket, log }: AuditArchiverOptions) {
  return async (event: DynamoDBStreamEvent): Promise<void> => {
    const lines = event.Records.map(archiveLine);
    for (const [first, group] of grouped(lines)) {
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: `${first.folder}/${first.day.replaceAll('-', '/')}/${first.record}.ndjson.gz`,
          Body: gzipSync(`${group.map(({ text }) => text).join('\n')}\n`),
          ContentType: 'application/gzip',
        }),
      );
    }
    const count = (folder: ArchiveFolder) => lines.filter((line) => line.folder === folder).length;
    const counts = { events: count('events'), checkpoints: count('checkpoints'), changes: count('changes') };
    log(`${JSON.stringify({ message: 'archived', ...counts })}\n`);
  };
}

/** @returns the lines of each folder and day, with the first of them */
function grouped(lines: readonly ArchiveLine[]): [ArchiveLine, ArchiveLine[]][] {
  const groups = new Map<string, [ArchiveLine, ArchiveLine[]]>();
  for (const line of lines) {
    const name = `${line.folder}/${line.day}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [line, [line]]);
    else group[1].push(line);
  }
  return [...groups.values()];
}
