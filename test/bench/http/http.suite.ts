import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { AnsweringProcess } from '../child-processes.js';
import { residentMegabytes } from '../process-figures.js';
import type { Suite, SuiteContext, SuiteResult } from '../suite.js';
import type { HttpFigures } from './http-figures.js';
import { httpTables } from './http-tables.js';
import { type LoadGenerator, runRound, startLoadGenerator, summarize, type Target } from './http-rounds.js';
import { type OperationName, operationNames, operations, type StoredPatient } from './operations.js';
import type { PlainServerAnswer, PlainServerQuestion } from './plain-server.js';
import { ServiceProcess } from './service-process.js';
import { ServiceClient } from './stored-patients.js';

interface Plan {
  connections: readonly number[];
  rounds: number;
  seconds: number;
  plainSeconds: number;
  warmUpSeconds: number;
  patients: number;
  starts: number;
  restSeconds: number;
}

const fullPlan: Plan = {
  connections: [1, 16, 64],
  rounds: 3,
  seconds: 6,
  plainSeconds: 3,
  warmUpSeconds: 5,
  patients: 2000,
  starts: 5,
  restSeconds: 5,
};
const smokePlan: Plan = {
  connections: [1, 16],
  rounds: 1,
  seconds: 0.5,
  plainSeconds: 0.3,
  warmUpSeconds: 0.2,
  patients: 64,
  starts: 1,
  restSeconds: 0,
};

/** Serial numbers that one job may use. */
const serialsPerJob = 10_000_000;

/** The whole service over HTTP, beside a plain Fastify handler with bodies of the same size. */
export const httpSuite: Suite = {
  name: 'http',
  title: 'HTTP',
  async run(context): Promise<SuiteResult> {
    const plan = context.smoke ? smokePlan : fullPlan;
    const startMilliseconds = await measureStarts(context, plan.starts);
    const service = await ServiceProcess.start({
      entry: context.serviceEntry,
      folder: join(context.folder, 'http'),
    });
    const generator = startLoadGenerator();
    const plain = new AnsweringProcess<PlainServerQuestion, PlainServerAnswer>(
      new URL('plain-server.process.js', import.meta.url),
    );
    try {
      await setTimeout(plan.restSeconds * 1000);
      const atRestMegabytes = residentMegabytes(service.pid).all;
      const token = await service.mintToken();
      const client = new ServiceClient(service.url, token);
      context.progress('http: storing patients');
      const patients = await client.createPatients(plan.patients);
      const answers = await client.sampleAnswers(patients[0] as StoredPatient, plan.patients);
      const { url } = await plain.ask({ answers });
      const targets = { service, plain: { url, pid: plain.pid } };
      const loads = await new LoadRun(context, plan, generator, targets, client, token, patients).all();
      const figures: HttpFigures = {
        loads,
        memory: {
          atRestMegabytes,
          underLoadMegabytes: Math.max(...loads.map((load) => load.service.residentMegabytes)),
          withoutFilesMegabytes: residentMegabytes(service.pid).withoutFiles,
        },
        startMilliseconds,
      };
      return { tables: httpTables(figures), figures, notes, failures: failuresOf(figures) };
    } finally {
      await Promise.all([service.stop(), generator.stop(), plain.stop()]);
    }
  },
};

const notes = [
  'A patient is 1 KB of JSON with 500 B of notes. The service runs as `npm start` runs it: embedded platform, a fresh data ' +
    'folder, log level info into a file, every protection on (token, scopes, validation, screening, encryption under the ' +
    "patient's own key, blind indexes, audit event, write flushed to disk before the answer); only the rate limit is off.",
  'The load generator is a process of its own on the same processors, so that it competes with the service.',
  'Plain is a Fastify handler that answers (and for writes parses) JSON of the same size and does nothing else, in the same ' +
    'run, its rounds between those of the service. The ratio says how many times longer or slower the service is; it is what ' +
    'to compare between machines.',
  'CPU is the processor time of the whole process, all threads, for one request.',
  'GET and search go from patient to patient; PUT gives each connection a patient of its own and follows its ETag.',
];

/** One job after the other, the service and the plain server in turn. */
class LoadRun {
  #jobs = 1;

  constructor(
    private readonly context: SuiteContext,
    private readonly plan: Plan,
    private readonly generator: LoadGenerator,
    private readonly targets: { service: Target; plain: Target },
    private readonly client: ServiceClient,
    private readonly token: string,
    private readonly patients: StoredPatient[],
  ) {}

  async all(): Promise<HttpFigures['loads']> {
    const loads: HttpFigures['loads'] = [];
    for (const operation of operationNames) {
      await this.#warmUp(operation);
      for (const connections of this.plan.connections) {
        loads.push({ operation, connections, ...(await this.#load(operation, connections)) });
      }
    }
    return loads;
  }

  async #warmUp(operation: OperationName): Promise<void> {
    this.context.progress(`http: ${operations[operation].title}, warming up`);
    const connections = 16;
    await this.#round(this.targets.service, operation, connections, this.plan.warmUpSeconds);
    await this.#round(this.targets.plain, operation, connections, this.plan.warmUpSeconds);
  }

  async #load(operation: OperationName, connections: number) {
    const service = [];
    const plain = [];
    for (let round = 1; round <= this.plan.rounds; round++) {
      this.context.progress(
        `http: ${operations[operation].title}, ${connections} connections, round ${round} of ${this.plan.rounds}`,
      );
      service.push(await this.#round(this.targets.service, operation, connections, this.plan.seconds));
      plain.push(await this.#round(this.targets.plain, operation, connections, this.plan.plainSeconds));
    }
    return { service: summarize(service), plain: summarize(plain) };
  }

  async #round(target: Target, operation: OperationName, connections: number, seconds: number) {
    const { ownPatient } = operations[operation];
    const patients = ownPatient
      ? await this.client.refreshed(this.patients.slice(0, connections))
      : this.patients;
    const firstSerial = this.#jobs++ * serialsPerJob;
    const job = { token: this.token, operation, connections, seconds, patients, firstSerial };
    return runRound(this.generator, target, job);
  }
}

async function measureStarts({ serviceEntry, folder, progress }: SuiteContext, starts: number) {
  const milliseconds: number[] = [];
  for (let start = 1; start <= starts; start++) {
    progress(`http: start ${start} of ${starts}`);
    const service = await ServiceProcess.start({
      entry: serviceEntry,
      folder: join(folder, `start-${start}`),
    });
    milliseconds.push(service.readyAfterMilliseconds);
    await service.stop();
  }
  return milliseconds;
}

function failuresOf({ loads }: HttpFigures): string[] {
  return loads.flatMap(({ operation, connections, service, plain }) =>
    Object.entries({ service, plain }).flatMap(([who, { failures }]) =>
      Object.entries(failures).map(
        ([what, count]) =>
          `${operations[operation].title}, ${connections} connections, ${who}: ${what}, ${count} times`,
      ),
    ),
  );
}
