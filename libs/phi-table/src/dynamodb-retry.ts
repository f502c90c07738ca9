import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

export interface RetryOptions {
  /** The first one included. 8 unless given. */
  attempts?: number;
  /** Upper bound of the first pause; it doubles with each one, up to a second. 25 ms unless given. */
  firstPauseMs?: number;
}

const LONGEST_PAUSE_MS = 1000;

/** Bounded attempts with full jitter: what collided once must not collide again at the same moment. */
export class Attempts {
  #made = 0;
  readonly #limit: number;
  readonly #firstPauseMs: number;

  constructor(options: RetryOptions = {}) {
    this.#limit = options.attempts ?? 8;
    this.#firstPauseMs = options.firstPauseMs ?? 25;
  }

  /** Waits before the next attempt. @returns false if there is to be none */
  async another(): Promise<boolean> {
    this.#made += 1;
    if (this.#made >= this.#limit) return false;
    const longestMs = Math.min(LONGEST_PAUSE_MS, this.#firstPauseMs * 2 ** (this.#made - 1));
    await pause(randomInt(Math.floor(longestMs) + 1));
    return true;
  }
}
