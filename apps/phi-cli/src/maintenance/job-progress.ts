import type { MaintenanceJobProgress } from '@app/patient-records';
import type { Output } from '../command-context.js';
import { StepProgress } from '../step-progress.js';

/** It counts patients: how many rows one has is known once he is read. */
export class KeyProgress {
  readonly #progress: StepProgress;

  constructor(output: Output) {
    this.#progress = new StepProgress(
      output,
      '{step} {bar} {percentage}% | {value}/{total} patients | {counts} | {eta_formatted} left',
    );
  }

  show({ step, done, total, counts: { examined, changed, failed } }: MaintenanceJobProgress): void {
    const counts = `${examined} rows, ${changed} changed, ${failed} failed`;
    this.#progress.show(step, done, total, { step, counts });
  }

  stop(): void {
    this.#progress.stop();
  }
}
