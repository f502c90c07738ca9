import { SingleBar } from 'cli-progress';
import type { Output } from '../command-context.js';

/**
 * A bar on a terminal, nothing elsewhere. It counts bytes of the files, because how many resources a file holds is
 * known only once it is read.
 */
export class ImportProgress {
  readonly #bar: SingleBar | undefined;
  #bytesAnEntry = 0;

  constructor(
    private readonly output: Output,
    totalBytes: number,
    private readonly counts: () => string,
  ) {
    if (output.isTTY !== true) return;
    this.#bar = new SingleBar({
      stream: output,
      format: '{bar} {percentage}% | {counts} | {eta_formatted} left',
      hideCursor: false,
      clearOnComplete: true,
      fps: 5,
    });
    this.#bar.start(totalBytes, 0, { counts: counts() });
  }

  /** @param entries how many calls of `entryDone` will follow; 0 counts the whole file as done */
  fileStarted(bytes: number, entries: number): void {
    this.#bytesAnEntry = entries === 0 ? 0 : bytes / entries;
    if (entries === 0) this.#bar?.increment(bytes, { counts: this.counts() });
  }

  entryDone(entries = 1): void {
    this.#bar?.increment(this.#bytesAnEntry * entries, { counts: this.counts() });
  }

  /** Prints a line above the bar. */
  tell(line: string): void {
    // Carriage return and "erase to end of line": the bar's own line makes way and is drawn again below.
    this.output.write(this.#bar === undefined ? `${line}\n` : `\r\u001b[K${line}\n`);
  }

  stop(): void {
    this.#bar?.stop();
  }
}
