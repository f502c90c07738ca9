import type { Command } from 'commander';
import type { CommandContext, ExitCode } from '../command-context.js';
import { addKeyOptions, parseUuid } from '../maintenance/job-options.js';
import type { RescreenOptions } from './rescreen-job.js';

const rescreenHelp = `
It opens the data of the service directly, with the service's configuration (.env and environment), and runs beside a
running service. It can be stopped at any moment, also by kill -9: run again, it goes on where it was. If Bedrock does
not answer it stops with 2.

Examples:
  $ phi rescreen
  $ phi rescreen --patient 5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11 --all
  $ phi rescreen --all --rate 20 --json`;

/** Adds `phi rescreen`. */
export function addRescreenCommand(
  program: Command,
  context: CommandContext,
  finish: (exitCode: ExitCode) => void,
): void {
  addKeyOptions(
    program.command('rescreen').summary('screen again what was stored while Bedrock did not answer'),
  )
    .description(
      'Screens stored documents again with the whole detector, and replaces what it finds in every version that is kept.',
    )
    .option('--all', 'every document, not only those that are marked; without --patient of everybody')
    .option('--patient <id>', 'this patient alone', parseUuid)
    .addHelpText('after', rescreenHelp)
    .action(async (options: RescreenOptions) => {
      // Loaded when it is used: the ports bring the AWS SDK along, which every other command would wait for.
      const { rescreen } = await import('./rescreen-job.js');
      finish(await rescreen(options, context));
    });
}
