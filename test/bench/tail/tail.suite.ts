import { operations, type OperationName } from '../http/operations.js';
import { type Beside, failuresIn, ServiceUnderLoad, type Turns } from '../http/service-under-load.js';
import { aimsTable } from '../report/aims.js';
import { fixed, left, right } from '../report/cells.js';
import type { FigureTable, Suite, SuiteResult } from '../suite.js';

interface Plan extends Turns {
  warmUpSeconds: number;
  patients: number;
}

const connections = 64;
const fullPlan: Plan = { rounds: 3, seconds: 10, plainSeconds: 4, warmUpSeconds: 5, patients: 2000 };
const smokePlan: Plan = { rounds: 1, seconds: 0.2, plainSeconds: 0.1, warmUpSeconds: 0, patients: 32 };
const p99AtMostTimesP50 = 4;

interface Tail extends Beside {
  operation: OperationName;
}

/** How much longer than the usual answer the slow ones take when more ask than can be served at once. */
export const tailSuite: Suite = {
  name: 'tail',
  title: 'Slow answers',
  async run({ smoke, routes, ...context }): Promise<SuiteResult> {
    const plan = smoke ? smokePlan : fullPlan;
    const bench = await ServiceUnderLoad.start({ smoke, routes, ...context }, 'tail', plan.patients);
    try {
      const tails: Tail[] = [];
      for (const operation of routes) {
        context.progress(`tail: ${operations[operation].title}`);
        if (plan.warmUpSeconds > 0) await bench.warmUp(operation, plan.warmUpSeconds);
        tails.push({ operation, ...(await bench.inTurn([operation], connections, plan)) });
      }
      return {
        tables: tablesOf(tails),
        figures: { connections, tails },
        notes: [
          `${connections} connections, each asking again as soon as it is answered. The ratio is of all answers of all rounds; beside it that of the plain ` +
            'handler, whose tail is what the machine and the load generator make of it.',
        ],
        failures: tails.flatMap(({ operation, ...beside }) =>
          failuresIn(`${operations[operation].title}, ${connections} connections`, beside),
        ),
      };
    } finally {
      await bench.close();
    }
  },
};

function tablesOf(tails: readonly Tail[]): FigureTable[] {
  const ratio = ({ p50Milliseconds, p99Milliseconds }: Beside['service']) =>
    p99Milliseconds / p50Milliseconds;
  const figures = (of: Beside['service']) => [
    fixed(of.p50Milliseconds),
    fixed(of.p99Milliseconds),
    fixed(of.mostMilliseconds),
    fixed(ratio(of), 1),
  ];
  return [
    aimsTable(
      tails.map(({ operation, service }) => ({
        what: `${operations[operation].title}, p99 / p50`,
        unit: 'times',
        measured: ratio(service),
        aim: { atMost: p99AtMostTimesP50 },
      })),
    ),
    {
      title: `Latency at ${connections} connections`,
      columns: [
        left('Operation'),
        ...['p50 ms', 'p99 ms', 'most ms', 'p99 / p50'].map(right),
        ...['plain p50 ms', 'plain p99 ms', 'plain most ms', 'plain p99 / p50'].map(right),
      ],
      rows: tails.map(({ operation, service, plain }) => [
        operations[operation].title,
        ...figures(service),
        ...figures(plain),
      ]),
    },
  ];
}
