import { exitCodes } from './command-context.js';
import { runCommandLine } from './command-line.js';

// Node would print the stack and the message of what escapes, and those can quote what was being read.
process.on('uncaughtException', (error: unknown) => {
  const name = error instanceof Error ? error.name : typeof error;
  process.stderr.write(`phi-recovery: failed unexpectedly (${name})\n`);
  process.exit(exitCodes.couldNotRun);
});
// A reader that goes away early (`phi-recovery all ... | head`) is no failure worth a message.
process.stdout.on('error', () => process.exit(exitCodes.couldNotRun));
process.stderr.on('error', () => undefined);

process.exitCode = await runCommandLine(process.argv.slice(2), process);
