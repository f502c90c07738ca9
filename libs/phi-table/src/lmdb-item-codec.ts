import { storedIndexed } from './index-positions.js';
import type { Attribute, PhiItem, PhiKey } from './phi-table.js';

// Format 1: version (1 byte), flags (1), length of the header (4), header, then the binary attributes one after
// another. The header is JSON, which V8 reads faster than any decoder written in JavaScript.
const FORMAT = 1;
const FLAGS_AT = 1;
const HEADER_LENGTH_AT = 2;
const HEADER_AT = 6;
/** The item has index entries or an expiry, which go when it goes. */
const HAS_ENTRIES = 1;

type Header = [
  expiresAt: number | 0,
  indexed: PhiItem['indexed'] | 0,
  attributes: Record<string, Exclude<Attribute, Uint8Array>>,
  binaries: [name: string, bytes: number][],
];

/** @returns everything of the item but its key, which is the key of the entry; a copy of all bytes */
export function encodeItem(item: PhiItem): Buffer {
  const attributes: Header[2] = {};
  const binaries: Header[3] = [];
  const values: Uint8Array[] = [];
  for (const [name, value] of Object.entries(item.attributes)) {
    if (value instanceof Uint8Array) {
      binaries.push([name, value.byteLength]);
      values.push(value);
    } else if (value !== undefined) attributes[name] = value;
  }
  const indexed = storedIndexed(item);
  const header: Header = [item.expiresAt ?? 0, indexed ?? 0, attributes, binaries];
  const json = JSON.stringify(header);
  const headerBytes = Buffer.byteLength(json, 'utf8');
  const bytes = Buffer.allocUnsafe(
    values.reduce((sum, value) => sum + value.byteLength, HEADER_AT + headerBytes),
  );
  bytes[0] = FORMAT;
  bytes[FLAGS_AT] = indexed !== undefined || item.expiresAt !== undefined ? HAS_ENTRIES : 0;
  bytes.writeUInt32BE(headerBytes, HEADER_LENGTH_AT);
  bytes.write(json, HEADER_AT, 'utf8');
  let position = HEADER_AT + headerBytes;
  for (const value of values) {
    bytes.set(value, position);
    position += value.byteLength;
  }
  return bytes;
}

/** Whether the stored item has index entries or an expiry, without reading its header. */
export function hasEntries(stored: Buffer): boolean {
  return (stored[FLAGS_AT]! & HAS_ENTRIES) !== 0;
}

function readHeader(stored: Buffer): { header: Header; end: number } {
  if (stored[0] !== FORMAT) throw new Error('an item is stored in a format that this version does not know');
  const end = HEADER_AT + stored.readUInt32BE(HEADER_LENGTH_AT);
  try {
    return { header: JSON.parse(stored.toString('utf8', HEADER_AT, end)) as Header, end };
  } catch {
    // The parser's message quotes what it read, so it is not passed on.
    throw new Error('an item is damaged');
  }
}

/**
 * The item without its binary attributes, which conditions and index entries do not need.
 * @param stored what `encodeItem` made
 */
export function decodeWithoutBinaries(key: PhiKey, stored: Buffer): PhiItem {
  return itemOf(key, readHeader(stored).header);
}

/**
 * @param stored what `encodeItem` made, in memory that nobody else writes: the item keeps views of it
 */
export function decodeItem(key: PhiKey, stored: Buffer): PhiItem {
  const { header, end } = readHeader(stored);
  const item = itemOf(key, header);
  let position = stored.byteOffset + end;
  for (const [name, length] of header[3]) {
    item.attributes[name] = new Uint8Array(stored.buffer, position, length);
    position += length;
  }
  return item;
}

function itemOf(key: PhiKey, [expiresAt, indexed, attributes]: Header): PhiItem {
  const item: PhiItem = { table: key.table, partition: key.partition, sort: key.sort, attributes };
  if (indexed) item.indexed = indexed;
  if (expiresAt) item.expiresAt = expiresAt;
  return item;
}
