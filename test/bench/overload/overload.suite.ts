import { join } from 'node:path';
import { AnsweringProcess } from '../child-processes.js';
import { type OperationName, operations, type StoredPatient } from '../http/operations.js';
import { ServiceProcess } from '../http/service-process.js';
import { ServiceClient } from '../http/stored-patients.js';
import { percentile } from '../statistics.js';
import type { Suite, SuiteContext, SuiteResult } from '../suite.js';
import type { OverloadJob, OverloadResult } from './overload-load.js';
import { type OverloadFigures, overloadTables, type Saturation, summarized } from './overload-tables.js';

interface Plan {
  operations: readonly OperationName[];
  patients: number;
  warmUpSeconds: number;
  /** Tried one after the other, until more of them bring nothing more. */
  connections: readonly number[];
  saturationSeconds: number;
  /** Of the saturating load. */
  multiples: readonly number[];
  seconds: number;
}

const fullPlan: Plan = {
  // A read, which waits for its event alone, and a write with its keys.
  operations: ['get', 'post'],
  patients: 2000,
  warmUpSeconds: 4,
  connections: [4, 8, 16, 32, 64, 128],
  saturationSeconds: 4,
  multiples: [1, 2, 4],
  seconds: 10,
};
const smokePlan: Plan = {
  operations: ['get'],
  patients: 16,
  warmUpSeconds: 0.1,
  connections: [8],
  saturationSeconds: 0.2,
  multiples: [4],
  seconds: 0.5,
};

/** Twice the connections have to bring this many times more, or the load saturates. */
const stillGrows = 1.05;
/** More than a fleet of clients would hold; what finds none of them free waits at the client. */
const clientConnections = 1024;
const serialsPerJob = 10_000_000;
/** Calm is an answer within this many times the p99 of one client alone. */
const calmAtMost = 2;

const shedsNothing = { PHI_CONCURRENT_REQUESTS: '100000', PHI_TURN_MILLISECONDS: '0' };

/** Loads that do not wait, of up to four times what the service can take, beside the same with nothing turned away. */
export const overloadSuite: Suite = {
  name: 'overload',
  title: 'Overload',
  async run(context): Promise<SuiteResult> {
    const plan = context.smoke ? smokePlan : fullPlan;
    const generator: Generator = new AnsweringProcess(new URL('overload-load.process.js', import.meta.url));
    const sides: Side[] = [];
    try {
      sides.push(await Side.start(context, plan, generator, 'shedding', {}));
      sides.push(await Side.start(context, plan, generator, 'taking all', shedsNothing));
      const figures: OverloadFigures = { saturations: [], overloads: [] };
      for (const operation of plan.operations) await measure(context, plan, sides, operation, figures);
      return { tables: overloadTables(figures), figures, notes, failures: failuresOf(figures) };
    } finally {
      await Promise.all([generator.stop(), ...sides.map((side) => side.stop())]);
    }
  },
};

type Generator = AnsweringProcess<OverloadJob, OverloadResult>;
type Settings =
  | { kind: 'closed'; connections: number }
  | { kind: 'open'; requestsPerSecond: number; calmMilliseconds: number };

const notes = [
  'Saturating is the load of clients that wait for each answer, with as many of them as bring more; measured where nothing is turned ' +
    'away. The loads after it do not wait: so many requests a second are due, answered or not, evenly spaced, over at most ' +
    `${clientConnections} connections.`,
  'Times run from when a request was due, so that waiting for a connection counts. Unanswered were due before the load ended, and ' +
    'never sent, or sent and not answered within 20 s after it.',
  '"Taking all" is the same build with both limits off (`PHI_CONCURRENT_REQUESTS=100000 PHI_TURN_MILLISECONDS=0`).',
  `Recovered: from the end of the load to the first of 5 answers in a row, asked one by one, each within ${calmAtMost} times the p99 of one ` +
    'client alone.',
  'Probes are of `/health/live` and `/health/ready` in turn, ten a second; one that is not answered with 200 fails the run.',
  'The generator needs the second processor; where it has to share it, fewer requests are accepted.',
];

/** The service under one setting, and the patients that it stores. */
class Side {
  #jobs = 1;

  private constructor(
    readonly name: string,
    private readonly service: ServiceProcess,
    private readonly generator: Generator,
    private readonly token: string,
    private readonly patients: readonly StoredPatient[],
  ) {}

  static async start(
    context: SuiteContext,
    plan: Plan,
    generator: Generator,
    name: string,
    variables: Record<string, string>,
  ): Promise<Side> {
    context.progress(`overload: storing patients, ${name}`);
    const folder = join(context.folder, `overload-${name.replace(' ', '-')}`);
    const service = await ServiceProcess.start({ build: context.build, folder, variables });
    const token = await service.mintToken();
    const patients = await new ServiceClient(service.url, token).createPatients(plan.patients);
    return new Side(name, service, generator, token, patients);
  }

  load(operation: OperationName, seconds: number, settings: Settings): Promise<OverloadResult> {
    const { token, patients } = this;
    const firstSerial = this.#jobs++ * serialsPerJob;
    const job = { url: this.service.url, token, operation, seconds, patients, firstSerial };
    return this.generator.ask({ connections: clientConnections, ...job, ...settings });
  }

  stop(): Promise<void> {
    return this.service.stop();
  }
}

async function measure(
  { progress }: SuiteContext,
  plan: Plan,
  sides: readonly Side[],
  operation: OperationName,
  figures: OverloadFigures,
): Promise<void> {
  const { title } = operations[operation];
  const unlimited = sides.at(-1) as Side;
  for (const side of sides) {
    progress(`overload: ${title}, warming up`);
    await side.load(operation, plan.warmUpSeconds, { kind: 'closed', connections: 16 });
  }
  progress(`overload: ${title}, looking for the saturating load`);
  const alone = await unlimited.load(operation, plan.saturationSeconds, { kind: 'closed', connections: 1 });
  const calmMilliseconds = calmAtMost * percentile(alone.accepted.sort(), 0.99);
  const saturation = await saturate(unlimited, plan, operation);
  figures.saturations.push({ ...saturation, calmMilliseconds });
  for (const multiple of plan.multiples) {
    for (const side of sides) {
      progress(`overload: ${title}, ${multiple} times the saturating load, ${side.name}`);
      const requestsPerSecond = multiple * saturation.requestsPerSecond;
      const settings = { kind: 'open', requestsPerSecond, calmMilliseconds } as const;
      const result = await side.load(operation, plan.seconds, settings);
      const load = { operation, multiple, requestsPerSecond, side: side.name };
      figures.overloads.push(summarized(result, load));
    }
  }
}

async function saturate(
  side: Side,
  plan: Plan,
  operation: OperationName,
): Promise<Omit<Saturation, 'calmMilliseconds'>> {
  let best = { operation, connections: 0, requestsPerSecond: 0 };
  for (const connections of plan.connections) {
    const { accepted, seconds } = await side.load(operation, plan.saturationSeconds, {
      kind: 'closed',
      connections,
    });
    const requestsPerSecond = accepted.length / seconds;
    const grows = requestsPerSecond > best.requestsPerSecond * stillGrows;
    if (requestsPerSecond > best.requestsPerSecond) best = { operation, connections, requestsPerSecond };
    if (!grows) break;
  }
  return best;
}

function failuresOf({ overloads }: OverloadFigures): string[] {
  return overloads.flatMap(({ operation, multiple, side, failures, acceptedPerSecond }) => {
    const where = `${operations[operation].title}, ${multiple} times, ${side}`;
    const failed = Object.entries(failures).map(([what, count]) => `${where}: ${what}, ${count} times`);
    return acceptedPerSecond === 0 ? [...failed, `${where}: nothing was accepted`] : failed;
  });
}
