import { SingleBar } from 'cli-progress';

/** How far something long is, and how much longer it will take: a bar on a terminal, a line now and then elsewhere. */
export class LongProgress {
  readonly #startedAt = performance.now();
  readonly #bar: SingleBar | undefined;
  #done = 0;
  #toldAt = 0;

  constructor(
    private readonly what: string,
    private readonly total: number,
    private readonly tell: (line: string) => void,
  ) {
    if (!process.stderr.isTTY) return;
    const format = `${what} {bar} {percentage}% | {value} of {total} | {left}`;
    this.#bar = new SingleBar({ format, stream: process.stderr, hideCursor: true });
    this.#bar.start(total, 0, { left: '' });
  }

  add(count: number): void {
    this.#done += count;
    const left = `${duration(this.#secondsLeft())} left`;
    if (this.#bar !== undefined) this.#bar.update(this.#done, { left });
    else if (this.#done - this.#toldAt >= this.total / 20) {
      this.#toldAt = this.#done;
      this.tell(`${this.what}: ${this.#done} of ${this.total}, ${left}`);
    }
  }

  stop(): void {
    this.#bar?.stop();
  }

  #secondsLeft(): number {
    const spent = (performance.now() - this.#startedAt) / 1000;
    return (spent / this.#done) * (this.total - this.#done);
  }
}

const duration = (seconds: number): string =>
  seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} minutes`;
