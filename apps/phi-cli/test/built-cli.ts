import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** What a run of the compiled command line left behind. */
export interface CliRun {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built command line as a process of its own, with a folder of its own to work in. */
export class BuiltCli {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'phi-cli-')));
  bin = resolve('apps/phi-cli/bin/phi.mjs');

  constructor() {
    if (!existsSync('dist/bin/phi.mjs'))
      throw new Error('dist/bin is missing: run `npm run build`, or `npm test`, which builds first');
  }

  /** @returns that of a checkout that was never built */
  static absent(): BuiltCli {
    const cli = new BuiltCli();
    cpSync('apps/phi-cli/bin', join(cli.folder, 'apps/phi-cli/bin'), { recursive: true });
    cli.bin = join(cli.folder, 'apps/phi-cli/bin/phi.mjs');
    return cli;
  }

  /** @param kill called with a function that sends the process a signal, SIGKILL unless it says another */
  async run(
    args: readonly string[],
    environment: Record<string, string> = {},
    kill?: (now: (signal?: NodeJS.Signals) => void) => void,
  ): Promise<CliRun> {
    const child = spawn(process.execPath, [this.bin, ...args], {
      cwd: this.folder,
      env: { PATH: process.env['PATH'], ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    kill?.((signal = 'SIGKILL') => child.kill(signal));
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    return await new Promise((resolve) =>
      child.on('close', (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr })),
    );
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
