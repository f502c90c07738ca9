import { type PhiItem, type TableWrite } from '@app/phi-table';
import { keys } from './keys.js';

/** @returns the write that puts a patient under a blind-index partition; a unique one must be free */
export function putIndexRow(partition: string, patientId: string): TableWrite {
  if (partition.startsWith('UNIQUE#')) {
    return {
      type: 'put',
      item: { ...keys.unique(partition), attributes: { patientId } },
      condition: { type: 'absent' },
    };
  }
  return { type: 'put', item: { ...keys.index(partition, patientId), attributes: { patientId } } };
}

/** An erased patient stands nowhere, and his head lists nothing. */
export const partitionsOf = (head: PhiItem) => (head.attributes['partitions'] ?? []) as string[];

/** Index rows that one change may take off and put on; with head, version and event they fit one transaction. */
const changesAtMost = 90;

/**
 * @param wanted where the patient should stand
 * @returns where he will stand after one change. Rows of searches that one transaction cannot take off as well go with the
 *   next change: a search decrypts and compares. It happens only while rows stand under two roots.
 */
export function partitionsAfter(head: PhiItem, wanted: string[]): string[] {
  const before = partitionsOf(head);
  const removed = before.filter((partition) => !wanted.includes(partition));
  const added = wanted.filter((partition) => !before.includes(partition));
  const surplus = removed.length + added.length - changesAtMost;
  if (surplus <= 0) return wanted;
  const left = removed.filter((partition) => !partition.startsWith('UNIQUE#')).slice(0, surplus);
  return [...wanted, ...left].sort();
}

/** @returns the writes that bring the index rows from what the head lists to `partitions` */
export function indexChanges(head: PhiItem, partitions: string[], patientId: string): TableWrite[] {
  const before = new Set(partitionsOf(head));
  const after = new Set(partitions);
  const removed = [...before].filter((partition) => !after.has(partition));
  const added = [...after].filter((partition) => !before.has(partition));
  return [
    ...removed.map((partition): TableWrite => {
      const unique = partition.startsWith('UNIQUE#');
      return { type: 'delete', key: unique ? keys.unique(partition) : keys.index(partition, patientId) };
    }),
    ...added.map((partition) => putIndexRow(partition, patientId)),
  ];
}
