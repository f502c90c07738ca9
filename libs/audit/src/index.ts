export { AuditTrail, type AuditListener, type AuditTrailOptions } from './audit-trail.js';
export { ClockStep } from './event-clock.js';
export { timeOrderedUuid } from './own-events.js';
export { findingCounts } from './audit-event.js';
export type {
  AuditAgent,
  AuditEntity,
  AuditEvent,
  AuditEventType,
  AuditOrigin,
  AuditOutcome,
  StoredAuditEvent,
} from './audit-event.js';
export { auditIndexes, auditKeys, auditRow, type AuditRow, dayShards, eventLeaf } from './audit-item.js';
export {
  type Checkpoint,
  checkpointDigest,
  type CheckpointKind,
  CheckpointSigner,
  keyIdOf,
  type SignedCheckpoint,
  verifyCheckpoint,
} from './checkpoint.js';
export { type CheckpointHead, CheckpointLog, CorruptCheckpoint } from './checkpoint-log.js';
export { type InclusionProof, inclusionProof, verifyInclusion } from './inclusion-proof.js';
export { KmsCheckpointSigner } from './kms-checkpoint-signer.js';
export { LocalCheckpointSigner } from './local-checkpoint-signer.js';
export { type MassRead, MassReadWatch, type MassReadWatchOptions } from './watching/mass-read-watch.js';
export { type AuditFilter, AuditReader } from './audit-reader.js';
export { type AccountingRequest, accountingOf, type Disclosure } from './accounting-of-disclosures.js';
export { type FhirAuditEvent, toFhirAuditEvent } from './fhir-audit-event.js';
export { type AuditAction, renderings } from './fhir-codes.js';
export { purposesOfUse } from './purposes-of-use.js';
export { type CloudTrailSource, CloudTrailUnavailable } from './cloudtrail/cloudtrail-source.js';
export { EventLookup } from './cloudtrail/event-lookup.js';
export { reconcile, type ReconciliationOptions } from './cloudtrail/reconciliation.js';
export {
  cloudTrailDeliveryMilliseconds,
  type Finding,
  type FindingReason,
  type ReconciliationReport,
} from './cloudtrail/reconciliation-report.js';
export { TrailBucket } from './cloudtrail/trail-bucket.js';
export { TrailFiles } from './cloudtrail/trail-files.js';
export { TrailFolder } from './cloudtrail/trail-folder.js';
export { verifyTrail } from './verification/verify-trail.js';
export { type VerificationProgress, type VerificationReport } from './verification/verification-report.js';
export { type StoredEmergency } from './verification/emergency-check.js';
export { type RecordCensus, type StoredVersion } from './verification/record-check.js';
export { expireEvents, type ExpiryReport } from './verification/expire-events.js';
export { exportTrail, type ExportReport } from './verification/export-trail.js';
export { NoExport, publicKeysByName, verifyExport } from './verification/verify-export.js';
