import { SingleBar } from 'cli-progress';
import type { Output } from '../command-context.js';

/** A bar on a terminal, nothing elsewhere. */
export class AuditProgress {
  readonly #bar: SingleBar | undefined;
  #step = '';

  constructor(output: Output) {
    if (output.isTTY !== true) return;
    this.#bar = new SingleBar({
      stream: output,
      format: '{label} {bar} {percentage}% | {eta_formatted} left',
      hideCursor: false,
      clearOnComplete: true,
      fps: 5,
    });
  }

  /** @param shown `total` is 0 where it is not known: then `done` is told in its place */
  show({ step, done, total }: { step: string; done: number; total: number }): void {
    const label = total === 0 ? `${step}: ${done}` : step;
    if (this.#step !== step) this.#bar?.start(Math.max(total, 1), 0, { label });
    this.#step = step;
    this.#bar?.setTotal(Math.max(total, 1));
    this.#bar?.update(Math.min(done, total), { label });
  }

  stop(): void {
    this.#bar?.stop();
  }
}
