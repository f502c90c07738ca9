import { spawn, type ChildProcess } from 'node:child_process';
import { CompiledSources } from '../../../test/support/compile-sources.js';

export type Child = 'acknowledge' | 'keep-writing' | 'fill-disk' | 'share';

/** The adapter and the children of these tests as JavaScript that plain Node runs. */
export interface Transpiled {
  /** Arguments for `node`. */
  script: (child: Child) => string;
  remove: () => void;
}

export function transpile(): Transpiled {
  const sources = new CompiledSources();
  return {
    script: (child) => sources.add(`libs/phi-table/test/${child}.child.ts`),
    remove: () => sources.remove(),
  };
}

/** A child process and the whole lines that it has written so far. */
export interface Running {
  child: ChildProcess;
  lines: string[];
  errors: () => string;
  /** Resolves once so many lines have come. @throws if the process ends before */
  hasWritten: (lines: number) => Promise<void>;
  /** Resolves when it has ended and all its output was read. */
  ended: Promise<number | null>;
}

export function run(command: string, args: readonly string[]): Running {
  // The AWS SDK would warn of the next Node on standard error, where a test looks for errors.
  const env = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env });
  const lines: string[] = [];
  let rest = '';
  let errors = '';
  let check = () => {};
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    check();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code));
  });
  const hasWritten = (count: number) =>
    new Promise<void>((resolve, reject) => {
      check = () => {
        if (lines.length >= count) resolve();
      };
      check();
      ended.then(() => reject(new Error(`the child ended early: ${errors}`)), reject);
    });
  return { child, lines, errors: () => errors, hasWritten, ended };
}
