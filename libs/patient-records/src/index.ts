export type { Caller, Idempotency, Page, ScreeningResult, Versioned } from './caller.js';
export type { ClinicalRecord } from './patient.js';
export { openPatientRecords } from './open-patient-records.js';
export { IntegrityBreach } from './integrity-breach.js';
export { OutOfReach } from './patient-gate.js';
export { oneQuery, PatientDirectory } from './patient-directory.js';
export { Patients } from './patients.js';
export { CareTeams, membersAtMost, type CareTeam, type CareTeamMember } from './care-teams.js';
export { EmergencyAccesses } from './emergency-access/emergency-accesses.js';
export {
  type EmergencyAccess,
  type EmergencyStatus,
  reviewFindings,
  type ReviewFinding,
} from './emergency-access/emergency-entry.js';
export { type EmergencyCase, EmergencyReviews } from './emergency-access/emergency-reviews.js';
export { Erasure, type ErasureWork } from './erasure/erasure.js';
export {
  type Destroyed,
  type ErasureReceipt,
  erasureReasons,
  type ErasureReason,
  type FinalTimes,
} from './erasure/erasure-receipt.js';
export {
  type MaintenanceJobProgress,
  type MaintenanceJobRun,
  MaintenanceJobStopped,
} from './maintenance/maintenance-job.js';
export { type MaintenanceJobName, type MaintenanceJobReport } from './maintenance/maintenance-job-report.js';
export { KeyMaintenance } from './maintenance/key-maintenance.js';
export type { KeyStatus } from './maintenance/key-status.js';
export { Rescreening, type RescreeningScope } from './maintenance/rescreening.js';
export { queuedPatients } from './maintenance/rescreening-queue.js';
export { ClinicalRecords } from './clinical-records.js';
export { type NewRecord } from './new-record.js';
export { PatientExport, type ExportPart } from './patient-export.js';
export { parsedVersion, type StoredText } from './document-vault.js';
export { recordCensus } from './stored-versions.js';
