import { type PhiItem, type PhiTable } from '@app/phi-table';
import type { Page, Versioned } from './caller.js';
import { type DocumentVault } from './document-vault.js';
import { keys } from './keys.js';

/** @returns versions of a document, newest first, starting below `before` or at the head */
export async function versionsBefore<T>(
  { table, vault }: { table: PhiTable; vault: DocumentVault },
  head: PhiItem,
  id: string,
  before: number | undefined,
  limit: number,
): Promise<Page<Versioned<T>>> {
  const rows = before === undefined ? [head] : [];
  // Bounded by the head that was read: one superseded since is a row by now, and would show up twice.
  const bound = before ?? (head.attributes['version'] as number);
  if (rows.length < limit && bound > 1) {
    const page = await table.query({
      table: 'records',
      partition: head.partition,
      prefix: keys.versionPrefix(id),
      from: keys.versionBelow(id, bound),
      descending: true,
      limit: limit - rows.length,
    });
    rows.push(...page.items);
  }
  const items = await Promise.all(withinAnswer(rows).map((row) => vault.unlock<T>(row)));
  const last = items.at(-1)?.version ?? 1;
  return { items, ...(last > 1 && items.length > 0 ? { next: String(last) } : {}) };
}

/** API Gateway ends an answer at 10 MB; JSON and its escapes need room. Bytes of ciphertext. */
const answerAtMost = 4 * 1024 * 1024;

/** @returns the first rows that fit in one answer, one at least */
export function withinAnswer(rows: PhiItem[]): PhiItem[] {
  let bytes = 0;
  const end = rows.findIndex((row, position) => {
    const message = row.attributes['message'];
    bytes += message instanceof Uint8Array ? message.length : 0;
    return position > 0 && bytes > answerAtMost;
  });
  return end === -1 ? rows : rows.slice(0, end);
}
