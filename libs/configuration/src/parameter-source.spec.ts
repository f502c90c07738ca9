import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LocalParameterSource } from './parameter-source.js';
import { openSecretFile } from './secret-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phi-parameters-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('openSecretFile', () => {
  const path = () => join(folder, 'secret');
  const opened = (made: string) => openSecretFile(path(), 'test secret', () => Buffer.from(made)).toString();

  it('makes the file once, for its owner alone', () => {
    expect(opened('first')).toBe('first');
    expect(opened('second')).toBe('first');
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['secret']);
  });

  it.each([0o644, 0o660, 0o604])('refuses a file of mode %o and leaves it as it is', (mode) => {
    writeFileSync(path(), 'kept', { mode: 0o600 });
    chmodSync(path(), mode);
    expect(() => opened('new')).toThrow(/test secret .*0600/);
    expect(readFileSync(path(), 'utf8')).toBe('kept');
  });

  it('refuses a link', () => {
    writeFileSync(join(folder, 'elsewhere'), 'x', { mode: 0o600 });
    symlinkSync(join(folder, 'elsewhere'), path());
    expect(() => opened('new')).toThrow(/symbolic link/);
  });
});

describe('LocalParameterSource', () => {
  it('gives the same index root at each start', async () => {
    const first = await new LocalParameterSource(folder).get('index-root');
    expect(await new LocalParameterSource(folder).get('index-root')).toBe(first);
    const { active, roots } = JSON.parse(first) as { active: number; roots: Record<string, string> };
    expect(Buffer.from(roots[active] ?? '', 'base64')).toHaveLength(32);
  });
});
