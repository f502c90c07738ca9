import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { CommandContext, ExitCode } from '../src/command-context.js';
import { runCommandLine } from '../src/command-line.js';
import { addImportCommand } from '../src/import/import.command.js';
import type { ImportSummary } from '../src/import/import-report.js';
import { ServiceStandIn } from './service-stand-in.js';

export interface ImportRun {
  readonly exitCode: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
  /** Waits that the command asked for, milliseconds. */
  readonly waits: readonly number[];
}

interface RunOptions {
  token?: string;
  isTTY?: boolean;
  waiting?: 'skipped' | 'endless' | 'broken';
}

/** `phi import` in this process, against the stand-in, with a clock that jumps over each wait. */
export class ImportBench {
  readonly service = new ServiceStandIn();
  readonly folder = mkdtempSync(join(tmpdir(), 'phi-import-'));
  url = '';

  async open(): Promise<void> {
    this.url = await this.service.listen();
  }

  async close(): Promise<void> {
    await this.service.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** @returns the path of a new file in the bench's folder */
  file(name: string, content: unknown): string {
    const path = join(this.folder, name);
    const isRaw = typeof content === 'string' || Buffer.isBuffer(content);
    writeFileSync(path, isRaw ? content : JSON.stringify(content));
    return path;
  }

  /** @param options `waiting`: `endless` waits end only when the command itself cuts them short */
  async run(
    args: readonly string[],
    { token = ServiceStandIn.token, isTTY = false, waiting = 'skipped' }: RunOptions = {},
  ): Promise<ImportRun> {
    const texts = { stdout: '', stderr: '' };
    const waits: number[] = [];
    let skippedMs = 0;
    const output = (name: keyof typeof texts) => {
      const stream = new PassThrough();
      stream.on('data', (chunk: Buffer) => (texts[name] += chunk.toString('utf8')));
      return Object.assign(stream, { isTTY, columns: 100 });
    };
    const context: CommandContext = {
      stdout: output('stdout'),
      stderr: output('stderr'),
      config: {
        token: token === '' ? undefined : token,
        url: this.url,
        dataFolder: join(this.folder, 'data'),
      },
      now: () => performance.now() + skippedMs,
      wait: async (milliseconds, signal) => {
        signal.throwIfAborted();
        if (waiting === 'broken') throw new TypeError('Quast');
        if (waiting === 'endless') await once(signal, 'abort');
        signal.throwIfAborted();
        waits.push(milliseconds);
        skippedMs += milliseconds;
      },
    };
    const exitCode = await runCommandLine(['import', ...args], context, [addImportCommand]);
    await new Promise((resolve) => setImmediate(resolve));
    return { exitCode, ...texts, waits };
  }

  /** Runs with `--json` and reads the result. */
  async runJson(args: readonly string[]): Promise<ImportRun & { summary: ImportSummary }> {
    const run = await this.run(['--json', ...args]);
    return { ...run, summary: JSON.parse(run.stdout) as ImportSummary };
  }
}

/** A transaction bundle of one patient and so many observations. */
export function bundleOf(
  patientId: string,
  observations: number,
): { resourceType: string; type: string; entry: { resource: Record<string, unknown> }[] } {
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      { resource: { resourceType: 'Patient', id: patientId } },
      ...Array.from({ length: observations }, (_, number) => ({
        resource: { resourceType: 'Observation', id: `o-${number}`, valueInteger: number },
      })),
    ],
  };
}
