import { stat } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { type CommandContext, CouldNotRun, type ExitCode, exitCodes } from '../command-context.js';
import { PatientService } from '../service/patient-service.js';
import { ServiceConnection } from '../service/service-connection.js';
import {
  accessToken,
  addServiceOptions,
  type ServiceOptions,
  serviceUrl,
  tokenHelp,
} from '../service/service-options.js';
import { ImportIds } from './import-ids.js';
import { Importer } from './importer.js';
import { isSecretNamespace, readImportNamespace } from './import-namespace.js';
import { ImportProgress } from './import-progress.js';
import { ImportReport, type ImportSummary } from './import-report.js';
import { summaryLine, summaryTable } from './import-summary-text.js';

interface ImportOptions extends ServiceOptions {
  readonly concurrency: number;
  readonly namespace?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const importHelp = `
Each Patient becomes a patient and, whole, a record of type Patient; every other resource becomes a record of the
patient it belongs to. Bundles: transaction, batch, collection, searchset, document.

The command can be repeated, also after it was killed: what is already there is left as it is and counted. Nothing is
ever overwritten. What cannot be imported is reported as FILE entry[N] (Type), the rest goes on.
${tokenHelp}

The ids of what is imported are computed under a secret namespace, so that nobody who knows a record number can
compute them. It is made at the first import and kept in PHI_DATA_DIR (.data) as import-namespace. Keep it: without
it the same files would be imported as other patients. --namespace replaces it.

Examples:
  $ phi import bundles/*.json
  $ phi import --dry-run --json export.json
  $ phi import --url https://phi.example.org --token-file ~/.phi-token --concurrency 32 export.json`;

/** Adds `phi import FILE...`. */
export function addImportCommand(
  program: Command,
  context: CommandContext,
  finish: (exitCode: ExitCode) => void,
): void {
  const command = program
    .command('import')
    .summary('import FHIR R4 bundles')
    .description('Imports FHIR R4 bundles through the HTTP API.')
    .argument('<file...>', 'FHIR R4 bundles, JSON');
  addServiceOptions(command)
    .option('--concurrency <n>', 'requests under way at once, 1 to 256', parseConcurrency, 16)
    .option('--namespace <uuid>', 'secret namespace of the ids; visible to other users of this machine')
    .option('--dry-run', 'read and check the files, send nothing')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', importHelp)
    .action(async (files: string[], options: ImportOptions) => {
      finish(await importFiles(files, options, context));
    });
}

async function importFiles(
  files: readonly string[],
  options: ImportOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const dryRun = options.dryRun === true;
  const url = serviceUrl(options, context);
  const connection = dryRun
    ? undefined
    : new ServiceConnection(url, await accessToken(options, context), options.concurrency);
  try {
    const service = connection && new PatientService(connection, url.href.replace(/\/+$/, ''), context);
    const summary = await runImport(files, options, context, service);
    printSummary(summary, options, context);
    if (summary.outcome === 'stopped') return exitCodes.couldNotRun;
    return summary.outcome === 'done' ? exitCodes.done : exitCodes.foundSomethingWrong;
  } finally {
    connection?.close();
  }
}

async function runImport(
  files: readonly string[],
  options: ImportOptions,
  context: CommandContext,
  service: PatientService | undefined,
): Promise<ImportSummary> {
  const namespace = chooseNamespace(options, context);
  const counts = (): string => {
    const { created, alreadyThere, refused } = report.records;
    return `${created} created, ${alreadyThere} already there, ${refused} refused`;
  };
  const report = new ImportReport(service === undefined, (line) => progress.tell(line));
  const progress = new ImportProgress(context.stderr, await totalBytes(files, context), counts);
  const started = context.now();
  try {
    await new Importer(service, new ImportIds(namespace), report, progress, options.concurrency).run(files);
  } finally {
    progress.stop();
  }
  return report.summary(context.now() - started, service?.stopped);
}

function chooseNamespace(options: ImportOptions, context: CommandContext): string {
  if (options.namespace !== undefined) {
    // Not checked by commander, which would print a mistyped secret.
    if (isSecretNamespace(options.namespace)) return options.namespace.toLowerCase();
    throw new CouldNotRun('--namespace must be a UUID, and none that everybody knows');
  }
  const { namespace, createdFile } = readImportNamespace(context.config.dataFolder, options.dryRun === true);
  if (createdFile !== undefined) {
    context.stderr.write(
      `made ${createdFile}: keep it, or the same files will be imported as other patients\n`,
    );
  }
  return namespace;
}

function printSummary(summary: ImportSummary, options: ImportOptions, context: CommandContext): void {
  context.stdout.write(
    options.json === true ? `${JSON.stringify(summary, undefined, 2)}\n` : summaryTable(summary),
  );
  if (context.stderr.isTTY !== true) context.stderr.write(`${summaryLine(summary)}\n`);
  if (summary.error !== undefined) {
    context.stderr.write(
      `phi: stopped: ${summary.error}. What was created stays; the command can be repeated.\n`,
    );
  }
}

/** Only the progress bar needs it. */
async function totalBytes(files: readonly string[], context: CommandContext): Promise<number> {
  if (context.stderr.isTTY !== true) return 0;
  let total = 0;
  for (const file of files)
    total += await stat(file).then(
      ({ size }) => size,
      () => 0,
    );
  return total;
}

function parseConcurrency(value: string): number {
  const number = Number(value);
  if (!/^\d{1,3}$/.test(value) || number < 1 || number > 256) {
    throw new InvalidArgumentError('It must be a number from 1 to 256.');
  }
  return number;
}
