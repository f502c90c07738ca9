import autocannon from 'autocannon';
import type { LoadJob, LoadResult } from './load.js';
import { type OperationName, operations } from './operations.js';

/** Puts the load on a server, in a process of its own: what it costs is not on the bill of who is measured. */
async function run(job: LoadJob): Promise<LoadResult> {
  const latencies: number[] = [];
  const failures: Record<string, number> = {};
  let serial = job.firstSerial;
  let connection = 0;
  const fail = (what: string) => {
    failures[what] = (failures[what] ?? 0) + 1;
  };
  const startedAt = performance.now();
  const { errors, timeouts } = await autocannon({
    url: job.url,
    connections: job.connections,
    duration: job.seconds,
    timeout: 10,
    sampleInt: 50,
    setupClient(client) {
      client.setRequests([repeated(job, connection++, () => serial++)]);
      client.on('response', (status, _, milliseconds) => {
        latencies.push(milliseconds);
        if (status < 200 || status > 299) fail(String(status));
      });
    },
  });
  const seconds = (performance.now() - startedAt) / 1000;
  if (errors + timeouts > 0) failures['no answer'] = errors + timeouts;
  return { latencies: Float64Array.from(latencies), seconds, failures };
}

/** The request that one connection sends again and again, each time made anew. */
function repeated(job: LoadJob, connection: number, nextSerial: () => number): autocannon.Request {
  const operation = operations[job.operations[connection % job.operations.length] as OperationName];
  const headers = { authorization: `Bearer ${job.token}` };
  // Connections start at places apart, so that they do not all read the same patient at a time.
  let at = Math.floor((connection * job.patients.length) / job.connections);
  let current = patientAt(job, at);
  const build = () => {
    const { headers: own, ...request } = operation.request(current, nextSerial());
    return { ...request, headers: { ...headers, ...own } };
  };
  if (!operation.ownPatient) {
    return {
      ...build(),
      setupRequest(request) {
        current = patientAt(job, ++at);
        return { ...request, ...build() };
      },
    };
  }
  return {
    ...build(),
    setupRequest: (request) => ({ ...request, ...build() }),
    onResponse(_status, _body, _context, { etag }) {
      if (typeof etag === 'string') current = { ...current, etag };
    },
  };
}

function patientAt({ patients }: LoadJob, at: number) {
  const patient = patients[at % patients.length];
  if (patient === undefined) throw new RangeError('a load needs a stored patient');
  return patient;
}

process.on('message', (job: LoadJob) => {
  void run(job).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      process.stderr.write(`load generator: ${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
});
