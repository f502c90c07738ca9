import { ByteReader } from './byte-reader.js';
import { needs, Unreadable } from './unreadable.js';

/** A row of the records table. */
export interface StoredRow {
  readonly partition: string;
  readonly sort: string;
  /** In clear: opaque ids, types, versions, times, marks. */
  readonly clear: Readonly<Record<string, unknown>>;
  readonly binaries: ReadonlyMap<string, Buffer>;
}

/** The first byte of a key that belongs to a row; others belong to indexes. */
export const ROW_KEY = 0x01;
const FORMAT = 1;

/**
 * @param key kind of entry (1 byte), length of the partition (2), partition, sort
 * @throws Unreadable
 */
export function parseRowKey(key: Buffer): Pick<StoredRow, 'partition' | 'sort'> {
  const reader = new ByteReader(key);
  needs(reader.uint8() === ROW_KEY, 'An entry is no row.');
  const partition = reader.text();
  return { partition, sort: reader.bytes(reader.left).toString('utf8') };
}

/**
 * @param value format (1 byte), flags (1), length of the header (4), header, binary attributes. The header is JSON:
 *   [expiry, indexes, attributes, [[name, bytes] of each binary]].
 * @throws Unreadable
 */
export function parseRow(key: Buffer, value: Buffer): StoredRow {
  const reader = new ByteReader(value);
  needs(reader.uint8() === FORMAT, 'A row is stored in an unknown format.');
  reader.uint8();
  const header = parseJson(reader.bytes(reader.uint32()));
  needs(Array.isArray(header), 'The header of a row is damaged.');
  const [, , clear, lengths] = header as unknown[];
  needs(isObject(clear) && Array.isArray(lengths), 'The header of a row is damaged.');
  const binaries = new Map<string, Buffer>();
  for (const entry of lengths as unknown[]) {
    const [name, length] = Array.isArray(entry) ? (entry as unknown[]) : [];
    const isLength = typeof name === 'string' && Number.isSafeInteger(length) && (length as number) >= 0;
    needs(isLength, 'The header of a row is damaged.');
    binaries.set(name, reader.bytes(length as number));
  }
  needs(reader.left === 0, 'There are bytes after a row.');
  return { ...parseRowKey(key), clear, binaries };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The parser's own message quotes what it read. */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    throw new Unreadable('Something that should be JSON is not.');
  }
}
