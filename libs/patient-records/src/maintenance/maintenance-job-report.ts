import { type AuditEventType } from '@app/audit';
import { type MaintenanceJobCounts } from './maintenance-job-row.js';

/** The jobs, and what the trail calls what they do. */
export const maintenanceJobs = {
  rotate: 'key-rotate',
  'kms-key': 'key-rotate',
  're-encrypt': 'record-re-encrypt',
  reindex: 'patient-reindex',
  rescreen: 'record-rescreen',
} as const satisfies Record<string, AuditEventType>;
export type MaintenanceJobName = keyof typeof maintenanceJobs;

export interface MaintenanceJobFailure {
  /** Opaque ids both; absent of what belongs to no patient. */
  patientId?: string;
  row?: string;
  /** Name of the problem. */
  problem: string;
}

export interface MaintenanceJobReport extends MaintenanceJobCounts {
  job: MaintenanceJobName;
  /**
   * `waiting`: the job has to be run again, not before `notBefore`; `blocked`: when the rows that failed are mended;
   * `stopped`: at any time.
   */
  outcome: 'done' | 'waiting' | 'blocked' | 'stopped';
  /** Why it is blocked or was stopped. */
  reason?: string;
  /** ISO 8601. */
  notBefore?: string;
  /** In the last walk. */
  patients: number;
  /** The first hundred of this run; `failed` counts all. */
  failures: MaintenanceJobFailure[];
  seconds: number;
}
