import { createHash } from 'node:crypto';
import { checkKey } from './item-limits.js';
import type { PhiKey, QueryInput } from './phi-table.js';

/** Where a page ended: the last item's key, and its sort value in the index that was queried. */
export interface QueryPosition {
  key: PhiKey;
  indexSort?: string;
}

/** Everything of a query but its page size: a position taken from one query means nothing in another. */
function fingerprint(input: QueryInput): string {
  const { table, partition, index, prefix, from, descending } = input;
  const scope = [table, partition, index ?? '', prefix ?? '', from ?? '', descending ?? false];
  return createHash('sha256').update(JSON.stringify(scope)).digest('base64url').slice(0, 22);
}

/** @returns `next` of a page; not secret to the store, but it holds keys */
export function encodePosition(input: QueryInput, position: QueryPosition): string {
  const { key, indexSort } = position;
  const parts = [
    fingerprint(input),
    key.partition,
    key.sort,
    ...(indexSort === undefined ? [] : [indexSort]),
  ];
  return Buffer.from(JSON.stringify(parts), 'utf8').toString('base64url');
}

/** @throws RangeError if `after` was not made by this query */
export function decodePosition(input: QueryInput): QueryPosition | undefined {
  if (input.after === undefined) return undefined;
  const parts = parsedStrings(input.after);
  const [scope, partition, sort, indexSort] = parts;
  const expectedParts = input.index === undefined ? 3 : 4;
  if (
    parts.length !== expectedParts ||
    scope !== fingerprint(input) ||
    partition === undefined ||
    sort === undefined
  ) {
    throw new RangeError('the position does not belong to this query');
  }
  const key: PhiKey = { table: input.table, partition, sort };
  checkKey(key);
  if (indexSort !== undefined) checkKey({ ...key, sort: indexSort });
  return { key, indexSort };
}

function parsedStrings(after: string): string[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(after, 'base64url').toString('utf8'));
    return Array.isArray(parts) && parts.every((part) => typeof part === 'string') ? parts : [];
  } catch {
    return [];
  }
}
