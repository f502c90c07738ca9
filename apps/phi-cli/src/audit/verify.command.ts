import type { Command } from 'commander';
import { type CommandContext, type ExitCode } from '../command-context.js';
import { addOperatorOptions } from '../maintenance/job-options.js';
import { parseNumber, parsePath, parseTime } from './audit-options.js';

export interface VerifyOptions {
  readonly since?: number;
  readonly export?: string;
  readonly publicKey?: string;
  readonly evidence?: string;
  readonly retentionDays?: number;
  /** `--no-records` */
  readonly records: boolean;
  readonly operator: string;
  readonly json?: boolean;
}

const verifyHelp = `
Walks every checkpoint, every event of every chain, the indexes, and the records: each version's message must be the one that
its last event names. Names what was altered, removed, inserted, reordered or rolled back; exit code 1 if there is anything.

What the store alone cannot show: who holds the store and the signing key can cut off the newest part of both. Keep
checkpoints elsewhere (the service writes each to its log) and hold them against the trail with --evidence.

Examples:
  $ phi audit verify
  $ phi audit verify --since 2026-11-01 --json
  $ phi audit verify --evidence service.log
  $ phi audit verify --export trail.ndjson --public-key checkpoint-key.pem`;

/** Adds `phi audit verify`. */
export function addVerifyCommand(
  audit: Command,
  context: CommandContext,
  finish: (exitCode: ExitCode) => void,
): void {
  const verify = audit
    .command('verify')
    .summary('find what was altered, removed, inserted or rolled back')
    .description(
      'Verifies the stored audit trail and the records, or an export of the trail without the service.',
    )
    .option('--since <time>', 'from the first checkpoint of this moment on, ISO 8601', parseTime)
    .option(
      '--evidence <file>',
      'log lines or an earlier export: every checkpoint in it must be in the trail',
      parsePath,
    )
    .option(
      '--retention-days <n>',
      'what expiry is held against (default: PHI_AUDIT_RETENTION_DAYS)',
      parseNumber,
    )
    .option('--no-records', 'leave the records out')
    .option('--export <file>', 'an export instead of the stored trail', parsePath)
    .option(
      '--public-key <file>',
      'of the service, PEM (phi audit public-key): with --export its own, else one that it had before',
      parsePath,
    );
  addOperatorOptions(verify)
    .addHelpText('after', verifyHelp)
    .action(async (options: VerifyOptions) => {
      // Loaded when it is used: the ports bring the AWS SDK along, which every other command would wait for.
      const { verifyExportFile, verifyStoredTrail } = await import('./verify-run.js');
      finish(await (options.export === undefined ? verifyStoredTrail : verifyExportFile)(options, context));
    });
}
