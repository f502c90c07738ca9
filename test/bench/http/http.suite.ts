import type { Suite, SuiteResult } from '../suite.js';
import type { HttpLoad } from './http-figures.js';
import { httpTables } from './http-tables.js';
import { operations } from './operations.js';
import { failuresIn, ServiceUnderLoad, type Turns } from './service-under-load.js';

interface Plan extends Turns {
  connections: readonly number[];
  warmUpSeconds: number;
  patients: number;
}

const fullPlan: Plan = {
  connections: [1, 16, 64],
  rounds: 3,
  seconds: 6,
  plainSeconds: 3,
  warmUpSeconds: 5,
  patients: 2000,
};
const smokePlan: Plan = {
  connections: [1, 16],
  rounds: 1,
  seconds: 0.3,
  plainSeconds: 0.2,
  warmUpSeconds: 0.1,
  patients: 64,
};

/** The whole service over HTTP, beside a plain Fastify handler with bodies of the same size. */
export const httpSuite: Suite = {
  name: 'http',
  title: 'HTTP',
  async run(context): Promise<SuiteResult> {
    const { smoke, progress, routes, connections } = context;
    const plan = { ...(smoke ? smokePlan : fullPlan), ...(connections.length > 0 && { connections }) };
    const bench = await ServiceUnderLoad.start(context, 'http', plan.patients);
    try {
      const loads: HttpLoad[] = [];
      for (const operation of routes) {
        const { title } = operations[operation];
        progress(`http: ${title}, warming up`);
        await bench.warmUp(operation, plan.warmUpSeconds);
        for (const count of plan.connections) {
          progress(`http: ${title}, ${count} connections`);
          loads.push({ operation, connections: count, ...(await bench.inTurn([operation], count, plan)) });
        }
      }
      return { tables: httpTables(loads), figures: { loads }, notes, failures: failuresOf(loads) };
    } finally {
      await bench.close();
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

const failuresOf = (loads: readonly HttpLoad[]) =>
  loads.flatMap(({ operation, connections, ...beside }) =>
    failuresIn(`${operations[operation].title}, ${connections} connections`, beside),
  );
