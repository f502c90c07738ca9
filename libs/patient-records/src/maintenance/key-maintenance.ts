import { type DocumentVault } from '../document-vault.js';
import { type MaintenanceJobRun } from './maintenance-job.js';
import { type MaintenanceJobReport } from './maintenance-job-report.js';
import { KeyRotation, type KeyRotationParts } from './key-rotation.js';
import { type KeyStatus, keyStatus } from './key-status.js';
import { type PaceOptions } from './pace.js';
import { type PatientIndex } from '../patient-index.js';
import { ReEncryption } from './re-encryption.js';
import { Reindex } from './reindex.js';
import { ReindexRows } from './reindex-rows.js';

interface KeyMaintenanceParts extends KeyRotationParts {
  vault: DocumentVault;
  index: PatientIndex;
}

/**
 * Replaces keys while the service runs: reads and writes go on, and what was written before stays readable until
 * everything is under the new key. Every job goes on from where its last run left it, however that ended.
 * @see NIST SP 800-57 part 1, "Cryptoperiods" and "Key replacement"
 */
export class KeyMaintenance {
  readonly #rotation: KeyRotation;
  readonly #reEncryption: ReEncryption;
  readonly #reindex: Reindex;

  constructor(private readonly parts: KeyMaintenanceParts) {
    this.#rotation = new KeyRotation(parts);
    this.#reEncryption = new ReEncryption(parts);
    this.#reindex = new Reindex(parts, new ReindexRows(parts));
  }

  /** @see KeyRotation.rotate */
  rotate(run: MaintenanceJobRun, onlyPatient?: string): Promise<MaintenanceJobReport> {
    return this.#rotation.rotate(run, onlyPatient);
  }

  /** @see KeyRotation.rewrap */
  rewrap(run: MaintenanceJobRun, moveAlias: () => Promise<void>): Promise<MaintenanceJobReport> {
    return this.#rotation.rewrap(run, moveAlias);
  }

  /** @see ReEncryption.perform */
  reEncrypt(run: MaintenanceJobRun): Promise<MaintenanceJobReport> {
    return this.#reEncryption.perform(run);
  }

  /** @see Reindex.perform */
  reindex(run: MaintenanceJobRun, onlyFinish = false): Promise<MaintenanceJobReport> {
    return this.#reindex.perform(run, onlyFinish);
  }

  /** @see keyStatus */
  status(options: PaceOptions, onProgress: (done: number, total: number) => void): Promise<KeyStatus> {
    return keyStatus(this.parts, options, onProgress);
  }
}
