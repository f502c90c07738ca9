import { percentile } from '../statistics.js';

export interface Speed {
  /** Of UTF-8, a second, on one core. */
  readonly megabytesPerSecond: number;
  /** Of one text. */
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
  /** UTF-16 code units. */
  readonly meanTextUnits: number;
}

/** The compiler needs a part of it to have seen every rule; passes over all texts fill the rest. */
const usualMilliseconds = 2_500;
const warmUpShare = 0.2;

/**
 * @param detect what is measured: one text a call
 * @param milliseconds how long to measure
 */
export function measureSpeed(
  texts: readonly string[],
  detect: (text: string) => unknown,
  milliseconds = usualMilliseconds,
): Speed {
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const warmUpEnd = performance.now() + milliseconds * warmUpShare;
  while (performance.now() < warmUpEnd) for (const text of texts) detect(text);
  const times: number[] = [];
  let spent = 0;
  let passes = 0;
  while (passes === 0 || spent < milliseconds * (1 - warmUpShare)) {
    for (const text of texts) {
      const began = performance.now();
      detect(text);
      const time = performance.now() - began;
      times.push(time);
      spent += time;
    }
    passes++;
  }
  times.sort((a, b) => a - b);
  return {
    megabytesPerSecond: (bytes * passes) / 1e6 / (spent / 1000),
    p50Milliseconds: percentile(times, 0.5),
    p99Milliseconds: percentile(times, 0.99),
    meanTextUnits: Math.round(texts.reduce((sum, text) => sum + text.length, 0) / texts.length),
  };
}
