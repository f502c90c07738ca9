import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { isSpec, isTypeScript, repositoryFiles } from '../support/source-files.js';

const linesAtMost = { spec: 450, other: 300 };

const files = repositoryFiles();
const sources = files.filter(isTypeScript);

/** Names that say nothing of what is in the file; each asks for the field's own word. */
const emptyNames = new Set([
  'util',
  'utils',
  'helper',
  'helpers',
  'common',
  'manager',
  'managers',
  'misc',
  'shared',
]);
const wordsOf = (name: string) => name.split(/[-._]|(?<=[a-z])(?=[A-Z])/).map((word) => word.toLowerCase());

/** Source files, and the one place where a name may hold what it must not. */
const places = files.filter(({ path }) => !path.startsWith('test/architecture/'));
const matches = (pattern: RegExp) =>
  places.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, n) => (pattern.test(line) ? [`${path}:${n + 1}`] : [])),
  );

describe('names', () => {
  it.each([
    ['src/patient-utils.ts', true],
    ['src/cache.manager.ts', true],
    ['common/keys.ts', true],
    ['src/keyed-hash.ts', false],
    ['src/communication.dto.ts', false],
  ])('of %s', (path, empty) => {
    expect(
      path
        .split('/')
        .flatMap(wordsOf)
        .some((word) => emptyNames.has(word)),
    ).toBe(empty);
  });

  it('of files and folders are the field\'s, not "utils", "helpers", "common" or "manager"', () => {
    const empty = sources.filter(({ path }) =>
      path
        .split('/')
        .flatMap(wordsOf)
        .some((word) => emptyNames.has(word)),
    );
    expect(empty.map(({ path }) => path)).toEqual([]);
  });

  it("of classes and functions are the field's as well", () => {
    const declared = /\b(?:class|interface|function|type)\s+([A-Za-z]\w*)/g;
    const empty = sources.flatMap(({ path, text }) =>
      [...text.matchAll(declared)]
        .filter(([, name = '']) => wordsOf(name).some((word) => emptyNames.has(word)))
        .map(([, name]) => `${path}: ${name}`),
    );
    expect(empty).toEqual([]);
  });

  it('of source files are kebab-case with the role behind a dot: patients.controller.ts', () => {
    const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*\.(ts|mts)$/;
    expect(sources.map(({ path }) => path).filter((path) => !kebab.test(basename(path)))).toEqual([]);
  });
});

describe('rooms', () => {
  const libs = readdirSync('libs');

  it('are there', () => {
    expect(libs.length).toBeGreaterThanOrEqual(9);
  });

  it.each(libs)('%s has a README that says why, and an index with named exports', (lib) => {
    expect(existsSync(`libs/${lib}/README.md`)).toBe(true);
    expect(readFileSync(`libs/${lib}/README.md`, 'utf8').trim().split('\n').length).toBeGreaterThan(3);
    expect(readFileSync(`libs/${lib}/src/index.ts`, 'utf8')).toMatch(/^export (type )?\{/m);
  });

  it.each(libs)('%s is reached by its alias', (lib) => {
    const { compilerOptions } = JSON.parse(readFileSync('tsconfig.json', 'utf8')) as {
      compilerOptions: { paths: Record<string, string[]> };
    };
    expect(compilerOptions.paths[`@app/${lib}`]).toEqual([`libs/${lib}/src/index.ts`]);
  });
});

describe('size', () => {
  it(`is at most ${linesAtMost.other} lines a file and ${linesAtMost.spec} a spec: split what has two subjects`, () => {
    const long = sources
      .map((file) => ({ ...file, lines: file.text.trimEnd().split('\n').length }))
      .filter((file) => file.lines > (isSpec(file) ? linesAtMost.spec : linesAtMost.other))
      .map(({ path, lines }) => `${path}: ${lines}`);
    expect(long).toEqual([]);
  });
});

describe('the repository', () => {
  it('names no package registry: the machine that installs it decides', () => {
    expect(
      matches(
        /\b(registry|npm)\.[a-z0-9-]+(\.[a-z0-9-]+)*\.?[a-z]{2,}\b.*\/|\bregistry\s*=\s*http|artifactory/i,
      ),
    ).toEqual([]);
  });

  it("holds no path of anybody's machine", () => {
    expect(matches(/(^|["'`\s=(:])(\/(root|Users|work|mnt)\/|\/home\/[a-z]|[A-Z]:\\\\?Users)/)).toEqual([]);
  });

  it('holds no private key and no token', () => {
    expect(
      matches(/-----BEGIN [A-Z ]*PRIVATE KEY-----\s*$|\beyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}\./),
    ).toEqual([]);
  });
});
