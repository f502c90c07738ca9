import { type AuditTrail } from '@app/audit';
import {
  type BlindIndex,
  type IndexRoots,
  type KeyStoreCompaction,
  type PatientKeyStore,
  type RecordCipher,
  type RowSeal,
} from '@app/encryption';
import { type RelationshipPolicy } from '@app/authorization';
import { type PhiTable } from '@app/phi-table';
import { CareTeams } from './care-teams.js';
import { ClinicalRecords } from './clinical-records.js';
import { DocumentVault } from './document-vault.js';
import { EmergencyAccesses } from './emergency-access/emergency-accesses.js';
import { EmergencyReviews } from './emergency-access/emergency-reviews.js';
import { Erasure } from './erasure/erasure.js';
import { type ErasureTerms } from './erasure/erasure-receipt.js';
import { IdempotentRequests } from './idempotent-requests.js';
import { KeyMaintenance } from './maintenance/key-maintenance.js';
import { PatientDirectory } from './patient-directory.js';
import { PatientExport } from './patient-export.js';
import { PatientGate } from './patient-gate.js';
import { PatientIndex } from './patient-index.js';
import { Patients } from './patients.js';
import { Rescreening } from './maintenance/rescreening.js';

interface PatientRecordsPorts {
  table: PhiTable;
  audit: AuditTrail;
  keyStore: PatientKeyStore;
  cipher: RecordCipher;
  blindIndex: BlindIndex;
  rowSeal: RowSeal;
  indexRoots: IndexRoots;
  /** Of a key store that is a file. */
  keyStoreCompaction?: KeyStoreCompaction;
}

interface AccessTerms extends RelationshipPolicy {
  /** How long an emergency access lasts. */
  emergencyAccessMinutes: number;
}

/**
 * @param sharedSystems identifier systems whose values several patients may have
 * @param terms what an erasure's receipt promises of the key store
 * @param access who reaches a patient; jobs, which work on nobody's behalf, do without it
 */
export function openPatientRecords(
  ports: PatientRecordsPorts,
  sharedSystems: readonly string[],
  terms: ErasureTerms,
  access: AccessTerms = { careTeamRequired: true, emergencyAccessMinutes: 60 },
) {
  const gate = new PatientGate(ports.table, ports.rowSeal, access);
  const parts = {
    ...ports,
    vault: new DocumentVault(ports.cipher, ports.rowSeal, gate),
    gate,
    index: new PatientIndex(ports.blindIndex, new Set(sharedSystems)),
    idempotent: new IdempotentRequests(ports.table),
  };
  const careTeams = new CareTeams(parts);
  return {
    careTeams,
    patients: new Patients({ ...parts, careTeams }),
    records: new ClinicalRecords(parts),
    directory: new PatientDirectory(parts),
    exports: new PatientExport(parts),
    erasure: new Erasure(parts, terms),
    emergencyAccesses: new EmergencyAccesses(parts, access.emergencyAccessMinutes),
    emergencyReviews: new EmergencyReviews(parts),
    keyMaintenance: new KeyMaintenance(parts),
    rescreening: new Rescreening(parts),
  };
}
