/** A clock that is set back by less is waited for: times stand still until it has caught up. */
const steppedMilliseconds = 60_000;

/**
 * The times of events. Within a chain they do not run backwards, unless the clock was set back by a minute or more: then they follow
 * it, and the step is told, once, so that it becomes an event.
 */
export class EventClock {
  #last = Number.NEGATIVE_INFINITY;
  #stepMilliseconds = 0;

  /** @param clock milliseconds since the epoch */
  constructor(private readonly clock: () => number) {}

  /** @returns whole milliseconds since the epoch */
  stamp(): number {
    const now = Math.floor(this.clock());
    if (now <= this.#last - steppedMilliseconds) this.#stepMilliseconds += this.#last - now;
    else if (now < this.#last) return this.#last;
    this.#last = now;
    return now;
  }

  /** @param milliseconds a time that the trail bears already: one that lies a minute or more ahead tells of a step back, too */
  compareWith(milliseconds: number): void {
    const ahead = milliseconds - this.clock();
    if (ahead >= steppedMilliseconds) this.#stepMilliseconds += ahead;
  }

  /** @returns by how many seconds the clock was set back since the last call; 0 if it was not */
  takeStepSeconds(): number {
    this.stamp();
    const seconds = Math.round(this.#stepMilliseconds / 1000);
    this.#stepMilliseconds = 0;
    return seconds;
  }

  /** The step could not be recorded. */
  returnStepSeconds(seconds: number): void {
    this.#stepMilliseconds += seconds * 1000;
  }
}

/** The clock was set back, or another instance's is ahead. */
export class ClockStep extends Error {
  override readonly name = 'ClockStep';
  constructor(readonly seconds: number) {
    super('the clock of this machine was set back');
  }
}
