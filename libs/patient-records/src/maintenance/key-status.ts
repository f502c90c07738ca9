import { type IndexRoots, type PatientKeyStore, type RowSeal } from '@app/encryption';
import { type PhiItem, type PhiTable } from '@app/phi-table';
import { Problem } from '@app/problem-details';
import { everyEntry } from '../emergency-access/emergency-entry.js';
import { type DocumentVault } from '../document-vault.js';
import { partitionsOf } from '../index-rows.js';
import { type MaintenanceJobName, maintenanceJobs } from './maintenance-job-report.js';
import { readMaintenanceJob } from './maintenance-job-row.js';
import { profile } from '../keys.js';
import { countPatients, everyPatient, rowsOf } from './patient-walk.js';
import { Pace, type PaceOptions } from './pace.js';
import { verifySeal } from '../sealed-item.js';

/** What is under which key. Ids of keys and counts alone. */
export interface KeyStatus {
  patients: number;
  erased: number;
  /** Rows of the key store by the ARN of the KMS key that wraps them. */
  kmsKeys: Record<string, number>;
  messages: { underActiveKey: number; underOlderKey: number };
  indexRoot: { active: number; versions: number[]; retired: number[] };
  /** Index rows that heads list, by root version. */
  indexRows: Record<string, number>;
  /** Sealed rows by root version. */
  seals: Record<string, number>;
  /** Rows that are not what was written there. */
  damaged: number;
  jobs: { job: MaintenanceJobName; unfinished: boolean; step: string; lastAlive: string }[];
}

interface KeyStatusParts {
  table: PhiTable;
  keyStore: PatientKeyStore;
  rowSeal: RowSeal;
  indexRoots: IndexRoots;
  vault: DocumentVault;
}

/** Reads every row and changes none. @throws the signal's reason when it is aborted */
export async function keyStatus(
  parts: KeyStatusParts,
  options: PaceOptions,
  onProgress: (done: number, total: number) => void,
): Promise<KeyStatus> {
  const { active, roots, retired } = parts.indexRoots;
  const status: KeyStatus = {
    patients: 0,
    erased: 0,
    kmsKeys: Object.fromEntries(await parts.keyStore.kmsKeyUse()),
    messages: { underActiveKey: 0, underOlderKey: 0 },
    indexRoot: { active, versions: Object.keys(roots).map(Number), retired: [...retired] },
    indexRows: {},
    seals: {},
    damaged: 0,
    jobs: await jobsOf(parts),
  };
  const pace = new Pace(options);
  const total = await countPatients(parts);
  for await (const { patientId, erased } of everyPatient(parts)) {
    if (erased) status.erased += 1;
    else status.patients += 1;
    const activeKey = await parts.keyStore.activeVersion(patientId);
    for await (const rows of rowsOf(parts.table, patientId)) {
      for (const row of rows) countRow(parts, row, activeKey, status);
      pace.worked(rows.length);
      while (await pace.rested(1000));
      options.signal.throwIfAborted();
    }
    onProgress(status.patients + status.erased, total);
  }
  for await (const entries of everyEntry(parts.table)) {
    for (const entry of entries) countRow(parts, entry, undefined, status);
    options.signal.throwIfAborted();
  }
  return status;
}

function countRow(parts: KeyStatusParts, row: PhiItem, activeKey: string | undefined, status: KeyStatus) {
  try {
    verifySeal(parts.rowSeal, row);
    const { seal, message } = row.attributes;
    increment(status.seals, parts.rowSeal.versionOf(seal as string));
    if (row.sort === profile) {
      for (const partition of partitionsOf(row)) increment(status.indexRows, versionIn(partition));
    }
    if (message === undefined) return;
    const current = parts.vault.keyVersion(row) === activeKey;
    status.messages[current ? 'underActiveKey' : 'underOlderKey'] += 1;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    status.damaged += 1;
  }
}

/** `UNIQUE#<version>#<token>` or `INDEX#<field>#<version>#<token>`. */
const versionIn = (partition: string) => partition.split('#').at(-2);

function increment(counts: Record<string, number>, version: string | number | undefined): void {
  counts[String(version)] = (counts[String(version)] ?? 0) + 1;
}

async function jobsOf({ table, rowSeal }: KeyStatusParts): Promise<KeyStatus['jobs']> {
  const jobs: KeyStatus['jobs'] = [];
  for (const job of Object.keys(maintenanceJobs) as MaintenanceJobName[]) {
    const { row } = await readMaintenanceJob(table, rowSeal, job);
    if (row === undefined) continue;
    const { unfinished, savedAt, state } = row;
    jobs.push({ job, unfinished, step: state.step, lastAlive: new Date(savedAt).toISOString() });
  }
  return jobs;
}
