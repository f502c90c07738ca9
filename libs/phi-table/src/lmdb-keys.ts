import type { IndexName, PhiItem, PhiKey, QueryInput } from './phi-table.js';
import { indexPositions, isLocalIndex } from './index-positions.js';
import { sortBounds } from './key-order.js';
import type { QueryPosition } from './query-position.js';

// The first byte of a key says what it is; each kind is one stretch of the B-tree.
const ITEM = 0x01;
const EXPIRY = 0x02;
const INDEX_FIRST = 0x10;
const SEPARATOR = Buffer.from([0]);
const EXPIRY_SECONDS_BYTES = 6;

/** Keys at or after `lower` and before `upper`. */
export interface KeyRange {
  lower: Buffer;
  upper: Buffer;
}

/**
 * kind, length of the partition (2 bytes), partition, sort. With the length in front no partition can be the
 * beginning of another, and within a partition the sort values stand in the order of their UTF-8 bytes.
 */
function partitionedKey(kind: number, partition: string, sort: string): Buffer {
  const partitionBytes = Buffer.byteLength(partition, 'utf8');
  const key = Buffer.allocUnsafe(3 + partitionBytes + Buffer.byteLength(sort, 'utf8'));
  key[0] = kind;
  key.writeUInt16BE(partitionBytes, 1);
  key.write(partition, 3, 'utf8');
  key.write(sort, 3 + partitionBytes, 'utf8');
  return key;
}

export function itemKey(key: { partition: string; sort: string }): Buffer {
  return partitionedKey(ITEM, key.partition, key.sort);
}

/** @returns partition and sort of a key that `itemKey` made */
export function parseItemKey(key: Uint8Array): { partition: string; sort: string } {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.byteLength);
  const sortStart = 3 + bytes.readUInt16BE(1);
  return { partition: bytes.toString('utf8', 3, sortStart), sort: bytes.toString('utf8', sortStart) };
}

// Numbers are part of the file format: an index keeps its number for ever.
const indexKinds: Record<IndexName, number> = {
  recordedAt: INDEX_FIRST,
  typeRecordedAt: INDEX_FIRST + 1,
  patient: INDEX_FIRST + 2,
  agent: INDEX_FIRST + 3,
  day: INDEX_FIRST + 4,
};

/**
 * The index's partition and sort, U+0000, then what tells the item from others of the same sort value. No key holds
 * U+0000, so a sort value that begins another one stands before it.
 */
function indexKey(index: IndexName, partition: string, sort: string, item: PhiKey): Buffer {
  const position = partitionedKey(indexKinds[index], partition, sort);
  const suffix = isLocalIndex(item.table, index) ? Buffer.from(item.sort, 'utf8') : itemKey(item);
  return Buffer.concat([position, SEPARATOR, suffix]);
}

/** Expiry (6 bytes, so that it sorts) and the item's key. */
function expiryKey(expiresAt: number, key: Buffer): Buffer {
  return Buffer.concat([expirySeconds(expiresAt), key]);
}

function expirySeconds(seconds: number): Buffer {
  const bytes = Buffer.allocUnsafe(1 + EXPIRY_SECONDS_BYTES);
  bytes[0] = EXPIRY;
  bytes.writeUIntBE(Math.min(Math.max(0, Math.floor(seconds)), 2 ** 48 - 1), 1, EXPIRY_SECONDS_BYTES);
  return bytes;
}

/** Expiry entries of items that expired at `lower` or later and before `upper`, both in seconds. */
export function expiryRange(lower: number, upper: number): KeyRange {
  return { lower: expirySeconds(lower), upper: expirySeconds(upper) };
}

/** What stands in the database beside an item and points at it: its index entries and its expiry. */
export function entryKeys(item: Omit<PhiItem, 'attributes'>, key: Buffer): Buffer[] {
  const keys = indexPositions(item).map(({ index, partition, sort }) =>
    indexKey(index, partition, sort, item),
  );
  // DynamoDB removes expired items of the records table only; audit events stay.
  if (item.expiresAt !== undefined && item.table === 'records') keys.push(expiryKey(item.expiresAt, key));
  return keys;
}

/** The least key that is greater than every key that begins with `prefix`. UTF-8 has no byte 0xff to carry over. */
function afterPrefix(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix);
  end.writeUInt8(end.readUInt8(end.length - 1) + 1, end.length - 1);
  return end;
}

/** @returns the keys that a query may return, `undefined` if there can be none */
export function queryRange(input: QueryInput, after: QueryPosition | undefined): KeyRange | undefined {
  const bounds = sortBounds(input);
  if (!bounds) return undefined;
  const kind = input.index === undefined ? ITEM : indexKinds[input.index];
  const at = (sort: string) => partitionedKey(kind, input.partition, sort);
  const range: KeyRange = {
    lower: at(bounds.lower ?? ''),
    // An item's key ends with its sort value; an index entry goes on with U+0000.
    upper:
      bounds.upper === undefined
        ? afterPrefix(at(''))
        : Buffer.concat([at(bounds.upper), Buffer.from([input.index === undefined ? 0 : 1])]),
  };
  if (after) {
    const last =
      input.index === undefined
        ? at(after.key.sort)
        : indexKey(input.index, input.partition, after.indexSort ?? '', after.key);
    if (input.descending) range.upper = last;
    else range.lower = Buffer.concat([last, SEPARATOR]);
  }
  return range;
}
