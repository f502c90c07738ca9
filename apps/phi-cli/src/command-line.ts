import { Command, CommanderError } from 'commander';
import { type CommandContext, CouldNotRun, type ExitCode, exitCodes } from './command-context.js';

/**
 * Adds one command to the program. Its action ends by calling `finish` with the exit code, or throws `CouldNotRun`.
 * `program.command()` hands on the error handling and the outputs set below.
 */
export type AddCommand = (
  program: Command,
  context: CommandContext,
  finish: (exitCode: ExitCode) => void,
) => void;

const exitCodeHelp = `
Exit codes:
  0  done
  1  done, but something was wrong with what it was given
  2  could not run: wrong usage, service out of reach, not authorized`;

/**
 * Runs `phi` once. Whatever happens, the answer is an exit code and at most a line on standard error: no stack
 * trace, because its lines can quote what was being read.
 * @param args the words after `phi`
 */
export async function runCommandLine(
  args: readonly string[],
  context: CommandContext,
  commands: readonly AddCommand[],
): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.done;
  const program = new Command('phi')
    .description('Command line of the Healthcare Security Platform.')
    .showHelpAfterError('(add --help for the options and examples)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      outputError: (text, write) => write(withoutOptionValues(text)),
    })
    .addHelpText('afterAll', exitCodeHelp);
  for (const addCommand of commands) {
    addCommand(program, context, (code) => {
      exitCode = code;
    });
  }

  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has said what it had to say; only help that was asked for ends with 0 there.
      if (error.exitCode === 0) return exitCodes.done;
      if (args.includes('--json')) printFailure(context, 'wrong usage');
      return exitCodes.couldNotRun;
    }
    const message =
      error instanceof CouldNotRun ? error.message : `failed unexpectedly (${errorClass(error)})`;
    context.stderr.write(`phi: ${message}\n`);
    if (args.includes('--json')) printFailure(context, message);
    return exitCodes.couldNotRun;
  }
}

/** With `--json` a script reads one JSON object, also when nothing could be done. */
function printFailure(context: CommandContext, error: string): void {
  context.stdout.write(`${JSON.stringify({ outcome: 'could-not-run', error })}\n`);
}

/** A mistyped `--tokn=SECRET` must not bring the secret into a log: the option's name is enough to find it. */
function withoutOptionValues(text: string): string {
  return text.replace(/(--[\w-]+)=[^'\s]*/g, '$1');
}

/** Class and system code of an unexpected error; its message may quote the data that it tripped over. */
function errorClass(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code) ? `${error.name}, ${code}` : error.name;
}
