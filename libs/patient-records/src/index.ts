export type { Caller, Idempotency, Page, ScreeningResult, Versioned } from './caller.js';
export type { ClinicalRecord } from './patient.js';
export { openPatientRecords } from './open-patient-records.js';
export { IntegrityBreach } from './integrity-breach.js';
export { OutOfReach } from './patient-gate.js';
export { oneQuery, PatientDirectory } from './patient-directory.js';
export { Patients } from './patients.js';
export { CareTeams, membersAtMost, type CareTeam, type CareTeamMember } from './care-teams.js';
export { Erasure, type ErasureWork } from './erasure.js';
export {
  type Destroyed,
  type ErasureReceipt,
  erasureReasons,
  type ErasureReason,
  type FinalTimes,
} from './erasure-receipt.js';
export { type KeyJobProgress, type KeyJobRun, KeyJobStopped } from './key-job.js';
export { type KeyJobName, type KeyJobReport } from './key-job-report.js';
export { KeyMaintenance } from './key-maintenance.js';
export type { KeyStatus } from './key-status.js';
export { Rescreening, type RescreeningScope } from './rescreening.js';
export { ClinicalRecords, type NewRecord } from './clinical-records.js';
export { PatientExport, type ExportLine } from './patient-export.js';
