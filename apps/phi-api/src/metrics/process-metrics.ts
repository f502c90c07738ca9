import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Metric } from '@app/observability';

/** The histogram holds times between two looks, of which this much is the distance that was asked for. Milliseconds. */
const resolution = 10;

/** How the process itself is: whether it comes to do things, and its memory. */
export class ProcessMetrics {
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution });

  start(): void {
    this.#delay.enable();
  }

  stop(): void {
    this.#delay.disable();
  }

  /** @returns the delay since it was last called, and the memory now */
  take(): Metric[] {
    const delay = (name: string, nanoseconds: number): Metric => ({
      name,
      unit: 'Milliseconds',
      value: Math.max(0, nanoseconds / 1_000_000 - resolution),
    });
    const { heapUsed, rss } = process.memoryUsage();
    const taken: Metric[] = [
      delay('EventLoopDelayP99', this.#delay.percentile(99)),
      delay('EventLoopDelayMax', this.#delay.max),
      { name: 'HeapUsed', unit: 'Bytes', value: heapUsed },
      { name: 'ResidentMemory', unit: 'Bytes', value: rss },
    ];
    this.#delay.reset();
    return taken;
  }
}
