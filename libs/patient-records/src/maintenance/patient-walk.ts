import { type PatientKeyStore } from '@app/encryption';
import { type PhiItem, type PhiTable } from '@app/phi-table';
import { keys } from '../keys.js';

/** A page of patients' ids; its rows are ids alone. */
const pageSize = 500;
/** Rows of one patient in memory; 1 MB ends a page as well. */
const rowsAtOnce = 100;

/** Where a walk is: the page, and the last patient of it that is done. */
interface Position {
  erased: boolean;
  after?: string;
  last?: string;
}

interface WalkParts {
  keyStore: PatientKeyStore;
  table: PhiTable;
}

/** Who is met: `living` has a branch key; an erased patient has none and is listed by his erasure. */
export interface Met {
  patientId: string;
  erased: boolean;
  /** Where a walk goes on after this patient. */
  cursor: string;
}

/**
 * Everybody of whom the store holds a row: whoever has a branch key, deleted patients too, then whoever was erased. Who is
 * created during the walk may be missed; who is there the whole time is met at least once.
 */
export async function* everyPatient({ keyStore, table }: WalkParts, cursor?: string): AsyncGenerator<Met> {
  let at: Position = cursor === undefined ? { erased: false } : (JSON.parse(cursor) as Position);
  for (;;) {
    const { patientIds, next } = at.erased
      ? await erasedPatients(table, at.after)
      : await keyStore.patients(pageSize, at.after);
    // A page of a key store may have lost the patient since: then it is walked from its front.
    const start = at.last === undefined ? 0 : patientIds.indexOf(at.last) + 1;
    for (const patientId of patientIds.slice(start)) {
      const position: Position = { ...at, last: patientId };
      yield { patientId, erased: at.erased, cursor: JSON.stringify(position) };
    }
    if (next !== undefined) at = { erased: at.erased, after: next };
    else if (!at.erased) at = { erased: true };
    else return;
  }
}

/** How many the walk will meet: ids alone are read. */
export async function countPatients(parts: WalkParts): Promise<number> {
  let count = 0;
  for await (const _ of everyPatient(parts)) count += 1;
  return count;
}

async function erasedPatients(table: PhiTable, after?: string) {
  const place = { table: 'records', partition: keys.erasures, limit: pageSize } as const;
  const { items, next } = await table.query(after === undefined ? place : { ...place, after });
  const patientIds = items.map(({ attributes }) => attributes['patientId'] as string);
  return { patientIds, ...(next === undefined ? {} : { next }) };
}

/** Every row of a patient's partition whose sort key begins with `prefix`, page by page; what is written behind the walk is not met again. */
export async function* rowsOf(table: PhiTable, patientId: string, prefix = ''): AsyncGenerator<PhiItem[]> {
  const place = {
    table: 'records',
    partition: keys.patientPartition(patientId),
    prefix,
    limit: rowsAtOnce,
  } as const;
  let after: string | undefined;
  do {
    const page = await table.query(after === undefined ? place : { ...place, after });
    yield page.items;
    after = page.next;
  } while (after !== undefined);
}
