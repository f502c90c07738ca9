import { type AuditTrail } from '@app/audit';
import { type RowSeal } from '@app/encryption';
import { ConditionFailed, type PhiItem, type PhiTable } from '@app/phi-table';
import { Problem, problemTypes } from '@app/problem-details';
import { type DocumentVault } from '../document-vault.js';
import { everyEntry } from '../emergency-access/emergency-entry.js';
import { replaceHead } from '../head-writes.js';
import { indexChanges, partitionsAfter } from '../index-rows.js';
import { type MaintenanceJob } from './maintenance-job.js';
import { maintenanceJobs } from './maintenance-job-report.js';
import { putMaintenanceJob, readMaintenanceJob } from './maintenance-job-row.js';
import { keys } from '../keys.js';
import { type Patient } from '../patient.js';
import { type PatientIndex } from '../patient-index.js';
import { rowsOf } from './patient-walk.js';
import { type RowRewrite, rewriteRows } from './row-rewrites.js';
import { resealItem, verifySeal } from '../sealed-item.js';

interface ReindexRowsParts {
  table: PhiTable;
  audit: AuditTrail;
  rowSeal: RowSeal;
  vault: DocumentVault;
  index: PatientIndex;
}

/** Clients change a patient at the same moment, again and again. */
const attemptsAtMost = 10;

/** What a reindex does to the rows of one patient. Each call may be repeated; one that finds nothing to do changes nothing. */
export class ReindexRows {
  constructor(private readonly parts: ReindexRowsParts) {}

  /** Puts the patient under the index partitions of every root that is written under, and takes him off all others. */
  async add(job: MaintenanceJob, patientId: string): Promise<void> {
    await job.examined(1);
    const { sort } = keys.profile(patientId);
    await this.#guarded(job, patientId, sort, () => this.#moveIndexRows(job, patientId));
  }

  /** As `add`, and seals every row of the patient's partition under the active root. */
  async remove(job: MaintenanceJob, patientId: string): Promise<void> {
    await this.add(job, patientId);
    for (let attempt = 1; ; attempt++) {
      const moved = await this.#reseal(job, patientId, attempt === 1);
      if (moved === 0) return;
      if (attempt === attemptsAtMost) return job.count('skipped', moved);
    }
  }

  /** The rows that jobs keep are sealed as well. One that is at work seals its own. */
  async sealJobs(job: MaintenanceJob): Promise<void> {
    const { table, rowSeal } = this.parts;
    for (const name of Object.keys(maintenanceJobs)) {
      if (name === job.name) continue;
      const { item, row } = await readMaintenanceJob(table, rowSeal, name);
      if (item === undefined || row === undefined || this.#isCurrent(item)) continue;
      const { write } = putMaintenanceJob(rowSeal, name, row, item);
      await table.transactWrite([write]).catch((error: unknown) => {
        if (!(error instanceof ConditionFailed)) throw error;
      });
    }
  }

  /** Entries in the queue of emergency accesses stand outside of their patients' rows. */
  async sealEmergencyAccesses(job: MaintenanceJob): Promise<void> {
    for await (const entries of everyEntry(this.parts.table)) await this.#resealEntries(job, entries);
  }

  async #resealEntries(job: MaintenanceJob, entries: readonly PhiItem[]): Promise<void> {
    const { audit, rowSeal } = this.parts;
    const rewrites: RowRewrite[] = [];
    for (const before of entries) {
      if (this.#isCurrent(before)) continue;
      await job.examined(1);
      try {
        verifySeal(rowSeal, before);
        rewrites.push({ before, after: resealItem(rowSeal, before) });
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        await job.fail({ row: before.sort, problem: error.type.name });
      }
    }
    const event = { type: 'patient-reindex', outcome: '0', origin: job.run.origin } as const;
    const changed = await rewriteRows(audit, rewrites, event);
    if (changed > 0) job.count('changed', changed);
    // Reviewed meanwhile: the entry that took its place is sealed by who wrote it. The next walk looks again.
    if (rewrites.length > changed) job.count('skipped', rewrites.length - changed);
  }

  #isCurrent(item: PhiItem): boolean {
    const { seal } = item.attributes;
    return (
      typeof seal === 'string' && this.parts.rowSeal.versionOf(seal) === this.parts.rowSeal.activeVersion
    );
  }

  async #moveIndexRows(job: MaintenanceJob, patientId: string): Promise<void> {
    const { table, audit, rowSeal } = this.parts;
    for (let attempt = 1; attempt <= attemptsAtMost; attempt++) {
      const head = await table.get(keys.profile(patientId));
      // A key without a patient was made for a creation that was then refused.
      if (head === undefined) return;
      const wanted = await this.#wanted(head);
      const partitions = partitionsAfter(head, wanted);
      const changes = indexChanges(head, partitions, patientId);
      if (changes.length === 0) return;
      const after = resealItem(rowSeal, head, { partitions });
      const { origin } = job.run;
      try {
        await audit.transactWrite(
          [replaceHead(head, after), ...changes],
          [{ type: 'patient-reindex', outcome: '0', origin, patientId, count: changes.length }],
        );
        job.count('changed');
      } catch (error) {
        if (!(error instanceof ConditionFailed)) throw error;
        // Not the head: a unique row that another patient holds. No write of the service can lead there.
        if (!error.failed.includes(0)) {
          return job.fail({ patientId, row: head.sort, problem: problemTypes.identifierTaken.name });
        }
      }
    }
    job.count('skipped');
  }

  async #wanted(head: PhiItem): Promise<string[]> {
    const { resource } = await this.parts.vault.unlock<Patient>(head);
    return resource === undefined ? [] : this.parts.index.partitionsOf(resource);
  }

  /** @returns how many rows somebody else wrote meanwhile */
  async #reseal(job: MaintenanceJob, patientId: string, first: boolean): Promise<number> {
    const { table, audit, rowSeal } = this.parts;
    let moved = 0;
    for await (const rows of rowsOf(table, patientId)) {
      const rewrites: RowRewrite[] = [];
      for (const before of rows) {
        if (first) await job.examined(1);
        await this.#guarded(job, patientId, before.sort, async () => {
          verifySeal(rowSeal, before);
          if (!this.#isCurrent(before)) rewrites.push({ before, after: resealItem(rowSeal, before) });
        });
      }
      const { origin } = job.run;
      const event = { type: 'patient-reindex', outcome: '0', origin, patientId } as const;
      const changed = await rewriteRows(audit, rewrites, event);
      if (changed > 0) job.count('changed', changed);
      moved += rewrites.length - changed;
    }
    return moved;
  }

  /** A row that fails its check is reported, and the walk goes on. */
  async #guarded(
    job: MaintenanceJob,
    patientId: string,
    row: string,
    work: () => Promise<void>,
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // Erased since the row was read.
      if (error.type === problemTypes.gone) return;
      if (error.type !== problemTypes.integrityFailure) throw error;
      await job.fail({ patientId, row, problem: error.type.name });
    }
  }
}
