import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SecretFileError } from '@app/configuration';
import { RootKeyFiles } from './root-key-files.js';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phi-root-keys-'));
  path = join(folder, 'kms-root-key');
});
afterEach(() => rmSync(folder, { recursive: true }));

const contents = () =>
  Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString('hex')]),
  );
const idsOf = (files: RootKeyFiles) => files.all().map(({ id }) => id);

/** Refused, naming the file, and nothing was changed. */
function expectRefusal(message: string): void {
  const before = contents();
  expect(() => new RootKeyFiles(path)).toThrow(message);
  expect(() => new RootKeyFiles(path)).toThrow(SecretFileError);
  expect(contents()).toEqual(before);
}

describe('RootKeyFiles', () => {
  it('makes one key on the first start and later ones on demand, readable by the owner alone', () => {
    const files = new RootKeyFiles(path);
    expect(readdirSync(folder)).toEqual(['kms-root-key']);
    const first = files.newest;
    const before = contents();
    expect(files.add()).not.toEqual(first);
    files.add();
    expect(readdirSync(folder).sort()).toEqual(['kms-root-key', 'kms-root-key.2', 'kms-root-key.3']);
    expect(contents()).toMatchObject(before);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    expect(idsOf(new RootKeyFiles(path))).toEqual(idsOf(files));
    expect(new RootKeyFiles(path).newest.id).toBe(files.newest.id);
    expect(new Set(idsOf(files)).size).toBe(3);
  });

  it('sees keys of another process when it looks, and keeps one whose file was removed', () => {
    const [files, other] = [new RootKeyFiles(path), new RootKeyFiles(path)];
    const { id } = other.add();
    expect(files.newest.id).not.toBe(id);
    files.refresh();
    expect(files.newest.id).toBe(id);
    rmSync(path);
    files.refresh();
    expect(files.all()).toHaveLength(2);
  });

  it('goes on from a later key when the first was retired, and makes no first one', () => {
    const { id } = new RootKeyFiles(path).add();
    rmSync(path);
    const files = new RootKeyFiles(path);
    expect(idsOf(files)).toEqual([id]);
    expect(readdirSync(folder)).toEqual(['kms-root-key.2']);
    files.add();
    expect(readdirSync(folder)).toEqual(['kms-root-key.2', 'kms-root-key.3']);
  });

  it.each([0, 16, 31, 33, 64])('refuses a file of %i bytes, the first or a later one', (size) => {
    const files = new RootKeyFiles(path);
    writeFileSync(`${path}.2`, Buffer.alloc(size, 7), { mode: 0o600 });
    expectRefusal('The KMS root key kms-root-key.2 file does not hold exactly 32 bytes');
    expect(() => files.refresh()).toThrow(SecretFileError);
    rmSync(`${path}.2`);
    writeFileSync(path, Buffer.alloc(size, 7), { mode: 0o600 });
    expectRefusal('The KMS root key file does not hold exactly 32 bytes');
  });

  it('refuses a later key that others may read, or that is a link', () => {
    new RootKeyFiles(path).add();
    chmodSync(`${path}.2`, 0o640);
    expectRefusal('The KMS root key kms-root-key.2 file has wider permissions than 0600');
    rmSync(`${path}.2`);
    symlinkSync(path, `${path}.2`);
    expectRefusal('The KMS root key kms-root-key.2 file is a symbolic link');
  });

  it.each([
    ['kms-root-key.02', 'kms-root-key.2'],
    ['kms-root-key.1', 'kms-root-key'],
  ])('refuses two files that claim the same number: %s', (name, canonical) => {
    new RootKeyFiles(path).add();
    writeFileSync(join(folder, name), randomBytes(32), { mode: 0o600 });
    const before = contents();
    expect(() => new RootKeyFiles(path)).toThrow(/claim to be the same KMS root key$/);
    expect(() => new RootKeyFiles(path)).toThrow(name);
    expect(contents()).toEqual(before);
    rmSync(join(folder, canonical));
    expectRefusal(`${name} is no name of a KMS root key file`);
  });

  it('refuses the same key in two files', () => {
    expect(new RootKeyFiles(path).all()).toHaveLength(1);
    copyFileSync(path, `${path}.2`);
    expectRefusal('kms-root-key.2 holds the same KMS root key as another file');
  });

  it('leaves alone what is not named as a root key', () => {
    for (const name of [
      'kms-root-key.old',
      'kms-root-key.0a',
      'kms-root-key.00ff00ff00ff00ff.new',
      'kms-root-key-2',
    ]) {
      writeFileSync(join(folder, name), 'x');
    }
    expect(new RootKeyFiles(path).all()).toHaveLength(1);
  });
});
