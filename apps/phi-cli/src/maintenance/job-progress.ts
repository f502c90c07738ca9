import { SingleBar } from 'cli-progress';
import type { MaintenanceJobProgress } from '@app/patient-records';
import type { Output } from '../command-context.js';

/** A bar on a terminal, nothing elsewhere. It counts patients: how many rows one has is known once he is read. */
export class KeyProgress {
  readonly #bar: SingleBar | undefined;
  #step = '';

  constructor(output: Output) {
    if (output.isTTY !== true) return;
    this.#bar = new SingleBar({
      stream: output,
      format: '{step} {bar} {percentage}% | {value}/{total} patients | {counts} | {eta_formatted} left',
      hideCursor: false,
      clearOnComplete: true,
      fps: 5,
    });
  }

  show({ step, done, total, counts: { examined, changed, failed } }: MaintenanceJobProgress): void {
    const payload = { step, counts: `${examined} rows, ${changed} changed, ${failed} failed` };
    // A step begins where the last run left it, and its time left is its own.
    if (this.#step !== step) this.#bar?.start(Math.max(total, 1), done, payload);
    this.#step = step;
    this.#bar?.setTotal(Math.max(total, 1));
    this.#bar?.update(done, payload);
  }

  stop(): void {
    this.#bar?.stop();
  }
}
