import { statSync } from 'node:fs';
import { join } from 'node:path';
import { AnsweringProcess } from '../child-processes.js';
import { operationNames, type OperationName, operations, type StoredPatient } from '../http/operations.js';
import { type Beside, failuresIn, ServiceUnderLoad, type Turns } from '../http/service-under-load.js';
import { serviceEnvironment } from '../http/service-process.js';
import { aimsTable } from '../report/aims.js';
import { fixed, left, right, whole } from '../report/cells.js';
import { LongProgress } from '../report/long-progress.js';
import type { FigureTable, Suite, SuiteContext, SuiteResult } from '../suite.js';
import type { SeedAnswer, SeedQuestion } from './seeding.js';

interface Plan extends Turns {
  few: number;
  many: number;
  warmUpSeconds: number;
}

const few = 1000;
const fullPlan: Omit<Plan, 'many'> = { few, rounds: 3, seconds: 6, plainSeconds: 3, warmUpSeconds: 5 };
const smokePlan: Plan = { few: 32, many: 96, rounds: 1, seconds: 0.2, plainSeconds: 0.1, warmUpSeconds: 0 };
const connections = 16;
const p50AtMostTimes = 1.2;
/** A tenth of the patients has ten records each. */
const recordsEveryPatients = 10;
const recordsEach = 10;
const patientsAtATime = 2000;
/** Of these the load reads, however many there are: what is in the caches is the same then. */
const patientsAsked = 1000;

type Seeding = AnsweringProcess<SeedQuestion, SeedAnswer>;

interface Stage {
  patients: number;
  fileMegabytes: number;
  loads: ({ operation: OperationName } & Beside)[];
}

/** Whether answers take longer when the store holds a thousand times as much. Only when it is asked for. */
export const growthSuite: Suite = {
  name: 'growth',
  title: 'Growth of the store',
  onlyByName: true,
  async run(context): Promise<SuiteResult> {
    const plan = context.smoke ? smokePlan : { ...fullPlan, many: Math.max(2 * few, context.patients) };
    const folder = join(context.folder, 'growth');
    const seeding: Seeding = new AnsweringProcess(new URL('seed.process.js', import.meta.url));
    const stage = (from: number, to: number, loadFrom: number) =>
      stageOf(context, plan, seeding, { folder, from, to, loadFrom });
    let stages: readonly [Stage, Stage];
    try {
      stages = [await stage(0, plan.few, 1e9), await stage(plan.few, plan.many, 5e9)];
    } finally {
      await seeding.stop();
    }
    return {
      tables: tablesOf(stages),
      figures: { stages },
      notes: [
        `A tenth of the patients has ${recordsEach} records. They are stored by the libs of the same build without HTTP, screening and tokens; rows, keys and events are those of the service.`,
        `The load goes to ${whole(patientsAsked)} patients, spread evenly over all, at ${connections} connections: what differs is the size of the store. The plain server has none, and tells ` +
          'what the machine did meanwhile: the growth is that of the service over that of the plain server.',
      ],
      failures: stages.flatMap(({ patients, loads }) =>
        loads.flatMap(({ operation, ...beside }) =>
          failuresIn(`${whole(patients)} patients, ${operations[operation].title}`, beside),
        ),
      ),
    };
  },
};

async function stageOf(
  context: SuiteContext,
  plan: Plan,
  seeding: Seeding,
  { folder, from, to, loadFrom }: { folder: string; from: number; to: number; loadFrom: number },
): Promise<Stage> {
  const seeded = await seed(context, seeding, folder, from, to);
  const bench = await ServiceUnderLoad.startOn(context, folder, seeded, loadFrom);
  try {
    const loads: Stage['loads'] = [];
    for (const operation of operationNames) {
      context.progress(`growth: ${whole(to)} patients, ${operations[operation].title}`);
      if (plan.warmUpSeconds > 0) await bench.warmUp(operation, plan.warmUpSeconds);
      loads.push({ operation, ...(await bench.inTurn([operation], connections, plan)) });
    }
    const { size } = statSync(join(folder, 'data/records.lmdb'));
    return { patients: to, fileMegabytes: size / 1e6, loads };
  } finally {
    await bench.close();
  }
}

/** @returns some of the patients that were stored */
async function seed(
  { build, progress }: SuiteContext,
  seeding: Seeding,
  folder: string,
  from: number,
  to: number,
): Promise<StoredPatient[]> {
  const environment = serviceEnvironment(folder);
  const bar = new LongProgress('growth: patients stored', to - from, progress);
  const every = Math.max(1, Math.floor((to - from) / patientsAsked));
  const kept: StoredPatient[] = [];
  try {
    for (let firstSerial = from; firstSerial < to; firstSerial += patientsAtATime) {
      const count = Math.min(patientsAtATime, to - firstSerial);
      const question = { build, environment, firstSerial, count, recordsEveryPatients, recordsEach };
      const { patients } = await seeding.ask(question);
      kept.push(...patients.filter(({ serial }) => (serial - from) % every === 0));
      bar.add(count);
    }
    await seeding.ask('close');
    return kept.slice(0, patientsAsked);
  } finally {
    bar.stop();
  }
}

function tablesOf([small, large]: readonly [Stage, Stage]): FigureTable[] {
  const pairs = small.loads.map((before, at) => ({
    before,
    after: large.loads[at] as (typeof small.loads)[0],
  }));
  const growth = (of: { before: Beside; after: Beside }) =>
    of.after.service.p50Milliseconds /
    of.before.service.p50Milliseconds /
    (of.after.plain.p50Milliseconds / of.before.plain.p50Milliseconds);
  return [
    aimsTable(
      pairs.map((pair) => ({
        what: `${operations[pair.before.operation].title}, p50 at ${whole(large.patients)} patients`,
        unit: `times that at ${whole(small.patients)}`,
        measured: growth(pair),
        aim: { atMost: p50AtMostTimes },
      })),
    ),
    {
      title: 'By size of the store',
      columns: [
        left('Operation'),
        ...['patients', 'file MB', 'req/s', 'p50 ms', 'p99 ms', 'plain p50 ms', 'plain p99 ms'].map(right),
      ],
      rows: pairs.flatMap(({ before, after }) =>
        (
          [
            [small, before],
            [large, after],
          ] as const
        ).map(([{ patients, fileMegabytes }, { operation, service, plain }]) => [
          operations[operation].title,
          whole(patients),
          whole(fileMegabytes),
          whole(service.requestsPerSecond),
          fixed(service.p50Milliseconds),
          fixed(service.p99Milliseconds),
          fixed(plain.p50Milliseconds),
          fixed(plain.p99Milliseconds),
        ]),
      ),
    },
  ];
}
