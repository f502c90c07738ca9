import type { DynamoDBRecord } from 'aws-lambda';

/** Folders of the archive. */
export type ArchiveFolder = 'events' | 'checkpoints' | 'changes';

/** A line of the archive, and where it goes. */
export interface ArchiveLine {
  folder: ArchiveFolder;
  /** Of the stream's record: when DynamoDB took the write, UTC. Nobody who writes to the table chooses it. */
  day: string;
  /** Unique in the stream, the same at each repetition. */
  record: string;
  /** JSON without a line break. */
  text: string;
}

const CHAIN = /^CHAIN#/;

/**
 * What the archive keeps of a change to the audit table. A new event stands in it byte for byte as it was stored and sealed:
 * `{"chain": "CHAIN#...", "sequence": 1, "event": {...}}`. Anything that should not have happened is kept whole, with its images
 * before and after: a row that was changed or removed, by an expiry too (the table has none), and one that holds no event.
 * @param record of a stream with both images
 */
export function archiveLine(record: DynamoDBRecord): ArchiveLine {
  const { Keys, NewImage, OldImage, SequenceNumber, ApproximateCreationDateTime } = record.dynamodb ?? {};
  const chain = Keys?.['pk']?.S ?? '';
  const sort = Keys?.['sk']?.S ?? '';
  const event = NewImage?.['attributes']?.M?.['event']?.S;
  const place = {
    day: new Date((ApproximateCreationDateTime ?? 0) * 1000).toISOString().slice(0, 10),
    record: `${SequenceNumber ?? 'none'}-${record.eventID ?? 'none'}`,
  };
  const head = { chain, sequence: Number(sort) };
  const isNew = record.eventName === 'INSERT';
  if (isNew && CHAIN.test(chain) && event !== undefined && isOneLineObject(event)) {
    // Not parsed and written anew: what is sealed is this text.
    return { ...place, folder: 'events', text: `${JSON.stringify(head).slice(0, -1)},"event":${event}}` };
  }
  if (isNew && !CHAIN.test(chain)) {
    return { ...place, folder: 'checkpoints', text: JSON.stringify({ ...head, image: NewImage }) };
  }
  const kept = { change: record.eventName, by: record.userIdentity, before: OldImage, after: NewImage };
  return { ...place, folder: 'changes', text: JSON.stringify({ ...head, ...kept }) };
}

function isOneLineObject(text: string): boolean {
  if (!text.startsWith('{') || /[\r\n]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
