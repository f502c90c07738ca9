import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';

/** A file of the repository. */
export interface SourceFile {
  /** Relative to the repository, with slashes. */
  path: string;
  text: string;
}

/** Made by tools or by runs, and kept out of the repository. */
const notOurs = new Set(['node_modules', 'dist', 'coverage', 'cdk.out', '.git', '.data', '.env']);
const notText = /\.(message|png|svg|ico|woff2?|tgz|log|tsbuildinfo|lmdb|lmdb-lock)$/;

function* pathsBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (notOurs.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* pathsBelow(path);
    else if (entry.isFile()) yield relative(resolve(), path);
  }
}

/** @returns every text file that belongs to the repository */
export function repositoryFiles(): SourceFile[] {
  return [...pathsBelow(resolve())]
    .filter((path) => !notText.test(path))
    .sort()
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }));
}

export const isTypeScript = ({ path }: SourceFile) => /\.(ts|mts|tsx)$/.test(path);
export const isSpec = ({ path }: SourceFile) => path.endsWith('.spec.ts');

/** Code that is shipped: no specs, nothing under a folder `test`, no support for specs beside the sources. */
export const isProduction = (file: SourceFile) =>
  isTypeScript(file) &&
  /^(apps|libs|infra)\//.test(file.path) &&
  !isSpec(file) &&
  !file.path.includes('/test/') &&
  !basename(file.path).startsWith('spec-support');

/** @returns the text with comments blanked out, line for line */
export function withoutComments(text: string): string {
  const blank = (comment: string) => comment.replace(/[^\n]/g, ' ');
  return text
    .replace(/\/\*[\s\S]*?\*\//g, blank)
    .replace(
      /(^|[\s;{(,])\/\/[^\n]*/g,
      (comment, before: string) => before + blank(comment.slice(before.length)),
    );
}

/** @returns `path:line` of each line of code in which `pattern` is found */
export function linesWith(pattern: RegExp, { path, text }: SourceFile): string[] {
  return withoutComments(text)
    .split('\n')
    .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}`] : []));
}
