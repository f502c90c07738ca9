import type { Command } from 'commander';
import { type CommandContext, type ExitCode } from '../command-context.js';
import { addOperatorOptions } from '../maintenance/job-options.js';
import { parseNumber, parsePath, parseTime } from './audit-options.js';

export interface ExportOptions {
  readonly out: string;
  readonly since?: number;
  readonly fromCheckpoint?: number;
  readonly operator: string;
  readonly json?: boolean;
}

const exportHelp = `
One line of JSON for each checkpoint and each event, in the order of the register. Anybody can check the file with the public key alone
(phi audit verify --export). Events hold opaque ids, names of staff and times: the file is made with mode 0600, and none is
overwritten. Events that are not sealed yet are left to the next export.

Examples:
  $ phi audit export --out trail-2026-11.ndjson
  $ phi audit export --out trail-rest.ndjson --from-checkpoint 91234
  $ phi audit public-key > checkpoint-key.pem`;

/** Adds `phi audit export` and `phi audit public-key`. */
export function addExportCommand(
  audit: Command,
  context: CommandContext,
  finish: (exitCode: ExitCode) => void,
): void {
  const exporting = audit
    .command('export')
    .summary('write the sealed trail into a file')
    .description('Writes the sealed trail into a file that proves itself.')
    .requiredOption('--out <file>', 'the file, which must not be there yet', parsePath)
    .option('--since <time>', 'from the first checkpoint of this moment on, ISO 8601', parseTime)
    .option(
      '--from-checkpoint <n>',
      'from this checkpoint on: one behind the newest of the export before',
      parseNumber,
    );
  // Loaded when they are used: the ports bring the AWS SDK along, which every other command would wait for.
  const runs = async () => import('./export-run.js');
  addOperatorOptions(exporting)
    .addHelpText('after', exportHelp)
    .action(async (options: ExportOptions) => finish(await (await runs()).exportToFile(options, context)));

  audit
    .command('public-key')
    .summary('print the key that checkpoints are verified with')
    .description(
      'Prints the public key of the checkpoints, PEM. File it where the store cannot be changed with it.',
    )
    .addHelpText('after', '\nExample:\n  $ phi audit public-key > checkpoint-key.pem')
    .action(async () => finish(await (await runs()).printPublicKey(context)));
}
