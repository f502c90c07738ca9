import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { startPlainServer } from '../http/service-under-load.js';
import { ServiceProcess } from '../http/service-process.js';
import { type RecordClient, recordClient } from '../http/stored-records.js';
import { MemoryWatch, processorMilliseconds } from '../process-figures.js';
import { aimsTable } from '../report/aims.js';
import { fixed, left, right, whole } from '../report/cells.js';
import { median } from '../statistics.js';
import type { FigureTable, Suite, SuiteResult } from '../suite.js';
import { timedDownload } from './timed-download.js';

const full = { records: 10_000, rounds: 5 };
const smoke = { records: 100, rounds: 1 };
const smallShare = 0.1;

interface Exported {
  bytes: number;
  firstByteMilliseconds: number;
  megabytesPerSecond: number;
  processorMilliseconds: number;
  ownMegabytes: number;
}

type Which = 'small' | 'whole' | 'plain';

/** Everything of a patient in one answer (45 CFR 164.524), beside the same bytes from a file. */
export const exportSuite: Suite = {
  name: 'export',
  title: 'Export of a patient',
  async run(context): Promise<SuiteResult> {
    const { build, folder, progress } = context;
    const plan = context.smoke ? smoke : { ...full, records: context.records };
    const own = join(folder, 'export');
    mkdirSync(own);
    const service = await ServiceProcess.start({ build, folder: join(own, 'service') });
    const plainServer = startPlainServer();
    try {
      const token = await service.mintToken();
      const client = recordClient(service.url, token);
      const paths = {
        small: await patientWith(client, Math.ceil(plan.records * smallShare), progress),
        whole: await patientWith(client, plan.records, progress),
      };
      const headers = { authorization: `Bearer ${token}` };
      const exported = join(own, 'exported.ndjson');
      await keep(`${service.url}${paths.whole}`, headers, exported);
      const answers = { get: {}, post: {}, put: {}, search: {} };
      const { url } = await plainServer.ask({ answers, exported });
      const from: Record<Which, { url: string; pid: number }> = {
        small: { url: `${service.url}${paths.small}`, pid: service.pid },
        whole: { url: `${service.url}${paths.whole}`, pid: service.pid },
        plain: { url: `${url}${paths.whole}`, pid: plainServer.pid },
      };
      const rounds: Record<Which, Exported[]> = { small: [], whole: [], plain: [] };
      for (let round = 1; round <= plan.rounds; round++) {
        progress(`export: round ${round} of ${plan.rounds}`);
        for (const which of ['small', 'whole', 'plain'] as const)
          rounds[which].push(await exportOnce(from[which], headers));
      }
      const figures = {
        records: plan.records,
        small: medians(rounds.small),
        whole: medians(rounds.whole),
        plain: medians(rounds.plain),
      };
      const failures = figures.whole.bytes === figures.plain.bytes ? [] : ['export: another size each time'];
      return { tables: tablesOf(figures), figures, notes, failures };
    } finally {
      await Promise.all([service.stop(), plainServer.stop()]);
    }
  },
};

const notes = [
  'Records of 1 KB. Each is read, its message opened under the key of the patient, and written as a line; the event that the patient was exported is on disk before the first byte.',
  'Medians of the rounds. "Plain" is Fastify that sends the same bytes from a file. Memory is the most that the process itself held meanwhile, without pages of files: flat if ten times ' +
    'the records take no more of it.',
];

/** @returns the path of the export */
async function patientWith(
  client: RecordClient,
  records: number,
  progress: (text: string) => void,
): Promise<string> {
  progress(`export: storing ${whole(records)} records`);
  const patient = await client.createPatient();
  await client.createRecords(patient, records);
  return `/v1/patients/${patient}/export`;
}

async function keep(url: string, headers: Record<string, string>, path: string): Promise<void> {
  const file = openSync(path, 'w');
  try {
    await timedDownload(url, headers, (chunk) => writeSync(file, chunk));
  } finally {
    closeSync(file);
  }
}

async function exportOnce({ url, pid }: { url: string; pid: number }, headers: Record<string, string>) {
  const memory = new MemoryWatch(pid);
  const before = processorMilliseconds(pid);
  try {
    const { bytes, firstByteMilliseconds, milliseconds } = await timedDownload(url, headers);
    return {
      bytes,
      firstByteMilliseconds,
      megabytesPerSecond: bytes / 1e6 / (milliseconds / 1000),
      processorMilliseconds: processorMilliseconds(pid) - before,
      ownMegabytes: memory.most.withoutFiles,
    };
  } finally {
    memory.stop();
  }
}

function medians(rounds: readonly Exported[]): Exported {
  const of = (figure: keyof Exported) => median(rounds.map((round) => round[figure]));
  return {
    bytes: of('bytes'),
    firstByteMilliseconds: of('firstByteMilliseconds'),
    megabytesPerSecond: of('megabytesPerSecond'),
    processorMilliseconds: of('processorMilliseconds'),
    ownMegabytes: of('ownMegabytes'),
  };
}

function tablesOf(figures: Record<Which, Exported> & { records: number }): FigureTable[] {
  const { small, whole: all, plain, records } = figures;
  const row = (name: string, of: Exported) => [
    name,
    fixed(of.bytes / 1e6, 1),
    fixed(of.firstByteMilliseconds, 1),
    fixed(of.megabytesPerSecond, 1),
    whole(of.processorMilliseconds),
    whole(of.ownMegabytes),
  ];
  return [
    aimsTable([
      { what: 'first byte', unit: 'ms', measured: all.firstByteMilliseconds, aim: { atMost: 50 } },
      { what: 'speed', unit: 'MB/s', measured: all.megabytesPerSecond, aim: { atLeast: 50 } },
      {
        what: 'memory, against a tenth of the records',
        unit: 'times',
        measured: all.ownMegabytes / small.ownMegabytes,
        aim: { atMost: 1.1 },
      },
    ]),
    {
      title: 'Export',
      columns: [left('What'), ...['MB', 'first byte ms', 'MB/s', 'CPU ms', 'own MB'].map(right)],
      rows: [
        row(`${whole(records)} records`, all),
        row(`${whole(Math.ceil(records * smallShare))} records`, small),
        row('plain, the same bytes', plain),
      ],
    },
  ];
}
