import { Command, CommanderError } from 'commander';
import { type CommandContext, CouldNotRun, type ExitCode, exitCodes } from './command-context.js';
import { addRecoveryCommands } from './recovery.command.js';
import { Unreadable } from './unreadable.js';
import { addVectorsCommand } from './vectors.command.js';

const exitCodeHelp = `
Exit codes:
  0  done: everything was decrypted
  1  something could not be decrypted or was not there; the rest was written
  2  could not run: wrong usage, a file or key that is missing, an output file that exists`;

/**
 * Runs the program once.
 * @param args the words after `phi-recovery`
 */
export async function runCommandLine(args: readonly string[], context: CommandContext): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.done;
  const finish = (code: ExitCode) => {
    exitCode = code;
  };
  const program = new Command('phi-recovery')
    .description('Decrypts records without the service: for the day on which nothing else is left.')
    .showHelpAfterError('(add --help for the options and examples)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    })
    .addHelpText('afterAll', exitCodeHelp);
  addRecoveryCommands(program, context, finish);
  addVectorsCommand(program, context, finish);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.couldNotRun;
    const isKnown = error instanceof CouldNotRun || error instanceof Unreadable;
    // The message of anything else could quote what was being read.
    const message = isKnown ? error.message : `failed unexpectedly (${nameOf(error)})`;
    context.stderr.write(`phi-recovery: ${message}\n`);
    return exitCodes.couldNotRun;
  }
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? `${error.name}, ${code}` : error.name;
}
