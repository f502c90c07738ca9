import type { Attribute, Condition, PhiItem, PhiKey, QueryInput, TableWrite } from './phi-table.js';
import { indexKind } from './index-positions.js';

// What DynamoDB refuses, refused before either adapter is asked: a transaction that works on one machine must not
// fail in the account. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
const MAX_WRITES = 100;
const MAX_BATCH_KEYS = 100;
const MAX_TRANSACTION_BYTES = 4 * 1024 * 1024;
const MAX_ITEM_BYTES = 400 * 1024;
const MAX_ATTRIBUTE_NAME_BYTES = 255;
const MAX_PAGE_ITEMS = 1000;
const SMALLEST_NUMBER = 1e-130;
// Narrower than DynamoDB's 2048 and 1024, so that an index entry of LMDB (both keys in one, 1978 bytes) has room.
export const MAX_PARTITION_BYTES = 512;
export const MAX_SORT_BYTES = 512;
const MAX_INDEX_SORT_BYTES = 256;
/** DynamoDB counts names too. Ours are short; this bounds them together with the type bytes. */
const ITEM_OVERHEAD_BYTES = 200;
const NUMBER_BYTES = 21;
const ELEMENT_OVERHEAD_BYTES = 1;
const CONTAINER_OVERHEAD_BYTES = 3;

function needs(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new RangeError(otherwise);
}

/** A lone surrogate has no UTF-8: it would be stored as another string, and two keys could become one. */
function isWellFormed(text: string): boolean {
  return !/[\ud800-\udfff]/.test(text) || !/\p{Surrogate}/u.test(text);
}

function keyBytes(text: unknown, maxBytes: number, what: string): number {
  needs(typeof text === 'string' && text.length > 0, `${what} is not a string or is empty`);
  const bytes = Buffer.byteLength(text, 'utf8');
  needs(bytes <= maxBytes, `${what} is longer than ${maxBytes} bytes`);
  // U+0000 separates in LMDB's index keys.
  needs(!text.includes('\0') && isWellFormed(text), `${what} holds a character that keys can not hold`);
  return bytes;
}

/** @returns the bytes of the key @throws RangeError */
export function checkKey(key: PhiKey): number {
  needs(key.table === 'records' || key.table === 'audit', 'there is no such table');
  return (
    keyBytes(key.partition, MAX_PARTITION_BYTES, 'a partition key') +
    keyBytes(key.sort, MAX_SORT_BYTES, 'a sort key')
  );
}

function numberFits(value: number): boolean {
  const magnitude = Math.abs(value);
  // The document client refuses larger ones, DynamoDB smaller ones.
  return magnitude === 0 || (magnitude >= SMALLEST_NUMBER && magnitude <= Number.MAX_SAFE_INTEGER);
}

function textBytes(text: unknown): number {
  needs(typeof text === 'string' && isWellFormed(text), 'an attribute is not well-formed text');
  return Buffer.byteLength(text, 'utf8');
}

function attributeBytes(value: Attribute): number {
  if (typeof value === 'string') return textBytes(value);
  if (value instanceof Uint8Array) return value.byteLength;
  if (typeof value === 'boolean') return 1;
  if (typeof value === 'number') {
    needs(numberFits(value), 'an attribute is a number that can not be stored exactly');
    return NUMBER_BYTES;
  }
  needs(Array.isArray(value), 'an attribute is of a type that can not be stored');
  return value.reduce(
    (sum, text) => sum + textBytes(text) + ELEMENT_OVERHEAD_BYTES,
    CONTAINER_OVERHEAD_BYTES,
  );
}

function attributeNameBytes(name: string): number {
  const bytes = textBytes(name);
  // `__proto__` assigned to an object of attributes would change its prototype instead.
  needs(
    bytes > 0 && bytes <= MAX_ATTRIBUTE_NAME_BYTES && name !== '__proto__',
    'an attribute name is not allowed',
  );
  return bytes;
}

function indexBytes(item: PhiItem, primaryKeyBytes: number): number {
  if (!item.indexed) return 0;
  let bytes = 0;
  for (const [index, position] of Object.entries(item.indexed)) {
    if (!position) continue;
    const sortBytes = keyBytes(position.sort, MAX_INDEX_SORT_BYTES, 'the sort value of an index');
    const kind = indexKind(item.table, index);
    needs(kind !== undefined, 'the table has no such index');
    if (kind === 'global') {
      bytes += sortBytes + keyBytes(position.partition, MAX_PARTITION_BYTES, 'the partition of an index');
    } else {
      needs(
        position.partition === undefined || position.partition === item.partition,
        "a local index takes the item's own partition",
      );
      // The limit of an item includes its entries in local secondary indexes (keys only, as the table is defined).
      bytes += sortBytes + primaryKeyBytes + sortBytes + ITEM_OVERHEAD_BYTES;
    }
  }
  return bytes;
}

/** @returns the bytes that DynamoDB counts for the item, never fewer @throws RangeError */
function checkItem(item: PhiItem): number {
  const primaryKeyBytes = checkKey(item);
  needs(
    item.expiresAt === undefined || (Number.isSafeInteger(item.expiresAt) && item.expiresAt > 0),
    'an expiry is not in whole seconds',
  );
  let bytes = ITEM_OVERHEAD_BYTES + primaryKeyBytes + indexBytes(item, primaryKeyBytes);
  for (const [name, value] of Object.entries(item.attributes)) {
    if (value !== undefined)
      bytes += attributeNameBytes(name) + attributeBytes(value) + ELEMENT_OVERHEAD_BYTES;
  }
  needs(bytes <= MAX_ITEM_BYTES, 'an item is larger than 400 KB');
  return bytes;
}

function checkCondition(condition: Condition): void {
  if (condition.type === 'equals') {
    attributeNameBytes(condition.attribute);
    const { value } = condition;
    needs(
      typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean',
      'a condition compares with a type that can not be compared',
    );
    attributeBytes(value);
  }
  if (condition.type === 'absent-or-expired') {
    needs(
      Number.isFinite(condition.nowSeconds) && numberFits(condition.nowSeconds),
      'a condition has no time',
    );
  }
}

function checkNoKeyTwice(keys: readonly PhiKey[]): void {
  if (keys.length < 2) return;
  const seen = new Set(keys.map((key) => `${key.table}\0${key.partition}\0${key.sort}`));
  needs(seen.size === keys.length, 'a key occurs twice');
}

/** @throws RangeError if DynamoDB would refuse these writes whatever is stored */
export function checkWrites(writes: readonly TableWrite[]): void {
  needs(writes.length >= 1 && writes.length <= MAX_WRITES, `a transaction holds 1 to ${MAX_WRITES} writes`);
  let bytes = 0;
  for (const write of writes) {
    bytes += write.type === 'put' ? checkItem(write.item) : checkKey(write.key);
    if (write.condition) checkCondition(write.condition);
  }
  needs(bytes <= MAX_TRANSACTION_BYTES, 'a transaction is larger than 4 MB');
  checkNoKeyTwice(writes.map(writtenKey));
}

/** The key that a write is about. */
export function writtenKey(write: TableWrite): PhiKey {
  return write.type === 'put' ? write.item : write.key;
}

/** @throws RangeError */
export function checkBatchKeys(keys: readonly PhiKey[]): void {
  needs(keys.length <= MAX_BATCH_KEYS, `a batch holds at most ${MAX_BATCH_KEYS} keys`);
  for (const key of keys) checkKey(key);
  checkNoKeyTwice(keys);
}

/** @throws RangeError */
export function checkQuery(input: QueryInput): void {
  needs(input.table === 'records' || input.table === 'audit', 'there is no such table');
  keyBytes(input.partition, MAX_PARTITION_BYTES, 'a partition key');
  needs(
    input.index === undefined || indexKind(input.table, input.index) !== undefined,
    'the table has no such index',
  );
  if (input.prefix) keyBytes(input.prefix, MAX_SORT_BYTES, 'a prefix');
  if (input.from) keyBytes(input.from, MAX_SORT_BYTES, 'the start of a range');
  needs(
    Number.isSafeInteger(input.limit) && input.limit >= 1 && input.limit <= MAX_PAGE_ITEMS,
    `a page holds 1 to ${MAX_PAGE_ITEMS} items`,
  );
}
