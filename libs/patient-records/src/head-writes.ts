import { ConditionFailed, type PhiItem, type TableWrite } from '@app/phi-table';
import { Problem, problemTypes } from '@app/problem-details';

/**
 * @returns the write that replaces a row, unless anybody wrote it since it was read: the seal differs for every change
 * of what stands in clear, and `rewritten` stands there for a message that was encrypted anew
 */
export function replaceHead(head: PhiItem, item: PhiItem): TableWrite {
  const value = head.attributes['seal'] as string;
  return { type: 'put', item, condition: { type: 'equals', attribute: 'seal', value } };
}

const attempts = 5;

/**
 * A key job may write a head anew between the moment a change reads it and the moment it commits; the document's
 * version stays. The change then runs again from its start and judges the version that it finds.
 * @param change answers `precondition-failed` with a `ConditionFailed` as cause when its head was not the one it read
 */
export async function unlessMoved<T>(change: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await change();
    } catch (error) {
      if (attempt === attempts || !(error instanceof Problem) || !(error.cause instanceof ConditionFailed))
        throw error;
      if (error.type !== problemTypes.preconditionFailed) throw error;
    }
  }
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
