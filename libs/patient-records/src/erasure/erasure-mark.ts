import { type PhiItem, type TableWrite } from '@app/phi-table';
import { type DocumentVault } from '../document-vault.js';
import { type Destroyed, type ErasureReason, type ErasureReceipt } from './erasure-receipt.js';
import { replaceHead } from '../head-writes.js';
import { indexChanges, partitionsAfter } from '../index-rows.js';

/** How far an erasure is: sealed in the head, which is all that stays of the patient. */
export interface ErasureState {
  reason: ErasureReason;
  erasedAt: string;
  requestId: string;
  /** Index tokens that the patient had. */
  indexTokens: number;
  /** From when the key store holds no key; `count` is all that was destroyed, or is about to be. */
  keyless?: { at: string; count: Destroyed };
  receipt?: ErasureReceipt;
}

/** @param head of an erased patient, verified */
export const erasureStateOf = (head: PhiItem) =>
  JSON.parse(head.attributes['erasure'] as string) as ErasureState;

/** @returns the index rows that a head still lists, by partition */
export const indexRowsOf = (head: PhiItem) => head.attributes['partitions'] as string[];

/**
 * @returns the writes that leave `state` in the head and take off the index rows that it listed, as many as fit; refused if
 *   anybody wrote the head since it was read
 */
export function markErased(
  vault: DocumentVault,
  head: PhiItem,
  state: ErasureState,
  version = head.attributes['version'] as number,
): TableWrite[] {
  const current = vault.read(head);
  const partitions = partitionsAfter(head, []);
  const item = vault.tombstone(
    { ...current, version, updatedAt: state.erasedAt },
    { erased: true, partitions, erasure: JSON.stringify(state) },
  );
  return [replaceHead(head, item), ...indexChanges(head, partitions, current.patientId)];
}
