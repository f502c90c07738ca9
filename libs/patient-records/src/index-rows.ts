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

/** @returns the writes that bring the index rows from what the head lists to `partitions` */
export function indexChanges(head: PhiItem, partitions: string[], patientId: string): TableWrite[] {
  const before = new Set(head.attributes['partitions'] as string[]);
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
