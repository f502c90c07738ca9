import type { Metric } from './metrics-log.js';

/** Counts since they were last taken. What did not happen counts 0, so that an alarm sees a number and not a gap. */
export class Counters<Name extends string> {
  readonly #counts: Map<Name, number>;

  constructor(names: readonly Name[]) {
    this.#counts = new Map(names.map((name) => [name, 0]));
  }

  add(name: Name, count = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }

  /** Begins anew. */
  take(): Metric[] {
    const taken = [...this.#counts].map(([name, value]): Metric => ({ name, unit: 'Count', value }));
    for (const name of this.#counts.keys()) this.#counts.set(name, 0);
    return taken;
  }
}
