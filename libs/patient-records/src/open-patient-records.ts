import { type AuditTrail } from '@app/audit';
import { type BlindIndex, type PatientKeyStore, type RecordCipher, type RowSeal } from '@app/encryption';
import { type PhiTable } from '@app/phi-table';
import { CareTeams } from './care-teams.js';
import { ClinicalRecords } from './clinical-records.js';
import { DocumentVault } from './document-vault.js';
import { IdempotentRequests } from './idempotent-requests.js';
import { PatientDirectory } from './patient-directory.js';
import { PatientExport } from './patient-export.js';
import { PatientGate } from './patient-gate.js';
import { PatientIndex } from './patient-index.js';
import { Patients } from './patients.js';

interface PatientRecordsPorts {
  table: PhiTable;
  audit: AuditTrail;
  keyStore: PatientKeyStore;
  cipher: RecordCipher;
  blindIndex: BlindIndex;
  rowSeal: RowSeal;
}

/** @param sharedSystems identifier systems whose values several patients may have */
export function openPatientRecords(ports: PatientRecordsPorts, sharedSystems: readonly string[]) {
  const parts = {
    ...ports,
    vault: new DocumentVault(ports.cipher, ports.rowSeal),
    gate: new PatientGate(ports.table, ports.rowSeal),
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
  };
}
