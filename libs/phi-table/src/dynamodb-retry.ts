import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

export interface RetryOptions {
  /** The first one included. 8 unless given. */
  attempts?: number;
  /** Upper bound of the first pause; it doubles with each one, up to a second. 25 ms unless given. */
  firstPauseMs?: number;
  /** Nothing is attempted anew after this time: when it is throttled, the SDK pauses between attempts of its own. 4 s unless given. */
  withinMs?: number;
}

const LONGEST_PAUSE_MS = 1000;

/** Bounded attempts with full jitter: what collided once must not collide again at the same moment. */
export class Attempts {
  #made = 0;
  readonly #begun = performance.now();
  readonly #limit: number;
  readonly #firstPauseMs: number;
  readonly #withinMs: number;

  constructor(options: RetryOptions = {}) {
    this.#limit = options.attempts ?? 8;
    this.#firstPauseMs = options.firstPauseMs ?? 25;
    this.#withinMs = options.withinMs ?? 4000;
  }

  /** Waits before the next attempt. @returns false if there is to be none */
  async another(): Promise<boolean> {
    this.#made += 1;
    if (this.#made >= this.#limit || performance.now() - this.#begun >= this.#withinMs) return false;
    const longestMs = Math.min(LONGEST_PAUSE_MS, this.#firstPauseMs * 2 ** (this.#made - 1));
    await pause(randomInt(Math.floor(longestMs) + 1));
    return true;
  }
}
