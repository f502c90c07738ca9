import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type LoadFigures,
  type LoadGenerator,
  runRound,
  startLoadGenerator,
  summarize,
} from '../http/http-rounds.js';
import { type OperationName, operations, type StoredPatient } from '../http/operations.js';
import { ServiceProcess } from '../http/service-process.js';
import { ServiceClient } from '../http/stored-patients.js';
import type { FigureTable, Suite, SuiteContext, SuiteResult } from '../suite.js';

interface Plan {
  connections: readonly number[];
  rounds: number;
  seconds: number;
  warmUpSeconds: number;
  patients: number;
}

const fullPlan: Plan = { connections: [16, 64], rounds: 5, seconds: 3, warmUpSeconds: 4, patients: 1000 };
const smokePlan: Plan = { connections: [16], rounds: 1, seconds: 0.5, warmUpSeconds: 0.2, patients: 64 };

/** A read, which waits for its event alone, and a write, in whose transaction the event rides. */
const measured: readonly OperationName[] = ['get', 'post'];
/** Of the requests a second without audit, this share should be left with it. An aim: on a busy machine it says nothing. */
const shareAimedAt = 0.85;
/** Serial numbers that one job may use. */
const serialsPerJob = 10_000_000;

interface AuditCost {
  operation: OperationName;
  connections: number;
  audited: LoadFigures;
  unaudited: LoadFigures;
}

/** The service beside itself with a trail that records nothing. */
export const auditCostSuite: Suite = {
  name: 'audit',
  title: 'Cost of auditing',
  async run(context): Promise<SuiteResult> {
    const plan = context.smoke ? smokePlan : fullPlan;
    const generator = startLoadGenerator();
    const sides: Side[] = [];
    try {
      sides.push(await Side.start(context, plan, 'audited', []));
      sides.push(await Side.start(context, plan, 'unaudited', ['--import', withoutAudit]));
      const [audited, unaudited] = sides as [Side, Side];
      const costs: AuditCost[] = [];
      for (const operation of measured) {
        for (const side of sides) await side.load(generator, operation, 16, plan.warmUpSeconds);
        for (const connections of plan.connections) {
          context.progress(`audit: ${operations[operation].title}, ${connections} connections`);
          costs.push(await compare(generator, plan, { audited, unaudited }, operation, connections));
        }
      }
      return {
        tables: [tableOf(costs)],
        figures: { shareAimedAt, costs },
        notes,
        failures: failuresOf(costs),
      };
    } finally {
      await Promise.all([generator.stop(), ...sides.map((side) => side.stop())]);
    }
  },
};

const withoutAudit = fileURLToPath(new URL('without-audit.process.js', import.meta.url));

const notes = [
  'Both are the same build in the same minutes, each with data of its own. Unaudited is the service whose trail was replaced by one that ' +
    'records nothing (`without-audit.process.ts`, for this comparison alone; both run from their modules instead of the bundle, so that one can be replaced): no event is written, none is waited for, nothing is sealed.',
  `The aim is to keep ${shareAimedAt} of the requests a second. What an access costs beside its event is one commit, flushed to disk, shared with all ` +
    'requests that wait for it: the more connections, the smaller its share.',
];

/** One of the two services, and the patients that it stores. */
class Side {
  #jobs = 1;

  private constructor(
    private readonly service: ServiceProcess,
    private readonly token: string,
    private readonly patients: readonly StoredPatient[],
  ) {}

  static async start(context: SuiteContext, plan: Plan, name: string, nodeOptions: string[]): Promise<Side> {
    context.progress(`audit: storing patients, ${name}`);
    const folder = join(context.folder, `audit-${name}`);
    const service = await ServiceProcess.start({
      build: context.build,
      folder,
      nodeOptions,
      unbundled: true,
    });
    const token = await service.mintToken();
    return new Side(
      service,
      token,
      await new ServiceClient(service.url, token).createPatients(plan.patients),
    );
  }

  load(generator: LoadGenerator, operation: OperationName, connections: number, seconds: number) {
    const { token, patients } = this;
    const firstSerial = this.#jobs++ * serialsPerJob;
    return runRound(generator, this.service, {
      token,
      operations: [operation],
      connections,
      seconds,
      patients,
      firstSerial,
    });
  }

  stop(): Promise<void> {
    return this.service.stop();
  }
}

/** Rounds in turn, and in changing order, so that a noisy minute hits both. */
async function compare(
  generator: LoadGenerator,
  plan: Plan,
  { audited, unaudited }: { audited: Side; unaudited: Side },
  operation: OperationName,
  connections: number,
): Promise<AuditCost> {
  const withAudit: Awaited<ReturnType<Side['load']>>[] = [];
  const without: typeof withAudit = [];
  for (let round = 0; round < plan.rounds; round++) {
    const turns = [
      async () => withAudit.push(await audited.load(generator, operation, connections, plan.seconds)),
      async () => without.push(await unaudited.load(generator, operation, connections, plan.seconds)),
    ];
    for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn();
  }
  return { operation, connections, audited: summarize(withAudit), unaudited: summarize(without) };
}

function tableOf(costs: readonly AuditCost[]): FigureTable {
  const right = [
    'Connections',
    'req/s',
    'unaudited req/s',
    'share',
    'p99 ms',
    'unaudited p99 ms',
    'CPU ms',
    'unaudited CPU ms',
  ];
  return {
    title: 'The service beside itself without audit',
    columns: [
      { name: 'Operation', align: 'left' },
      ...right.map((name) => ({ name, align: 'right' as const })),
    ],
    rows: costs.map(({ operation, connections, audited, unaudited }) => [
      operations[operation].title,
      String(connections),
      ...[audited, unaudited].map(({ requestsPerSecond }) =>
        Math.round(requestsPerSecond).toLocaleString('en-US'),
      ),
      shareOf({ audited, unaudited }).toFixed(2),
      ...[audited, unaudited].map(({ p99Milliseconds }) => p99Milliseconds.toFixed(1)),
      ...[audited, unaudited].map(({ processorMilliseconds }) => processorMilliseconds.toFixed(3)),
    ]),
  };
}

const shareOf = ({ audited, unaudited }: Pick<AuditCost, 'audited' | 'unaudited'>) =>
  audited.requestsPerSecond / unaudited.requestsPerSecond;

function failuresOf(costs: readonly AuditCost[]): string[] {
  return costs.flatMap(({ operation, connections, audited, unaudited }) =>
    Object.entries({ audited, unaudited }).flatMap(([side, { failures }]) =>
      Object.entries(failures).map(
        ([what, count]) =>
          `${operations[operation].title}, ${connections} connections, ${side}: ${what}, ${count} times`,
      ),
    ),
  );
}
