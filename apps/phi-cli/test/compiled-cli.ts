import { spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CompiledSources } from '../../../test/support/compile-sources.js';

/** What a run of the compiled command line left behind. */
export interface CliRun {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as a process of its own, compiled from the sources as they are now into a temporary folder. */
export class CompiledCli {
  readonly #sources = new CompiledSources();
  readonly folder = this.#sources.folder;
  readonly bin = join(this.folder, 'apps/phi-cli/bin/phi.mjs');

  /** @param compile false leaves the sources out: a checkout that was never built */
  constructor(compile: boolean) {
    cpSync('apps/phi-cli/bin', dirname(this.bin), { recursive: true });
    if (compile) this.#sources.add('apps/phi-cli/src/main.ts');
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
    this.#sources.remove();
  }
}
