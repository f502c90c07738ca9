import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { commandLineIn } from '../build-folder.js';
import { startPlainServer } from '../http/service-under-load.js';
import { ServiceProcess } from '../http/service-process.js';
import { endedChildrenMilliseconds, MemoryWatch, processorMilliseconds } from '../process-figures.js';
import { aimsTable } from '../report/aims.js';
import { fixed, left, right, whole } from '../report/cells.js';
import type { Suite, SuiteContext, SuiteResult } from '../suite.js';
import { makeBundles } from './made-bundles.js';

const resourcesPerSecondAtLeast = 3000;
/** A patient is a patient and a record; the others are records. */
const fullPlan = { patients: 100, recordsEach: 99 };
const smokePlan = { patients: 2, recordsEach: 20 };

interface Imported {
  resources: number;
  seconds: number;
  resourcesPerSecond: number;
  /** Processor time for a resource: of who answers, and of the command. */
  serverMilliseconds: number;
  commandMilliseconds: number;
  ownMegabytes: number;
}

/** `phi import` of FHIR bundles into the service, beside the same command at a server that keeps nothing. */
export const importSuite: Suite = {
  name: 'import',
  title: 'Import of FHIR bundles',
  async run(context): Promise<SuiteResult> {
    const { smoke, build, folder, progress } = context;
    const { patients, recordsEach } = smoke ? smokePlan : fullPlan;
    const own = join(folder, 'import');
    mkdirSync(own);
    progress('import: making bundles');
    const files = makeBundles(own, patients, recordsEach);
    const service = await ServiceProcess.start({ build, folder: join(own, 'service') });
    const plainServer = startPlainServer();
    try {
      const tokenFile = join(own, 'token');
      writeFileSync(tokenFile, await service.mintToken(), { mode: 0o600 });
      const { url } = await plainServer.ask({ answers: { get: {}, post: {}, put: {}, search: {} } });
      const run = (target: { url: string; pid: number }, name: string) =>
        importInto(context, target, { files, tokenFile, dataFolder: join(own, name) });
      progress('import: into the service');
      const imported = await run(service, 'own');
      progress('import: into the plain server');
      const plain = await run({ url, pid: plainServer.pid }, 'plain');
      const expected = patients * (recordsEach + 2);
      return {
        tables: tablesOf(imported, plain),
        figures: { service: imported, plain },
        notes: [
          `${patients} bundles of a patient and ${recordsEach} observations of 1 KB each, by the command as it comes, the time of its own start not counted. A patient counts twice: as a patient, ` +
            'and as the record that keeps his whole resource.',
          'Plain is a server that answers the same requests with nothing done: what is left is reading, mapping and sending.',
        ],
        failures: [imported, plain].every(({ resources }) => resources === expected)
          ? []
          : [`import: ${expected} resources to create, created ${imported.resources} and ${plain.resources}`],
      };
    } finally {
      await Promise.all([service.stop(), plainServer.stop()]);
    }
  },
};

interface Summary {
  patients: { created: number };
  records: { created: number };
  seconds: number;
}

async function importInto(
  { build }: SuiteContext,
  { url, pid }: { url: string; pid: number },
  { files, tokenFile, dataFolder }: { files: readonly string[]; tokenFile: string; dataFolder: string },
): Promise<Imported> {
  const memory = new MemoryWatch(pid);
  const before = { server: processorMilliseconds(pid), command: endedChildrenMilliseconds() };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [commandLineIn(build), 'import', '--json', '--url', url, '--token-file', tokenFile, ...files],
    { env: { PATH: process.env['PATH'], PHI_DATA_DIR: dataFolder }, maxBuffer: 64 * 1024 * 1024 },
  ).finally(() => memory.stop());
  const { patients, records, seconds } = JSON.parse(stdout) as Summary;
  const resources = patients.created + records.created;
  return {
    resources,
    seconds,
    resourcesPerSecond: resources / seconds,
    serverMilliseconds: (processorMilliseconds(pid) - before.server) / resources,
    commandMilliseconds: (endedChildrenMilliseconds() - before.command) / resources,
    ownMegabytes: memory.most.withoutFiles,
  };
}

const tablesOf = (service: Imported, plain: Imported) => [
  aimsTable([
    {
      what: 'imported',
      unit: 'resources/s',
      measured: service.resourcesPerSecond,
      aim: { atLeast: resourcesPerSecondAtLeast },
    },
  ]),
  {
    title: 'Import',
    columns: [
      left('Into'),
      ...[
        'resources',
        's',
        'resources/s',
        'CPU ms a resource, server',
        'CPU ms a resource, command',
        'own MB, server',
      ].map(right),
    ],
    rows: Object.entries({ 'the service': service, 'the plain server': plain }).map(([name, of]) => [
      name,
      whole(of.resources),
      fixed(of.seconds),
      whole(of.resourcesPerSecond),
      fixed(of.serverMilliseconds, 3),
      fixed(of.commandMilliseconds, 3),
      whole(of.ownMegabytes),
    ]),
  },
];
