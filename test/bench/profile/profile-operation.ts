import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runRound, startLoadGenerator, summarize } from '../http/http-rounds.js';
import { type OperationName, operations } from '../http/operations.js';
import { ServiceProcess } from '../http/service-process.js';
import { ServiceClient } from '../http/stored-patients.js';
import { mainThreadMilliseconds } from '../process-figures.js';
import type { Column, FigureTable, SuiteContext } from '../suite.js';
import { type CpuProfile, type Share, sharesOf } from './cpu-profile.js';

const connections = 16;
const sampleEveryMicroseconds = 250;
const patientCount = 500;
const functionsShown = 45;
const ownFunctionsShown = 45;

/**
 * Where the processor time of an operation goes: the service under `--cpu-prof`, without start and end.
 * Shares are those of the samples; microseconds are shares of the processor time of the main thread, so that they
 * stay right when other processes compete for the processors.
 */
export async function profileOperation(
  { smoke, build, folder, progress }: SuiteContext,
  operation: OperationName,
): Promise<FigureTable[]> {
  const profiles = join(folder, 'profiles');
  mkdirSync(profiles);
  const service = await ServiceProcess.start({
    build,
    unbundled: true,
    folder: join(folder, 'profile'),
    nodeOptions: [
      '--cpu-prof',
      `--cpu-prof-dir=${profiles}`,
      `--cpu-prof-interval=${sampleEveryMicroseconds}`,
    ],
  });
  const generator = startLoadGenerator();
  try {
    const token = await service.mintToken();
    const client = new ServiceClient(service.url, token);
    progress('profile: storing patients');
    const patients = await client.createPatients(patientCount);
    const load = async (seconds: number, firstSerial: number) => {
      const own = operations[operation].ownPatient;
      const job = { token, operations: [operation], connections, seconds, firstSerial };
      const current = own ? await client.refreshed(patients.slice(0, connections)) : patients;
      const threadBefore = mainThreadMilliseconds(service.pid);
      const from = monotonicMicroseconds();
      const round = await runRound(generator, service, { ...job, patients: current });
      const to = monotonicMicroseconds();
      return { round, from, to, thread: mainThreadMilliseconds(service.pid) - threadBefore };
    };
    progress('profile: warming up');
    await load(smoke ? 0.3 : 8, 1_000_000_000);
    progress(`profile: ${operations[operation].title}`);
    const { round, from, to, thread } = await load(smoke ? 1 : 15, 2_000_000_000);
    await service.stop();
    const figures = summarize([round]);
    const failed = Object.entries(figures.failures);
    if (failed.length > 0) throw new Error(`requests failed: ${JSON.stringify(figures.failures)}`);
    const shares = sharesOf(readProfile(profiles), from, to);
    const threadMicroseconds = (thread * 1000) / figures.requests;
    return [
      {
        title: `${operations[operation].title}, ${connections} connections, under the profiler`,
        columns: columns('Figure', 'Value'),
        rows: [
          ['requests/s', figures.requestsPerSecond.toFixed(0)],
          ['CPU us/request, main thread', threadMicroseconds.toFixed(0)],
          ['CPU us/request, whole process', (figures.processorMilliseconds * 1000).toFixed(0)],
        ],
      },
      ...tablesOf(shares, threadMicroseconds),
    ];
  } finally {
    await Promise.all([service.stop(), generator.stop()]);
  }
}

function tablesOf(shares: readonly Share[], threadMicroseconds: number): FigureTable[] {
  const owners = new Map<string, number>();
  for (const { owner, self } of shares) owners.set(owner, (owners.get(owner) ?? 0) + self);
  const cells = (share: number) => [(share * threadMicroseconds).toFixed(1), `${(share * 100).toFixed(1)}%`];
  const bySelf = [...shares].sort((a, b) => b.self - a.self).slice(0, functionsShown);
  const own = shares.filter(({ owner }) => /^libs\/|^phi-/.test(owner));
  const byTotal = own.sort((a, b) => b.total - a.total).slice(0, ownFunctionsShown);
  return [
    {
      title: 'By package and lib (self time, native functions with their callers)',
      columns: columns('Package', 'us/request', 'share'),
      rows: [...owners]
        .sort((a, b) => b[1] - a[1])
        .filter(([, self]) => self >= 0.002)
        .map(([owner, self]) => [owner, ...cells(self)]),
    },
    {
      title: 'By function (self time)',
      columns: columns('Function', 'us/request', 'share', 'Package'),
      rows: bySelf.map(({ owner, name, self }) => [name, ...cells(self), owner]),
    },
    {
      title: 'Our own functions (with what they called before they awaited)',
      columns: columns('Function', 'us/request', 'share', 'Package'),
      rows: byTotal.map(({ owner, name, total }) => [name, ...cells(total), owner]),
    },
  ];
}

const columns = (...names: string[]): Column[] =>
  names.map((name, at) => ({ name, align: at === 0 || name === 'Package' ? 'left' : 'right' }));

function readProfile(folder: string): CpuProfile {
  const file = readdirSync(folder).find((name) => name.endsWith('.cpuprofile'));
  if (file === undefined) throw new Error('the service left no profile');
  return JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile;
}

/** Node's clock and V8's are the same. */
const monotonicMicroseconds = () => Number(process.hrtime.bigint() / 1000n);
