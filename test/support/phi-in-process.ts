import { Writable } from 'node:stream';
import { addAuditCommand } from '../../apps/phi-cli/src/audit/audit.command.js';
import { type ExitCode, processContext } from '../../apps/phi-cli/src/command-context.js';
import { runCommandLine } from '../../apps/phi-cli/src/command-line.js';
import { addKeysCommand } from '../../apps/phi-cli/src/keys/keys.command.js';
import { addRescreenCommand } from '../../apps/phi-cli/src/rescreen/rescreen.command.js';
import { addSetupCommand } from '../../apps/phi-cli/src/setup/setup.command.js';
import { addTokenCommand } from '../../apps/phi-cli/src/token/token.command.js';

export interface PhiRun {
  exitCode: ExitCode;
  stdout: string;
  stderr: string;
}

/** Runs a command that opens the ports, in this process and with its environment. */
export async function phi(...args: string[]): Promise<PhiRun> {
  const written = { stdout: '', stderr: '' };
  const output = (name: keyof typeof written) =>
    new Writable({
      write(chunk: Buffer, _, done) {
        written[name] += chunk.toString('utf8');
        done();
      },
    });
  const context = { ...processContext(), stdout: output('stdout'), stderr: output('stderr') };
  const exitCode = await runCommandLine(args, context, [
    addAuditCommand,
    addKeysCommand,
    addRescreenCommand,
    addSetupCommand,
    addTokenCommand,
  ]);
  return { exitCode, ...written };
}
