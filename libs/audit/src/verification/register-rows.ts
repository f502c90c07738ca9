import { type PhiTable } from '@app/phi-table';
import { auditKeys, padded } from '../audit-item.js';
import { checkpointDigest } from '../checkpoint.js';
import { readCheckpoint } from './checkpoint-text.js';

/** Where a walk over the register begins. */
export interface RegisterStart {
  /** Number of the first checkpoint. */
  from: number;
  /** Digest of the one before, which the first one must hold; `undefined` where it is not known. */
  previous: string | undefined;
}

export const wholeRegister: RegisterStart = { from: 1, previous: '' };

/** @returns the start of a walk from that checkpoint on; the one before is taken as it is */
export async function startAt(table: PhiTable, from: number): Promise<RegisterStart> {
  if (from <= 1) return wholeRegister;
  const before = await checkpointText(table, from - 1);
  return { from, previous: typeof before === 'string' ? checkpointDigest(before) : undefined };
}

/** Halves the register until it finds the first checkpoint of that moment or after. */
export async function firstCheckpointSince(table: PhiTable, since: Date): Promise<RegisterStart> {
  let low = 1;
  let high = ((await registerHead(table))?.number ?? 0) + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const at = readCheckpoint(await checkpointText(table, middle))?.at;
    if (at !== undefined && Date.parse(at) < since.getTime()) low = middle + 1;
    else high = middle;
  }
  return startAt(table, low);
}

/** @returns the text of a checkpoint, or whatever its row holds in its place */
export async function checkpointText(table: PhiTable, number: number): Promise<unknown> {
  return (await table.get(auditKeys.checkpoint(number)))?.attributes['checkpoint'];
}

/** What the head row says, whatever it holds. */
export interface RegisterHead {
  number: number;
  digest: string;
}

/** @returns the newest checkpoint according to the head row */
export async function registerHead(table: PhiTable): Promise<RegisterHead | undefined> {
  const row = await table.get(auditKeys.head);
  if (row === undefined) return undefined;
  const { number, digest } = row.attributes;
  return { number: typeof number === 'number' ? number : 0, digest: String(digest) };
}

/** @returns the number of the next row of the register behind that number */
export async function nextCheckpointAfter(table: PhiTable, number: number): Promise<number | undefined> {
  const from = padded(number + 1);
  const { items } = await table.query({ table: 'audit', partition: auditKeys.checkpoints, from, limit: 1 });
  const found = Number(items[0]?.sort);
  return Number.isSafeInteger(found) ? found : undefined;
}

/** @returns the number of the last row of the register, 0 for none */
export async function lastCheckpoint(table: PhiTable): Promise<number> {
  const query = { table: 'audit', partition: auditKeys.checkpoints, descending: true, limit: 1 } as const;
  const { items } = await table.query(query);
  return Number(items[0]?.sort ?? 0) || 0;
}
