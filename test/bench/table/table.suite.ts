import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fixed, left, right, whole } from '../report/cells.js';
import { median, percentile } from '../statistics.js';
import type { FigureTable, Suite, SuiteContext, SuiteResult } from '../suite.js';
import { builtTable, type Contender, type ContenderName, plainLmdb, rowsFor } from './contenders.js';

interface Plan {
  patients: number;
  rounds: number;
  writes: number;
  reads: number;
  pages: number;
}

const fullPlan: Plan = { patients: 20_000, rounds: 5, writes: 8_000, reads: 40_000, pages: 2_000 };
const smokePlan: Plan = { patients: 100, rounds: 1, writes: 100, reads: 200, pages: 20 };

type OperationName = 'write' | 'read' | 'page';
const titles: Record<OperationName, string> = {
  write: 'transaction of three rows, flushed',
  read: 'read of a row',
  page: 'page of 50 rows',
};
const connections: readonly number[] = [1, 16, 64];

interface Figures {
  operation: OperationName;
  atOnce: number;
  of: Record<ContenderName, { perSecond: number; p50Microseconds: number; p99Microseconds: number }>;
}

/** The table of the embedded platform, beside the LMDB that it is made of, in this process. */
export const tableSuite: Suite = {
  name: 'table',
  title: 'Table',
  async run({ smoke, build, folder, progress }: SuiteContext): Promise<SuiteResult> {
    const plan = smoke ? smokePlan : fullPlan;
    const own = join(folder, 'table');
    mkdirSync(own);
    const rows = rowsFor(plan.patients);
    const contenders: Record<ContenderName, Contender> = {
      table: await builtTable(build, own, rows),
      plain: plainLmdb(own, rows),
    };
    try {
      const figures: Figures[] = [];
      for (const [operation, calls, atOnce] of jobsOf(plan)) {
        progress(`table: ${titles[operation]}, ${atOnce} at once`);
        figures.push(await inTurn(contenders, { operation, calls, atOnce, rounds: plan.rounds }));
      }
      return { tables: [tableOf(figures)], figures, notes, failures: [] };
    } finally {
      await Promise.all(Object.values(contenders).map((contender) => contender.close()));
    }
  },
};

const notes = [
  'A write is a head of 1.9 KB, a row of the list and an event with three indexes. The table checks conditions and limits, and keeps the indexes in the ' +
    'same transaction; plain LMDB puts the same bytes under three keys, and nothing else.',
  'Both answer a write once it is flushed to disk. Writes that wait for the same flush share it.',
];

/** Writes come first: they store what is read. */
const jobsOf = ({ writes, reads, pages }: Plan): [OperationName, number, number][] => [
  ...connections.map((atOnce): [OperationName, number, number] => ['write', writes, atOnce]),
  ['read', reads, 1],
  ['page', pages, 1],
];

interface Job {
  operation: OperationName;
  calls: number;
  atOnce: number;
  rounds: number;
}

async function inTurn(contenders: Record<ContenderName, Contender>, job: Job): Promise<Figures> {
  const { operation, atOnce, rounds } = job;
  // A single writer waits for each flush: a tenth of the calls is enough.
  const calls = atOnce === 1 && operation === 'write' ? Math.ceil(job.calls / 10) : job.calls;
  const perSecond: Record<ContenderName, number[]> = { table: [], plain: [] };
  const times: Record<ContenderName, number[]> = { table: [], plain: [] };
  let next = 0;
  // One round before those that count.
  for (let round = -1; round < rounds; round++) {
    for (const name of ['table', 'plain'] as const) {
      const first = next;
      const contender = contenders[name];
      const begun = performance.now();
      const took = await timesOf(calls, atOnce, (call) => contender[operation](first + call));
      if (round < 0) continue;
      perSecond[name].push(calls / ((performance.now() - begun) / 1000));
      times[name].push(...took);
    }
    next += calls;
  }
  const summary = (name: ContenderName) => {
    const sorted = Float64Array.from(times[name]).sort();
    return {
      perSecond: median(perSecond[name]),
      p50Microseconds: percentile(sorted, 0.5),
      p99Microseconds: percentile(sorted, 0.99),
    };
  };
  return { operation, atOnce, of: { table: summary('table'), plain: summary('plain') } };
}

/** @returns how long each call took, microseconds */
async function timesOf(
  calls: number,
  atOnce: number,
  work: (call: number) => Promise<unknown>,
): Promise<number[]> {
  const times: number[] = [];
  let next = 0;
  const worker = async () => {
    while (next < calls) {
      const call = next++;
      const begun = performance.now();
      if ((await work(call)) === null) throw new Error('the table answered null');
      times.push((performance.now() - begun) * 1000);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return times;
}

const tableOf = (figures: readonly Figures[]): FigureTable => ({
  title: 'Operations',
  columns: [
    left('Operation'),
    right('At once'),
    ...['a second', 'p50 us', 'p99 us', 'plain a second', 'plain p50 us', 'plain p99 us'].map(right),
    right('plain / table'),
  ],
  rows: figures.map(({ operation, atOnce, of: { table, plain } }) => [
    titles[operation],
    String(atOnce),
    ...[table, plain].flatMap((one) => [
      whole(one.perSecond),
      whole(one.p50Microseconds),
      whole(one.p99Microseconds),
    ]),
    fixed(plain.perSecond / table.perSecond, 1),
  ]),
});
