import { createHistogram } from 'node:perf_hooks';
import type { Metric } from './metrics-log.js';

/** Longest time that is told apart from longer ones. */
const millisecondsAtMost = 60 * 60 * 1000;

/** How long something took, each time, since it was last taken; as many times as you like in the same memory. */
export class Timings {
  readonly #microseconds = createHistogram();

  /** @param milliseconds 0 or more */
  record(milliseconds: number): void {
    const bounded = Math.min(milliseconds, millisecondsAtMost);
    this.#microseconds.record(Math.max(1, Math.round(bounded * 1_000)));
  }

  /**
   * Begins anew.
   * @param name the first part of the metrics' names
   * @returns median, 99th percentile and longest; nothing if there was nothing, because 0 would be a time
   */
  take(name: string): Metric[] {
    const histogram = this.#microseconds;
    if (histogram.count === 0) return [];
    const metric = (part: string, microseconds: number): Metric => ({
      name: `${name}${part}`,
      unit: 'Milliseconds',
      value: microseconds / 1_000,
    });
    const taken = [
      metric('P50', histogram.percentile(50)),
      metric('P99', histogram.percentile(99)),
      metric('Max', histogram.max),
    ];
    histogram.reset();
    return taken;
  }
}
