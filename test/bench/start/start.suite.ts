import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { operationNames, operations } from '../http/operations.js';
import { failuresIn, ServiceUnderLoad, startPlainServer, type Turns } from '../http/service-under-load.js';
import { ServiceProcess } from '../http/service-process.js';
import { type Resident, residentMegabytes } from '../process-figures.js';
import { aimsTable } from '../report/aims.js';
import { fixed, left, right, whole } from '../report/cells.js';
import { median } from '../statistics.js';
import type { FigureTable, Suite, SuiteContext, SuiteResult } from '../suite.js';

interface Plan extends Turns {
  starts: number;
  restSeconds: number;
  patients: number;
}

const fullPlan: Plan = { starts: 7, restSeconds: 5, patients: 1000, rounds: 1, seconds: 8, plainSeconds: 4 };
const smokePlan: Plan = {
  starts: 1,
  restSeconds: 0,
  patients: 32,
  rounds: 1,
  seconds: 0.2,
  plainSeconds: 0.1,
};
const connections = 16;

interface Started {
  readyMilliseconds: number;
  atRest: Resident;
}

interface Figures {
  service: Started[];
  plain: Started[];
  underLoad: { service: Resident; plain: Resident };
}

/** How long a start takes, and how much memory the service has at rest and under load. */
export const startSuite: Suite = {
  name: 'start',
  title: 'Start and memory',
  async run(context): Promise<SuiteResult> {
    const plan = context.smoke ? smokePlan : fullPlan;
    const service: Started[] = [];
    const plain: Started[] = [];
    for (let start = 1; start <= plan.starts; start++) {
      context.progress(`start: ${start} of ${plan.starts}`);
      service.push(await startService(context, join(context.folder, `start-${start}`), plan.restSeconds));
      plain.push(await startPlain(plan.restSeconds));
    }
    const { underLoad, failures } = await load(context, plan);
    const figures: Figures = { service, plain, underLoad };
    return { tables: tablesOf(figures), figures, notes, failures };
  },
};

const notes = [
  'Start is from the start of the process to the first 200 of `/health/ready`; of the plain server, to its first open port. Plain is Fastify alone.',
  `At rest is seconds after that, before the first request. Under load is the most that was seen with ${connections} connections, one operation after the other.`,
  'RSS counts pages of mapped files, too: the program, and of the data file what was read or written, which the system takes back when it needs room. ' +
    '"Own" is without them: what the process itself holds.',
];

async function startService({ build }: SuiteContext, folder: string, restSeconds: number): Promise<Started> {
  const service = await ServiceProcess.start({ build, folder });
  await setTimeout(restSeconds * 1000);
  const atRest = residentMegabytes(service.pid);
  await service.stop();
  return { readyMilliseconds: service.readyAfterMilliseconds, atRest };
}

async function startPlain(restSeconds: number): Promise<Started> {
  const startedAt = performance.now();
  const plain = startPlainServer();
  await plain.ask({ answers: { get: {}, post: {}, put: {}, search: {} } });
  const readyMilliseconds = performance.now() - startedAt;
  await setTimeout(restSeconds * 1000);
  const atRest = residentMegabytes(plain.pid);
  await plain.stop();
  return { readyMilliseconds, atRest };
}

async function load(context: SuiteContext, plan: Plan) {
  const bench = await ServiceUnderLoad.start(context, 'start', plan.patients);
  const most = { service: { all: 0, withoutFiles: 0 }, plain: { all: 0, withoutFiles: 0 } };
  const failures: string[] = [];
  try {
    for (const operation of operationNames) {
      const { title } = operations[operation];
      context.progress(`start: memory under load, ${title}`);
      const beside = await bench.inTurn([operation], connections, plan);
      failures.push(...failuresIn(title, beside));
      for (const who of ['service', 'plain'] as const) {
        most[who].all = Math.max(most[who].all, beside[who].residentMegabytes);
        most[who].withoutFiles = Math.max(most[who].withoutFiles, beside[who].ownMegabytes);
      }
    }
    return { underLoad: most, failures };
  } finally {
    await bench.close();
  }
}

function tablesOf({ service, plain, underLoad }: Figures): FigureTable[] {
  const start = (of: readonly Started[]) => median(of.map((one) => one.readyMilliseconds)) / 1000;
  const rest = (of: readonly Started[], what: keyof Resident) => median(of.map(({ atRest }) => atRest[what]));
  const atRest = rest(service, 'all');
  const megabytes = (name: string, own: number, beside: number) => [
    name,
    `${whole(own)} MB`,
    `${whole(beside)} MB`,
    fixed(own / beside, 1),
  ];
  return [
    aimsTable([
      { what: 'ready after', unit: 's', measured: start(service), aim: { atMost: 0.8 } },
      { what: 'RSS at rest', unit: 'MB', measured: atRest, aim: { atMost: 120 } },
      { what: 'RSS under load', unit: 'MB', measured: underLoad.service.all, aim: { atMost: 300 } },
      {
        what: 'RSS under load, own',
        unit: 'MB',
        measured: underLoad.service.withoutFiles,
        aim: { atMost: 300 },
      },
    ]),
    {
      title: 'Process',
      columns: [left('Figure'), right('service'), right('plain'), right('service / plain')],
      rows: [
        [
          'ready after',
          `${fixed(start(service))} s`,
          `${fixed(start(plain))} s`,
          fixed(start(service) / start(plain), 1),
        ],
        megabytes('RSS at rest', atRest, rest(plain, 'all')),
        megabytes('RSS at rest, own', rest(service, 'withoutFiles'), rest(plain, 'withoutFiles')),
        megabytes('RSS under load', underLoad.service.all, underLoad.plain.all),
        megabytes('RSS under load, own', underLoad.service.withoutFiles, underLoad.plain.withoutFiles),
      ],
    },
  ];
}
