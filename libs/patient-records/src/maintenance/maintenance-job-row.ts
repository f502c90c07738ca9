import { type RowSeal } from '@app/encryption';
import { type PhiItem, type PhiTable, type TableWrite } from '@app/phi-table';
import { keys } from '../keys.js';
import { sealItem, verifySeal } from '../sealed-item.js';

/** What a job keeps, so that it goes on where it was after any end of its process. */
export interface MaintenanceJobState {
  /** What the job is about; a run about something else begins anew. */
  scope: string;
  step: string;
  /** When the step began, milliseconds since the epoch. */
  since: number;
  /** Where the step's walk over the patients is. */
  cursor?: string;
  /** Patients that this walk is done with. */
  patients: number;
  /** Whether this walk has changed a row, or could not. */
  dirty: boolean;
  counts: MaintenanceJobCounts;
}

/** Rows of all walks of a job; of a job that works on keys, patients. */
export interface MaintenanceJobCounts {
  examined: number;
  changed: number;
  /** Somebody else changed the row at the same moment, again and again; the next run meets it. */
  skipped: number;
  failed: number;
}

/** A job's row. Whoever holds the lease works; the others wait until it runs out. */
export interface MaintenanceJobRow {
  holder: string;
  /** Milliseconds since the epoch; 0 when nobody works. */
  leaseUntil: number;
  /** False when the job is done: the next run begins anew. */
  unfinished: boolean;
  savedAt: number;
  state: MaintenanceJobState;
}

export interface StoredMaintenanceJob {
  item: PhiItem | undefined;
  /** Absent when there is no row, or it is not what was written there. */
  row?: MaintenanceJobRow;
  damaged: boolean;
}

export async function readMaintenanceJob(
  table: PhiTable,
  rowSeal: RowSeal,
  name: string,
): Promise<StoredMaintenanceJob> {
  const item = await table.get(keys.job(name));
  if (item === undefined) return { item, damaged: false };
  try {
    const row = JSON.parse(verifySeal(rowSeal, item).attributes['row'] as string) as MaintenanceJobRow;
    return { item, row, damaged: false };
  } catch {
    return { item, damaged: true };
  }
}

/** @returns the write of a job's row, unless anybody wrote it since `before` was read */
export function putMaintenanceJob(
  rowSeal: RowSeal,
  name: string,
  row: MaintenanceJobRow,
  before: PhiItem | undefined,
) {
  const item = sealItem(rowSeal, { ...keys.job(name), attributes: { row: JSON.stringify(row) } });
  const value = before?.attributes['seal'];
  const write: TableWrite = {
    type: 'put',
    item,
    condition:
      before === undefined
        ? { type: 'absent' }
        : typeof value === 'string'
          ? { type: 'equals', attribute: 'seal', value }
          : { type: 'present' },
  };
  return { item, write };
}
