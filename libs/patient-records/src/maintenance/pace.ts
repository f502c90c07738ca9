/** How fast rows may be worked on, and when to stop. */
export interface PaceOptions {
  /** Rows a second at most; of a job that works on keys, patients. */
  ratePerSecond: number;
  /** Aborted when the work is to stop. */
  signal: AbortSignal;
  clock: {
    /** Milliseconds since the epoch. */
    now(): number;
    /** @throws when `signal` is aborted */
    wait(milliseconds: number, signal: AbortSignal): Promise<void>;
  };
}

/** Shorter rests are saved up: a timer is coarser than they are. */
const restAtLeast = 20;

/** Keeps work under a rate, so that it leaves room for the service beside it. */
export class Pace {
  #busyUntil = 0;

  constructor(private readonly options: PaceOptions) {}

  worked(rows: number): void {
    const { clock, ratePerSecond } = this.options;
    this.#busyUntil = Math.max(clock.now(), this.#busyUntil) + (rows * 1000) / ratePerSecond;
  }

  /** Rests, `atMost` milliseconds at a time. @returns whether there was something to rest; ends early when aborted */
  async rested(atMost: number): Promise<boolean> {
    const ahead = this.#busyUntil - this.options.clock.now();
    if (ahead <= restAtLeast || this.options.signal.aborted) return false;
    await this.rest(Math.min(ahead, atMost));
    return true;
  }

  async rest(milliseconds: number): Promise<void> {
    const { clock, signal } = this.options;
    await clock.wait(milliseconds, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}
