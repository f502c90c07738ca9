import { type PatientKeyStore, type RecordCipher } from '@app/encryption';
import { Problem, problemTypes } from '@app/problem-details';
import {
  MaintenanceJob,
  type MaintenanceJobParts,
  type MaintenanceJobRun,
  requestSeconds,
} from './maintenance-job.js';
import { type MaintenanceJobReport } from './maintenance-job-report.js';
import { countPatients, everyPatient } from './patient-walk.js';

export interface KeyRotationParts extends MaintenanceJobParts {
  keyStore: PatientKeyStore;
  cipher: RecordCipher;
}

/** Gives patients a new branch key version, or the key store a new KMS key. What was encrypted before stays readable. */
export class KeyRotation {
  constructor(private readonly parts: KeyRotationParts) {}

  /**
   * A new branch key version for everybody, or for one patient. Other instances write under the old one until their
   * cache lets go of it.
   * @throws Problem `not-found` when the patient has no key
   * @throws MaintenanceJobStopped when another run is alive
   */
  async rotate(run: MaintenanceJobRun, onlyPatient?: string): Promise<MaintenanceJobReport> {
    if (onlyPatient !== undefined && (await this.parts.keyStore.activeVersion(onlyPatient)) === undefined) {
      throw new Problem(problemTypes.notFound);
    }
    const step = 'rotating branch keys';
    return MaintenanceJob.perform(this.parts, 'rotate', run, onlyPatient ?? 'all', async (job) => {
      await job.enter(step);
      if (onlyPatient !== undefined) return this.#one(job, onlyPatient, '');
      await this.#everybody(job, (patientId, cursor) => this.#one(job, patientId, cursor));
    });
  }

  /**
   * Has KMS wrap every branch key anew under the key that the alias points to.
   * @param moveAlias points it to a new key first; not called again when a run that did so is gone on with
   */
  async rewrap(run: MaintenanceJobRun, moveAlias: () => Promise<void>): Promise<MaintenanceJobReport> {
    const step = 'wrapping branch keys anew';
    return MaintenanceJob.perform(this.parts, 'kms-key', run, 'all', async (job) => {
      if (job.state.step !== step) await moveAlias();
      await job.enter(step);
      // Until then another instance may wrap a new patient's key under the earlier one, behind the walk.
      const settled = job.state.since + (run.parameterRefreshSeconds + requestSeconds) * 1000;
      await job.waitUntil(settled, 'waiting until every instance uses the new KMS key');
      await this.parts.keyStore.currentKmsKey();
      await this.#everybody(job, async (patientId, cursor) => {
        const rows = await this.#orFailure(job, patientId, () => this.parts.keyStore.rewrap(patientId));
        if (rows) job.count('changed');
        const { origin } = job.run;
        const event = { type: 'key-rotate', outcome: '0', origin, patientId, count: rows ?? 0 } as const;
        await job.patientDone(cursor, rows ? [event] : []);
      });
    });
  }

  async #everybody(
    job: MaintenanceJob,
    work: (patientId: string, cursor: string) => Promise<void>,
  ): Promise<void> {
    await job.walk(await countPatients(this.parts));
    for await (const { patientId, erased, cursor } of everyPatient(this.parts, job.state.cursor)) {
      if (erased) break;
      await job.examined(1);
      await work(patientId, cursor);
    }
    await job.walked();
  }

  async #one(job: MaintenanceJob, patientId: string, cursor: string): Promise<void> {
    const { keyStore, cipher } = this.parts;
    const done = await this.#orFailure(job, patientId, async () => {
      try {
        await keyStore.rotate(patientId);
      } catch (error) {
        // Erased since the walk met him.
        if ((await keyStore.activeVersion(patientId)) === undefined) return false;
        throw error;
      }
      cipher.evict(patientId);
      return true;
    });
    if (done === true) job.count('changed');
    const { origin } = job.run;
    // One transaction with the place in the walk: whoever goes on after a kill rotates one key twice at most.
    const event = { type: 'key-rotate', outcome: '0', origin, patientId } as const;
    await job.patientDone(cursor, done === true ? [event] : []);
  }

  /** @returns `undefined` when the patient's key was refused; a service that does not answer ends the run */
  async #orFailure<T>(
    job: MaintenanceJob,
    patientId: string,
    work: () => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Problem) || error.type !== problemTypes.integrityFailure) throw error;
      await job.fail({ patientId, problem: error.type.name });
      return undefined;
    }
  }
}
