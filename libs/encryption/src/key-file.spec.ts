import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SecretFileError } from '@app/configuration';
import { openKeyFile } from './key-file.js';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phi-key-file-'));
  path = join(folder, 'root.key');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('openKeyFile', () => {
  it('makes 32 random bytes that only the owner can read, once, and leaves no draft behind', () => {
    const key = openKeyFile(path, 'KMS root key');
    expect(key).toHaveLength(32);
    expect(readFileSync(path).equals(key)).toBe(true);
    expect(statSync(path).mode & 0o7777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['root.key']);
    expect(openKeyFile(path, 'KMS root key').equals(key)).toBe(true);
    expect(openKeyFile(join(folder, 'other.key'), 'KMS root key').equals(key)).toBe(false);
  });

  it('accepts a file that its owner can only read', () => {
    const key = openKeyFile(path, 'KMS root key');
    chmodSync(path, 0o400);
    expect(openKeyFile(path, 'KMS root key').equals(key)).toBe(true);
  });

  it.each([0o640, 0o604, 0o660, 0o644, 0o700, 0o601])('refuses mode %o and changes nothing', (mode) => {
    const key = openKeyFile(path, 'KMS root key');
    chmodSync(path, mode);
    expect(() => openKeyFile(path, 'KMS root key')).toThrow(
      new SecretFileError('The KMS root key file has wider permissions than 0600'),
    );
    expect(statSync(path).mode & 0o7777).toBe(mode);
    expect(readFileSync(path).equals(key)).toBe(true);
  });

  it.each([0, 1, 31, 33, 64])('refuses a file of %i bytes and overwrites nothing', (size) => {
    const content = Buffer.alloc(size, 7);
    writeFileSync(path, content, { mode: 0o600 });
    expect(() => openKeyFile(path, 'KMS root key')).toThrow(
      'The KMS root key file does not hold exactly 32 bytes',
    );
    expect(readFileSync(path).equals(content)).toBe(true);
  });

  it('refuses a symbolic link, also to a good key and to nothing', () => {
    openKeyFile(join(folder, 'good.key'), 'KMS root key');
    symlinkSync(join(folder, 'good.key'), path);
    symlinkSync(join(folder, 'absent.key'), join(folder, 'dangling.key'));
    expect(() => openKeyFile(path, 'KMS root key')).toThrow('The KMS root key file is a symbolic link');
    expect(() => openKeyFile(join(folder, 'dangling.key'), 'KMS root key')).toThrow(SecretFileError);
    expect(existsSync(join(folder, 'absent.key'))).toBe(false);
  });

  it('refuses a folder, and a place where it cannot write', () => {
    mkdirSync(path, { mode: 0o700 });
    expect(() => openKeyFile(path, 'KMS root key')).toThrow('The KMS root key file is not a regular file');
    expect(() => openKeyFile('/dev/null/root.key', 'KMS root key')).toThrow(
      /The KMS root key file cannot be (created|read)/,
    );
  });
});
