import { type KeyObject, createSecretKey, hkdfSync } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { SecretFileError } from '@app/configuration';
import { openKeyFile } from './key-file.js';

/** One root key; its id follows from it, so another key in the same file is another key by name too. */
export interface RootKey {
  /** Shaped as a UUID. */
  id: string;
  key: KeyObject;
}

/**
 * The root keys of the local KMS: `kms-root-key`, then `kms-root-key.2` and so on, 32 random bytes each, mode 0600. The one
 * with the highest number is the newest. Files are only ever added; an operator removes one that no row needs any more,
 * and who has read it keeps it until he ends.
 */
export class RootKeyFiles {
  readonly #keys = new Map<number, RootKey>();

  /**
   * @param path of the first file; made on the first start
   * @throws SecretFileError that names the file when one must not be used; nothing is overwritten
   */
  constructor(private readonly path: string) {
    this.refresh();
    if (this.#keys.size === 0) this.#read(1);
  }

  get newest(): RootKey {
    return this.#keys.get(Math.max(...this.#keys.keys())) as RootKey;
  }

  all(): RootKey[] {
    return [...this.#keys.values()];
  }

  /** Reads the files that other processes made since. @throws SecretFileError */
  refresh(): void {
    const names = new Map<number, string>();
    for (const [number, name] of this.#present()) {
      const other = names.get(number);
      if (other !== undefined)
        throw new SecretFileError(`${other} and ${name} claim to be the same KMS root key`);
      names.set(number, name);
    }
    for (const [number, name] of names) {
      if (name !== this.#nameOf(number))
        throw new SecretFileError(`${name} is no name of a KMS root key file`);
      if (!this.#keys.has(number)) this.#read(number);
    }
  }

  /** Makes a key that is the newest from now on. Of two processes that do so together both get the same one. */
  add(): RootKey {
    this.refresh();
    this.#read(Math.max(...this.#keys.keys()) + 1);
    return this.newest;
  }

  #read(number: number): void {
    const name = this.#nameOf(number);
    const role = number === 1 ? 'KMS root key' : `KMS root key ${name}`;
    const bytes = openKeyFile(`${dirname(this.path)}/${name}`, role);
    const id = idOf(bytes);
    const key = createSecretKey(bytes);
    bytes.fill(0);
    if (this.all().some((other) => other.id === id)) {
      throw new SecretFileError(`${name} holds the same KMS root key as another file`);
    }
    this.#keys.set(number, { id, key });
  }

  #nameOf(number: number): string {
    return number === 1 ? basename(this.path) : `${basename(this.path)}.${number}`;
  }

  #present(): [number: number, name: string][] {
    const folder = dirname(this.path);
    if (!existsSync(folder)) return [];
    const first = basename(this.path);
    return readdirSync(folder).flatMap((name): [number, string][] => {
      if (name === first) return [[1, name]];
      const number = name.startsWith(`${first}.`) ? name.slice(first.length + 1) : '';
      return /^[0-9]+$/.test(number) ? [[Number(number), name]] : [];
    });
  }
}

function idOf(rootKey: Buffer): string {
  const id = Buffer.from(hkdfSync('sha256', rootKey, Buffer.alloc(0), 'phi/local-kms/key-id', 16)).toString(
    'hex',
  );
  return id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
