import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';

const ROOM = fileURLToPath(new URL('../', import.meta.url));
// Below node_modules, so that the children find the packages.
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/', import.meta.url));

export type Child = 'acknowledge' | 'keep-writing' | 'fill-disk' | 'share';

/** The adapter and the children of these tests as JavaScript that plain Node runs. */
export interface Transpiled {
  /** Arguments for `node`. */
  script: (child: Child) => string;
  remove: () => void;
}

export function transpile(): Transpiled {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'phi-table-'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  for (const part of ['src', 'test']) {
    mkdirSync(join(folder, part));
    const sources = readdirSync(join(ROOM, part)).filter(
      (name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'),
    );
    for (const name of sources) {
      const { code } = transformSync(readFileSync(join(ROOM, part, name), 'utf8'), {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'es6' },
      });
      writeFileSync(join(folder, part, name.replace(/\.ts$/, '.js')), code);
    }
  }
  return {
    script: (child) => join(folder, 'test', `${child}.child.js`),
    remove: () => rmSync(folder, { recursive: true }),
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
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
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
