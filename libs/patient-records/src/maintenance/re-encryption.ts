import { type PatientKeyStore, type RecordCipher } from '@app/encryption';
import { type PhiItem } from '@app/phi-table';
import { Problem, problemTypes } from '@app/problem-details';
import { type DocumentVault } from '../document-vault.js';
import {
  MaintenanceJob,
  type MaintenanceJobParts,
  type MaintenanceJobRun,
  leaseMilliseconds,
  requestSeconds,
} from './maintenance-job.js';
import { type MaintenanceJobReport } from './maintenance-job-report.js';
import { readMaintenanceJob } from './maintenance-job-row.js';
import { countPatients, everyPatient, rowsOf } from './patient-walk.js';
import { type RowRewrite, rewriteRows } from './row-rewrites.js';

export interface ReEncryptionParts extends MaintenanceJobParts {
  keyStore: PatientKeyStore;
  cipher: RecordCipher;
  vault: DocumentVault;
}

/** Rows that clients change while they are encrypted anew are met again, so often. */
const roundsAtMost = 5;

/**
 * Encrypts anew every message that is not under its patient's active branch key version: heads, superseded versions,
 * deleted patients too. Each version of each document stays what it was; the trail gets the hash of its new message.
 */
export class ReEncryption {
  constructor(private readonly parts: ReEncryptionParts) {}

  /** @throws MaintenanceJobStopped when another run is alive */
  async perform(run: MaintenanceJobRun): Promise<MaintenanceJobReport> {
    return MaintenanceJob.perform(this.parts, 're-encrypt', run, 'all', async (job) => {
      await job.enter('encrypting anew');
      await job.waitUntil(await this.#settledAt(run), 'waiting until no instance uses an old key');
      await job.walk(await countPatients(this.parts));
      for await (const { patientId, erased, cursor } of everyPatient(this.parts, job.state.cursor)) {
        if (!erased) await this.#patient(job, patientId);
        await job.patientDone(cursor);
      }
      await job.walked();
    });
  }

  /** Until then an instance may write under a branch key version that was active before the last rotation. */
  async #settledAt(run: MaintenanceJobRun): Promise<number> {
    const { row } = await readMaintenanceJob(this.parts.table, this.parts.rowSeal, 'rotate');
    if (row === undefined) return 0;
    const rotatedBy = row.savedAt + (row.leaseUntil === 0 ? 0 : leaseMilliseconds);
    return rotatedBy + (run.keyCacheSeconds + requestSeconds) * 1000;
  }

  async #patient(job: MaintenanceJob, patientId: string): Promise<void> {
    for (let round = 1; ; round++) {
      const moved = await this.#rows(job, patientId, round === 1);
      if (moved === 0) return;
      if (round === roundsAtMost) return job.count('skipped', moved);
    }
  }

  /** @returns how many rows somebody else wrote meanwhile: a version that they superseded may be under the old key */
  async #rows(job: MaintenanceJob, patientId: string, first: boolean): Promise<number> {
    const active = await this.parts.keyStore.activeVersion(patientId);
    // Erased since the walk met him.
    if (active === undefined) return 0;
    let moved = 0;
    for await (const rows of rowsOf(this.parts.table, patientId)) {
      const rewrites: RowRewrite[] = [];
      for (const row of rows) {
        const rewrite = await this.#rewrite(job, patientId, row, active, first);
        if (rewrite !== undefined) rewrites.push(rewrite);
        if (first) await job.examined(1);
      }
      const { origin } = job.run;
      const event = { type: 'record-re-encrypt', outcome: '0', origin, patientId } as const;
      const changed = await rewriteRows(this.parts.audit, rewrites, event);
      job.count('changed', changed);
      moved += rewrites.length - changed;
    }
    return moved;
  }

  async #rewrite(
    job: MaintenanceJob,
    patientId: string,
    before: PhiItem,
    active: string,
    first: boolean,
  ): Promise<RowRewrite | undefined> {
    if (before.attributes['message'] === undefined && before.attributes['deleted'] !== false)
      return undefined;
    try {
      if (this.parts.vault.keyVersion(before) === active) return undefined;
      const { item, entity } = await this.parts.vault.renew(before);
      if (this.parts.vault.keyVersion(item) === active) return { before, after: item, entity };
      // The patient's key was rotated since it came into this process's cache.
      this.parts.cipher.evict(patientId);
      const again = await this.parts.vault.renew(before);
      return { before, after: again.item, entity: again.entity };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.type === problemTypes.gone) return undefined;
      if (error.type !== problemTypes.integrityFailure) throw error;
      if (first) await job.fail({ patientId, row: before.sort, problem: error.type.name });
      return undefined;
    }
  }
}
