import { setTimeout } from 'node:timers/promises';
import { AnsweringProcess } from '../child-processes.js';
import { MemoryWatch, processorMilliseconds } from '../process-figures.js';
import { median, percentile } from '../statistics.js';
import type { LoadJob, LoadResult } from './load.js';

/** Who answers. */
export interface Target {
  url: string;
  pid: number;
}

/** One operation under one number of connections, over all rounds. */
export interface LoadFigures {
  requests: number;
  requestsPerSecond: number;
  p50Milliseconds: number;
  p99Milliseconds: number;
  mostMilliseconds: number;
  /** Processor time of the whole process of the target for one request. */
  processorMilliseconds: number;
  /** The most that was seen during the load. */
  residentMegabytes: number;
  /** The same without pages of files. */
  ownMegabytes: number;
  failures: Record<string, number>;
}

interface Round extends LoadResult {
  processorMilliseconds: number;
  residentMegabytes: number;
  ownMegabytes: number;
}

export type LoadGenerator = AnsweringProcess<LoadJob, LoadResult>;

/** After a round: most of what its closed connections had under way is done by then, and is not on the bill of the next one. */
const settleMilliseconds = 300;

export const startLoadGenerator = (): LoadGenerator =>
  new AnsweringProcess(new URL('load-generator.process.js', import.meta.url));

/** Puts one round of load on the target and watches its process meanwhile. */
export async function runRound(
  generator: LoadGenerator,
  { url, pid }: Target,
  job: Omit<LoadJob, 'url'>,
): Promise<Round> {
  const memory = new MemoryWatch(pid);
  const before = processorMilliseconds(pid);
  try {
    const result = await generator.ask({ ...job, url });
    const spent = processorMilliseconds(pid) - before;
    await setTimeout(settleMilliseconds);
    const { all, withoutFiles } = memory.most;
    return {
      ...result,
      processorMilliseconds: spent,
      residentMegabytes: all,
      ownMegabytes: withoutFiles,
    };
  } finally {
    memory.stop();
  }
}

/** Requests a second: the median round. Latencies: of all rounds together. */
export function summarize(rounds: readonly Round[]): LoadFigures {
  const latencies = Float64Array.from(rounds.flatMap((round) => [...round.latencies])).sort();
  const processor = rounds.reduce((sum, round) => sum + round.processorMilliseconds, 0);
  const failures: Record<string, number> = {};
  for (const round of rounds) {
    for (const [what, count] of Object.entries(round.failures))
      failures[what] = (failures[what] ?? 0) + count;
  }
  return {
    requests: latencies.length,
    requestsPerSecond: median(rounds.map((round) => round.latencies.length / round.seconds)),
    p50Milliseconds: percentile(latencies, 0.5),
    p99Milliseconds: percentile(latencies, 0.99),
    mostMilliseconds: percentile(latencies, 1),
    processorMilliseconds: processor / latencies.length,
    residentMegabytes: Math.max(...rounds.map((round) => round.residentMegabytes)),
    ownMegabytes: Math.max(...rounds.map((round) => round.ownMegabytes)),
    failures,
  };
}
