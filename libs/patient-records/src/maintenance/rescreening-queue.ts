import { randomUUID } from 'node:crypto';
import { ConditionFailed, type PhiItem, type PhiTable, type TableWrite } from '@app/phi-table';
import type { ScreeningResult } from '../caller.js';
import { keys, listShards, patientIdOf } from '../keys.js';

/**
 * Who has documents that were stored while a part of the detector was out of reach: one row a patient, whatever their number,
 * because the transaction of a batch has no room for one each. A fresh mark with each write says that it is due again.
 * @returns the write that queues the patient, if there is a reason to; it has no condition and cannot be refused
 */
export function queueIfDegraded(patientId: string, screened: readonly ScreeningResult[]): TableWrite[] {
  if (!screened.some(({ degraded }) => degraded)) return [];
  return [{ type: 'put', item: { ...keys.rescreen(patientId), attributes: { mark: randomUUID() } } }];
}

const pageSize = 500;

/** The ids of everybody who is queued; who is queued or taken off meanwhile may be missed. */
export async function* queuedPatients(table: PhiTable): AsyncGenerator<string> {
  for (let shard = 0; shard < listShards; shard++) {
    const place = { table: 'records', partition: keys.rescreenPartition(shard), limit: pageSize } as const;
    let after: string | undefined;
    do {
      const page = await table.query(after === undefined ? place : { ...place, after });
      for (const { sort } of page.items) yield patientIdOf(sort);
      after = page.next;
    } while (after !== undefined);
  }
}

/** @returns false if the patient was queued again since the row was read */
export async function takeOffQueue(table: PhiTable, { attributes, ...key }: PhiItem): Promise<boolean> {
  const value = attributes['mark'] as string;
  try {
    // Without an event: the row says nothing that the events of the documents do not.
    await table.transactWrite([
      { type: 'delete', key, condition: { type: 'equals', attribute: 'mark', value } },
    ]);
    return true;
  } catch (error) {
    if (error instanceof ConditionFailed) return false;
    throw error;
  }
}
