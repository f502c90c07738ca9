import { type PhiItem, type TableWrite } from '@app/phi-table';

/** @returns the write that replaces a head row, unless somebody else did since it was read */
export function replaceHead(head: PhiItem, item: PhiItem): TableWrite {
  const value = head.attributes['version'] as number;
  return { type: 'put', item, condition: { type: 'equals', attribute: 'version', value } };
}

/** A record of a patient who is being deleted at this moment would be left behind. */
export function stillThere({ table, partition, sort }: PhiItem): TableWrite {
  const condition = { type: 'equals', attribute: 'deleted', value: false } as const;
  return { type: 'check', key: { table, partition, sort }, condition };
}
