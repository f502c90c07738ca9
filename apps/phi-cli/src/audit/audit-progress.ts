import type { Output } from '../command-context.js';
import { StepProgress } from '../step-progress.js';

/** It counts events or files, whichever the step goes through. */
export class AuditProgress {
  readonly #progress: StepProgress;

  constructor(output: Output) {
    this.#progress = new StepProgress(output, '{label} {bar} {percentage}% | {eta_formatted} left');
  }

  /** @param shown `total` is 0 where it is not known: then `done` is told in its place */
  show({ step, done, total }: { step: string; done: number; total: number }): void {
    const label = total === 0 ? `${step}: ${done}` : step;
    this.#progress.show(step, Math.min(done, total), total, { label });
  }

  stop(): void {
    this.#progress.stop();
  }
}
