import { type AuditTrail } from '@app/audit';
import { type PhiTable } from '@app/phi-table';
import { Problem, problemTypes } from '@app/problem-details';
import type { Caller, Versioned } from './caller.js';
import type { DocumentVault, StoredText } from './document-vault.js';
import { event } from './events.js';
import { keys } from './keys.js';
import type { Patient } from './patient.js';
import { OutOfReach, type PatientGate } from './patient-gate.js';

interface PatientExportParts {
  table: PhiTable;
  audit: AuditTrail;
  vault: DocumentVault;
  gate: PatientGate;
}

/** The patient comes first; then his records by pages, each with the text of a `ClinicalRecord`. */
export type ExportPart =
  | { type: 'Patient'; document: Versioned<Patient> }
  | { type: 'Records'; records: StoredText[] };

/** None of the scopes held for records reaches the patient, or an emergency access alone does. */
const nothingCovered = ({ cause, type }: Problem) =>
  cause instanceof OutOfReach || type === problemTypes.insufficientScope;

/** Records decrypted ahead of the reader. */
const pageSize = 50;

/** Everything of one patient, for the patient (45 CFR 164.524, right of access), recorded as it leaves (164.310(d)(2)(iii)). */
export class PatientExport {
  constructor(private readonly parts: PatientExportParts) {}

  /**
   * The event is durable before the first line is there. Records of types outside the caller's scopes are left out.
   * @returns the patient, then the records, oldest `recordedAt` first; a page of records in memory at most
   */
  async start(caller: Caller, patientId: string): Promise<AsyncGenerator<ExportPart>> {
    // Everything at once is no emergency.
    const options = { inEmergency: false };
    const { head, acting } = await this.parts.gate.enter(caller, patientId, 'Patient', 'r', options);
    const covers = await this.#recordTypesCovered(caller, patientId);
    const patient = await this.parts.vault.unlock<Patient>(head);
    await this.parts.audit.append([
      event(acting(['Patient']), 'export', { patientId, entities: [{ type: 'Patient', id: patientId }] }),
    ]);
    return this.#everything(patientId, patient, covers);
  }

  /** Whoever may see the patient but none of his records gets the patient alone. */
  async #recordTypesCovered(caller: Caller, patientId: string): Promise<(recordType: string) => boolean> {
    try {
      const options = { inEmergency: false };
      return (await this.parts.gate.enter(caller, patientId, undefined, 's', options)).covers;
    } catch (error) {
      if (error instanceof Problem && nothingCovered(error)) return () => false;
      throw error;
    }
  }

  async *#everything(
    patientId: string,
    patient: Versioned<Patient>,
    covers: (recordType: string) => boolean,
  ): AsyncGenerator<ExportPart> {
    const { table, vault } = this.parts;
    yield { type: 'Patient', document: patient };
    let after: string | undefined;
    do {
      const page = await table.query({
        table: 'records',
        partition: keys.patientPartition(patientId),
        index: 'recordedAt',
        limit: pageSize,
        ...(after === undefined ? {} : { after }),
      });
      const covered = page.items.filter((item) => covers(vault.read(item).recordType));
      const records = await Promise.all(covered.map((item) => vault.unlockText(item)));
      if (records.length > 0) yield { type: 'Records', records };
      after = page.next;
    } while (after !== undefined);
  }
}
