import type { Command } from 'commander';
import { type CommandContext, type ExitCode } from '../command-context.js';
import { addOperatorOptions } from '../maintenance/job-options.js';

export interface ExpireOptions {
  readonly dryRun?: boolean;
  readonly operator: string;
  readonly json?: boolean;
}

const expireHelp = `
Removes sealed ranges of events that are older than PHI_AUDIT_RETENTION_DAYS. The checkpoints stay, and a checkpoint of its own says what
went, before it goes: phi audit verify tells expired events from removed ones by it. The service does it once a day by itself.

Examples:
  $ phi audit expire --dry-run
  $ phi audit expire --json`;

/** Adds `phi audit expire`. */
export function addExpireCommand(
  audit: Command,
  context: CommandContext,
  finish: (exitCode: ExitCode) => void,
): void {
  const expire = audit
    .command('expire')
    .summary('remove events whose retention is over')
    .description('Removes whole sealed ranges of events whose retention is over.')
    .option('--dry-run', 'count what would go, and change nothing');
  addOperatorOptions(expire)
    .addHelpText('after', expireHelp)
    .action(async (options: ExpireOptions) => {
      // Loaded when it is used: the ports bring the AWS SDK along, which every other command would wait for.
      const { expireTrail } = await import('./expire-run.js');
      finish(await expireTrail(options, context));
    });
}
