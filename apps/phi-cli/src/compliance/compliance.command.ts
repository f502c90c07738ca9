import type { Command } from 'commander';
import type { CommandContext, ExitCode } from '../command-context.js';
import { addScoreCommand } from './score.command.js';

const complianceHelp = `
Works on what the AWS command line has exported; it needs no account and asks nobody.

Example:
  $ phi compliance score details-*.json resources.json`;

/** Adds `phi compliance ...`. */
export function addComplianceCommand(
  program: Command,
  context: CommandContext,
  finish: (exitCode: ExitCode) => void,
): void {
  const compliance = program
    .command('compliance')
    .summary('risk of an AWS account by what AWS Config found')
    .description('Answers questions about the compliance of an AWS account.')
    .addHelpText('after', complianceHelp);
  addScoreCommand(compliance, context, finish);
}
