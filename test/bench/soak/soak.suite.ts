import { type OperationName, operations } from '../http/operations.js';
import { type Beside, failuresIn, ServiceUnderLoad } from '../http/service-under-load.js';
import { openHandles, residentMegabytes } from '../process-figures.js';
import { aimsTable } from '../report/aims.js';
import { fixed, left, right, whole } from '../report/cells.js';
import { median } from '../statistics.js';
import type { FigureTable, Suite, SuiteContext, SuiteResult } from '../suite.js';
import { growthOf } from './growth-of.js';

/** One connection of eight creates and one replaces; a busy hour of an application that reads more than it writes. */
const mix: readonly OperationName[] = ['get', 'get', 'get', 'search', 'get', 'post', 'get', 'put'];
const connections = 16;
const patients = 1000;
/** Of the time of an interval: how long the plain server is asked, so that a noisy interval can be told. */
const plainShare = 0.1;
const intervals = 15;
/** Compilation, caches and the heap's own size have settled. */
const settledAfterIntervals = 3;
/** More than the scatter of a quiet run. */
const growthAtMost = 0.1;

interface Interval extends Beside {
  ownMegabytes: number;
  residentMegabytes: number;
  handles: number;
}

/** Hours are made of minutes: whether anything grows under an even load. Only when it is asked for. */
export const soakSuite: Suite = {
  name: 'soak',
  title: 'Even load for a long time',
  onlyByName: true,
  async run(context): Promise<SuiteResult> {
    const { smoke } = context;
    const bench = await ServiceUnderLoad.start(context, 'soak', smoke ? 32 : patients);
    try {
      const measured = smoke
        ? await intervalsOf(bench, context, 2, 0.2)
        : await intervalsOf(bench, context, intervals, (context.minutes * 60) / intervals);
      return {
        tables: tablesOf(measured),
        figures: { mix, connections, minutes: smoke ? undefined : context.minutes, intervals: measured },
        notes: [
          `${connections} connections: ${[...new Set(mix)].map((name) => `${mix.filter((other) => other === name).length} of ${mix.length} ${operations[name].title}`).join(', ')}.`,
          `Growth is the line of least squares from interval ${settledAfterIntervals + 1} to the last, its rise as a share of its beginning: the first ones compile, fill caches and size the heap. ` +
            'Latency is held against the plain server of the same interval.',
          'Handles are what the process holds open when nothing is asked. RSS with files grows with the data file, which the system may take back; own memory may not grow.',
        ],
        failures: measured.flatMap((interval, at) => failuresIn(`interval ${at + 1}`, interval)),
      };
    } finally {
      await bench.close();
    }
  },
};

async function intervalsOf(
  bench: ServiceUnderLoad,
  { progress }: SuiteContext,
  count: number,
  seconds: number,
): Promise<Interval[]> {
  const measured: Interval[] = [];
  const turns = { rounds: 1, seconds: seconds * (1 - plainShare), plainSeconds: seconds * plainShare };
  for (let at = 1; at <= count; at++) {
    progress(`soak: interval ${at} of ${count}, ${whole(seconds)} s each`);
    const beside = await bench.inTurn(mix, connections, turns);
    const { all, withoutFiles } = residentMegabytes(bench.service.pid);
    const handles = openHandles(bench.service.pid);
    measured.push({ ...beside, residentMegabytes: all, ownMegabytes: withoutFiles, handles });
  }
  return measured;
}

function tablesOf(measured: readonly Interval[]): FigureTable[] {
  const settled = measured.slice(measured.length > settledAfterIntervals + 1 ? settledAfterIntervals : 0);
  const aim = (what: string, figure: (interval: Interval) => number, atMost = growthAtMost) => ({
    what: `growth of ${what}`,
    unit: 'of its beginning',
    measured: growthOf(settled.map(figure)),
    aim: { atMost },
  });
  const plainP50 = median(measured.map(({ plain }) => plain.p50Milliseconds));
  return [
    aimsTable([
      aim('own memory', ({ ownMegabytes }) => ownMegabytes),
      aim('handles', ({ handles }) => handles, 0),
      aim('p50', ({ service, plain }) => (service.p50Milliseconds / plain.p50Milliseconds) * plainP50),
      aim('p99', ({ service, plain }) => (service.p99Milliseconds / plain.p50Milliseconds) * plainP50),
    ]),
    {
      title: 'By interval',
      columns: [
        left('Interval'),
        ...['req/s', 'p50 ms', 'p99 ms', 'CPU ms/request', 'own MB', 'RSS MB', 'handles'].map(right),
        ...['plain req/s', 'plain p50 ms', 'plain p99 ms'].map(right),
      ],
      rows: measured.map(({ service, plain, ...of }, at) => [
        String(at + 1),
        whole(service.requestsPerSecond),
        fixed(service.p50Milliseconds),
        fixed(service.p99Milliseconds),
        fixed(service.processorMilliseconds, 3),
        whole(of.ownMegabytes),
        whole(of.residentMegabytes),
        whole(of.handles),
        whole(plain.requestsPerSecond),
        fixed(plain.p50Milliseconds),
        fixed(plain.p99Milliseconds),
      ]),
    },
  ];
}
