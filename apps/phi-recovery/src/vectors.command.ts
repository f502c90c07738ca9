import { type Command } from 'commander';
import { type CommandContext, type ExitCode, exitCodes } from './command-context.js';
import { checkVectorFile } from './vector-file.js';

const examples = `
A file is one of the Encryption SDK's test vectors (messages with data keys, or with a branch key), or a vectors.json
with its messages beside it. A vector that is marked to fail must be refused.

Examples:
  phi-recovery vectors test/fixtures/vectors/*/vectors.json
  phi-recovery vectors --json aws-encryption-sdk-message-format-v2.json`;

/** `phi-recovery vectors`: proof that the reader reads what others wrote. */
export function addVectorsCommand(
  program: Command,
  { stdout }: CommandContext,
  finish: (code: ExitCode) => void,
): void {
  program
    .command('vectors')
    .description('Decrypt files of test vectors and compare.')
    .argument('<file...>')
    .option('--json', 'print one JSON object instead of a table')
    .addHelpText('after', examples)
    .action((files: string[], { json }: { json?: boolean }) => {
      const checked = files.map((file) => ({ file, vectors: checkVectorFile(file) }));
      const all = checked.flatMap(({ vectors }) => vectors);
      const failed = all.filter(({ met }) => !met).length;
      const summary = { vectors: all.length, met: all.length - failed, failed };
      stdout.write(json === true ? `${JSON.stringify({ ...summary, files: checked })}\n` : table());
      finish(failed > 0 ? exitCodes.foundSomethingWrong : exitCodes.done);

      function table(): string {
        const lines = checked.flatMap(({ file, vectors }) => [
          file,
          ...vectors.map(({ met, expected, name, detail }) =>
            [met ? '  ok    ' : '  WRONG ', expected.padEnd(11), name, `(${detail})`].join(' '),
          ),
        ]);
        return [...lines, `${summary.met} of ${summary.vectors} as expected`, ''].join('\n');
      }
    });
}
