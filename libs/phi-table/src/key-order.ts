import { MAX_SORT_BYTES } from './item-limits.js';

/** Inclusive bounds of sort values; an absent bound is open. */
export interface SortBounds {
  lower?: string;
  upper?: string;
}

/** Compares as DynamoDB and LMDB do: by UTF-8 bytes. `<` compares UTF-16 units, which differs beyond U+FFFF. */
export function compareSort(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
}

/**
 * No sort value with this prefix is greater: U+10FFFF is the greatest scalar value in UTF-8 bytes as well, and the
 * bound is at least as long as a sort value may be. (A prefix "plus one" is not always a string.)
 */
function greatestWithPrefix(prefix: string): string {
  const missingBytes = Math.max(0, MAX_SORT_BYTES - Buffer.byteLength(prefix, 'utf8'));
  return prefix + '\u{10FFFF}'.repeat(Math.ceil(missingBytes / 4));
}

/**
 * What `prefix`, `from` and `descending` of a query ask for, as one range.
 * @returns `undefined` if no sort value can lie in it
 */
export function sortBounds(input: {
  prefix?: string;
  from?: string;
  descending?: boolean;
}): SortBounds | undefined {
  const prefix = input.prefix || undefined;
  const from = input.from || undefined;
  const bounds: SortBounds = prefix ? { lower: prefix, upper: greatestWithPrefix(prefix) } : {};
  if (from === undefined) return bounds;
  if (input.descending) {
    if (bounds.upper === undefined || compareSort(from, bounds.upper) < 0) bounds.upper = from;
  } else if (bounds.lower === undefined || compareSort(from, bounds.lower) > 0) bounds.lower = from;
  const { lower, upper } = bounds;
  return lower !== undefined && upper !== undefined && compareSort(lower, upper) > 0 ? undefined : bounds;
}
