import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { transformSync } from '@swc/core';

/** What a run of the compiled command line left behind. */
export interface CliRun {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as a process of its own, compiled from the sources as they are now into a temporary folder. */
export class CompiledCli {
  readonly folder = mkdtempSync(join(tmpdir(), 'phi-cli-'));
  readonly bin = join(this.folder, 'apps/phi-cli/bin/phi.mjs');

  /** @param compile false leaves the sources out: a checkout that was never built */
  constructor(compile: boolean) {
    cpSync('apps/phi-cli/bin', dirname(this.bin), { recursive: true });
    writeFileSync(join(this.folder, 'package.json'), '{"type":"module"}');
    symlinkSync(join(process.cwd(), 'node_modules'), join(this.folder, 'node_modules'));
    if (compile) this.#compile('apps/phi-cli/src/main.ts', new Set());
  }

  /** Follows the imports, as the build does, and writes `@app/...` as relative paths, as the build does. */
  #compile(source: string, done: Set<string>): void {
    if (done.has(source)) return;
    done.add(source);
    const { code } = transformSync(readFileSync(source, 'utf8'), {
      filename: source,
      swcrc: false,
      jsc: {
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
        target: 'es2022',
      },
      module: { type: 'es6' },
    });
    const imported: string[] = [];
    const text = code.replace(
      /(from |import\()(['"])(\.{1,2}\/[^'"]+|@app\/[a-z-]+)\2/g,
      (...match: string[]) => {
        const [, keyword, quote, specifier = ''] = match;
        const target = specifier.startsWith('@app/')
          ? `libs/${specifier.slice('@app/'.length)}/src/index.ts`
          : join(dirname(source), specifier).replace(/\.js$/, '.ts');
        if (!existsSync(target)) return match[0] ?? '';
        imported.push(target);
        const path = relative(dirname(source), target).replace(/\.ts$/, '.js');
        return `${keyword}${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`;
      },
    );
    const target = join(this.folder, 'dist', source.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    for (const next of imported) this.#compile(next, done);
  }

  /** @param kill called with a function that ends the process with SIGKILL */
  async run(
    args: readonly string[],
    environment: Record<string, string> = {},
    kill?: (now: () => void) => void,
  ): Promise<CliRun> {
    const child = spawn(process.execPath, [this.bin, ...args], {
      cwd: this.folder,
      env: { PATH: process.env['PATH'], ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    kill?.(() => child.kill('SIGKILL'));
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
