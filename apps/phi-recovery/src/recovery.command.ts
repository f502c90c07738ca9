import { type Command, InvalidArgumentError } from 'commander';
import { type CommandContext, type ExitCode, exitCodes } from './command-context.js';
import { DataFolder } from './data-folder.js';
import { openOutput } from './private-output.js';
import { recoverDocuments } from './recovery.js';

interface RecoveryOptions {
  dataDir: string;
  out?: string;
}

const warnings = [
  'the output is PHI in clear: write it to an encrypted volume only, and destroy it when it has served.',
  "this access is not in the service's audit trail: write down who did it, when, why and for which patients.",
  'row seals and the trail are not checked: an older genuine row that was put back is not noticed.',
];

const output = `
The output is one JSON object a line for each stored version: patientId, row, clear (what stands beside the message),
context (what the message is bound to), document. Without --out it goes to standard output.
A file is made with mode 0600; one that exists is never overwritten. The data folder is only read.`;

const examples = `
Examples:
  phi-recovery patient 5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11 --data-dir .data --out patient.ndjson
  phi-recovery all --data-dir .data --out everything.ndjson`;

/** `phi-recovery patient` and `phi-recovery all`: documents out of a data folder. */
export function addRecoveryCommands(
  program: Command,
  context: CommandContext,
  finish: (code: ExitCode) => void,
): void {
  const withOptions = (command: Command) =>
    command
      .requiredOption('--data-dir <folder>', 'data folder of the embedded platform, with keys/')
      .option('--out <file>', 'where to write, a new file')
      .addHelpText('after', `${output}${examples}`);
  withOptions(program.command('patient'))
    .description('Decrypt everything of one patient: every version of his document and of his records.')
    .argument('<id>', "the patient's id", uuid)
    .action(async (id: string, options: RecoveryOptions) => finish(await recover(context, options, id)));
  withOptions(program.command('all'))
    .description('Decrypt everything of every patient.')
    .action(async (options: RecoveryOptions) => finish(await recover(context, options)));
}

async function recover(
  { stdout, stderr }: CommandContext,
  { dataDir, out }: RecoveryOptions,
  patientId?: string,
): Promise<ExitCode> {
  const folder = new DataFolder(dataDir);
  const counts = { documents: 0, failures: 0 };
  try {
    const target = openOutput(out, stdout);
    for (const warning of warnings) stderr.write(`phi-recovery: ${warning}\n`);
    for (const found of recoverDocuments(folder, patientId)) {
      if ('reason' in found) {
        counts.failures += 1;
        tell(`phi-recovery: ${found.patientId} ${found.row}: ${found.reason}`);
      } else {
        counts.documents += 1;
        await target.write(`${JSON.stringify(found)}\n`);
      }
      if (stderr.isTTY === true && (counts.documents + counts.failures) % 100 === 0) {
        stderr.write(`\r\u001b[K${counts.documents} decrypted, ${counts.failures} not`);
      }
    }
    await target.close();
  } finally {
    await folder.close();
  }
  tell(`phi-recovery: ${counts.documents} versions decrypted, ${counts.failures} not`);
  const isNothing = patientId !== undefined && counts.documents + counts.failures === 0;
  if (isNothing) tell('phi-recovery: there is no row of this patient');
  return counts.failures > 0 || isNothing ? exitCodes.foundSomethingWrong : exitCodes.done;

  function tell(line: string): void {
    // The line with the progress makes way.
    stderr.write(`${stderr.isTTY === true ? '\r\u001b[K' : ''}${line}\n`);
  }
}

function uuid(text: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a UUID in lower case.');
}
