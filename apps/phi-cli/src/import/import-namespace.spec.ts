import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CouldNotRun } from '../command-context.js';
import { isSecretNamespace, readImportNamespace } from './import-namespace.js';

describe('import namespace', () => {
  let parent: string;
  let folder: string;
  let file: string;
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'phi-namespace-'));
    folder = join(parent, 'data');
    file = join(folder, 'import-namespace');
  });
  afterEach(() => rmSync(parent, { recursive: true }));

  it('is made once, for its owner alone, and then stays', () => {
    const first = readImportNamespace(folder, false);
    expect(first.createdFile).toBe(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readImportNamespace(folder, false)).toEqual({ namespace: first.namespace });
  });

  it('differs between data folders', () => {
    const one = readImportNamespace(folder, false).namespace;
    expect(readImportNamespace(join(parent, 'other'), false).namespace).not.toBe(one);
  });

  it('is refused if others can read its file', () => {
    readImportNamespace(folder, false);
    chmodSync(file, 0o640);
    expect(() => readImportNamespace(folder, false)).toThrow(CouldNotRun);
  });

  it('is refused, and left as it is, if the file holds something else', () => {
    mkdirSync(folder);
    writeFileSync(file, 'something else', { mode: 0o600 });
    expect(() => readImportNamespace(folder, false)).toThrow(/holds no namespace/);
    expect(readFileSync(file, 'utf8')).toBe('something else');
  });

  it('is not made by a dry run, which uses one that is there', () => {
    readImportNamespace(folder, true);
    expect(existsSync(folder)).toBe(false);
    const { namespace } = readImportNamespace(folder, false);
    expect(readImportNamespace(folder, true)).toEqual({ namespace });
  });

  it('is not one of those that everybody knows', () => {
    expect(isSecretNamespace('3b1f9a52-8d0e-4c7b-a2f5-6e9d0c4b1a87')).toBe(true);
    expect(isSecretNamespace('6ba7b810-9dad-11d1-80b4-00c04fd430c8')).toBe(false);
    expect(isSecretNamespace('6BA7B811-9DAD-11D1-80B4-00C04FD430C8')).toBe(false);
    expect(isSecretNamespace('00000000-0000-0000-0000-000000000000')).toBe(false);
    expect(isSecretNamespace('not-a-uuid')).toBe(false);
  });
});
