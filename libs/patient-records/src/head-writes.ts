import { type PhiItem, type TableWrite } from '@app/phi-table';
import { Problem, problemTypes } from '@app/problem-details';

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

/** @throws Problem `precondition-failed` if the version that the caller read is not the current one */
export function needVersion(expected: number | '*', current: number): void {
  if (expected !== '*' && expected !== current) throw new Problem(problemTypes.preconditionFailed);
}
