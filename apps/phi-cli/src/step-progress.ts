import { SingleBar } from 'cli-progress';
import type { Output } from './command-context.js';

/** A bar on a terminal, nothing elsewhere, for work in several steps of which each has a total of its own. */
export class StepProgress {
  readonly #bar: SingleBar | undefined;
  #step = '';

  /** @param format of cli-progress; `{eta_formatted}` is the time that is left of the step */
  constructor(output: Output, format: string) {
    if (output.isTTY !== true) return;
    this.#bar = new SingleBar({ stream: output, format, hideCursor: false, clearOnComplete: true, fps: 5 });
  }

  /** @param texts stand in the format by name */
  show(step: string, done: number, total: number, texts: Record<string, string>): void {
    // A step begins where an earlier run left it, and its time left is its own.
    if (this.#step !== step) this.#bar?.start(Math.max(total, 1), done, texts);
    this.#step = step;
    this.#bar?.setTotal(Math.max(total, 1));
    this.#bar?.update(done, texts);
  }

  stop(): void {
    this.#bar?.stop();
  }
}
