/** What happened, in the words of IHE BALP where it has one ("Basic Audit Log Patterns", section 152), else ours. */
export type AuditEventType =
  | 'patient-create'
  | 'patient-read'
  | 'patient-update'
  | 'patient-delete'
  | 'patient-query'
  | 'record-create'
  | 'record-read'
  | 'record-update'
  | 'record-delete'
  | 'record-query'
  | 'patient-erase'
  | 'key-destroy'
  | 'key-rotate'
  | 'record-re-encrypt'
  | 'record-rescreen'
  | 'patient-reindex'
  | 'export'
  | 'care-team-read'
  | 'care-team-update'
  | 'text-detect'
  | 'text-deidentify'
  | 'refusal'
  | 'integrity-alarm'
  | 'login'
  | 'token-revoke'
  | 'emergency-access'
  | 'emergency-access-read'
  | 'emergency-access-review'
  | 'mass-read'
  | 'audit-query'
  | 'audit-read'
  | 'disclosures-read'
  | 'audit-export'
  | 'audit-verify'
  | 'audit-expire'
  | 'audit-reconcile'
  | 'chain-end'
  | 'clock-step'
  | 'void';

/** FHIR R4 AuditEvent.outcome: 0 success, 4 minor failure, 8 serious failure, 12 major failure. */
export type AuditOutcome = '0' | '4' | '8' | '12';

export interface AuditAgent {
  issuer: string;
  subject: string;
  clientId: string;
  scopes: readonly string[];
}

/** What the request adds to each of its events. */
export interface AuditOrigin {
  /** Absent when the caller could not be told. */
  agent?: AuditAgent;
  networkAddress: string;
  requestId: string;
  /** HL7 v3 PurposeOfUse code. */
  purposeOfUse?: string;
  /** The emergency access that alone let the caller see the patient. */
  emergencyAccessId?: string;
  /** The caller was shown a patient who is marked as restricted: somebody known, a colleague, a diagnosis that is nobody's business. */
  restrictedPatient?: true;
}

/** A document that an event speaks of. */
export interface AuditEntity {
  /** `Patient` or a record type. */
  type: string;
  id: string;
  version?: number;
  /** Base64 SHA-256 of the stored message: a row rolled back to an older one no longer matches. */
  messageSha256?: string;
}

/** One event, compact; `toFhirAuditEvent` renders it. Opaque ids, codes and counts only: no clinical content. */
export interface AuditEvent {
  type: AuditEventType;
  outcome: AuditOutcome;
  origin: AuditOrigin;
  patientId?: string;
  /** What was touched; a batch names all of it in one event. */
  entities?: AuditEntity[];
  /** Names of the search fields, never their values. */
  query?: string[];
  /** What screening replaced or refused: types and counts. */
  screening?: Record<string, number>;
  /** Of a write: a part of the detector was out of reach, and what was written is to be screened again. */
  degraded?: true;
  /** Of a refusal: the problem's name, its status, the route's pattern. */
  refusal?: { problem: string; status: number; method: string; route: string };
  /** Of an erasure: its reason, a code, and how far it was. */
  erasure?: { reason: string; step: 'begun' | 'rows-removed' | 'completed' | 'repeated' };
  /** Of an emergency access: which one, what became of it, until when it lets its holder read (ISO 8601), what a review found. */
  emergencyAccess?: {
    id: string;
    step: 'granted' | 'repeated' | 'ended' | 'read' | 'reviewed';
    expiresAt?: string;
    finding?: string;
  };
  /** Of a key job as a whole: where it is, and how many rows it has worked on so far. */
  job?: { step: 'begun' | 'stopped' | 'completed'; examined: number; changed: number; failed: number };
  /** Of a login: until when the token is good, ISO 8601 in UTC. */
  login?: { expiresAt: string };
  /** Of a mass read: how many patients an hour the agent might have reached, and how many he usually does; `count` is how many he did. */
  massRead?: { limit: number; usual: number };
  /** How many items a page, an export or a batch held. */
  count?: number;
}

/** As it is stored. */
export interface StoredAuditEvent extends AuditEvent {
  id: string;
  /** ISO 8601 in UTC, milliseconds. */
  recordedAt: string;
}

/** @returns what screening found, by type: an event says how often, never where or what */
export function findingCounts(findings: readonly { type: string; count: number }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { type, count } of findings) counts[type] = (counts[type] ?? 0) + count;
  return counts;
}
