import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { SecretFileError, syncFolder } from '@app/configuration';

const FIRST = 1;

/**
 * The files that the key store was in, one after the other: `key-store.lmdb`, after a compaction `key-store.2.lmdb` and
 * so on. The file `key-store.lmdb.generation` says which one it is in now; without it, it is in the first. That small
 * file is replaced by a rename, which is the one moment in which a compaction takes effect.
 */
export class KeyStoreGenerations {
  readonly #pointer: string;

  /** @param path of the first file */
  constructor(private readonly path: string) {
    this.#pointer = `${path}.generation`;
  }

  /** @throws SecretFileError if the file that says it is damaged */
  current(): number {
    let text: string;
    try {
      text = readFileSync(this.#pointer, 'utf8');
    } catch (error) {
      if (isMissing(error)) return FIRST;
      throw new SecretFileError(`${basename(this.#pointer)} cannot be read`, { cause: error });
    }
    if (!/^[1-9][0-9]{0,8}\n$/.test(text)) {
      throw new SecretFileError(`${basename(this.#pointer)} does not name a generation`);
    }
    return Number(text);
  }

  fileOf(generation: number): string {
    if (generation === FIRST) return this.path;
    const extension = extname(this.path);
    return `${this.path.slice(0, this.path.length - extension.length)}.${generation}${extension}`;
  }

  /**
   * Makes the very first file, and sees to it that every other one is there: LMDB would make an empty store in the place
   * of one that was lost.
   * @throws SecretFileError that names the missing file
   */
  prepare(generation: number): void {
    const file = this.fileOf(generation);
    const isNew = generation === FIRST && !existsSync(this.#pointer) && this.#present().length === 0;
    if (isNew || existsSync(file)) return this.protect(generation);
    // A compaction may have come between, and then there is nothing wrong.
    if (this.current() !== generation) return;
    throw new SecretFileError(`The key store file ${basename(file)} is missing`);
  }

  /** Creates the file and its lock file where they are missing; LMDB itself would make them group-readable. */
  protect(generation: number): void {
    for (const file of this.#filesOf(generation)) {
      if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
      chmodSync(file, 0o600);
    }
    // LMDB flushes the file's content; that there is such a file must last too.
    syncFolder(dirname(this.path));
  }

  /** Makes `generation` the current one, durably. Only who holds the write lock of the current one may do so. */
  switchTo(generation: number): void {
    const draft = `${this.#pointer}.${randomBytes(8).toString('hex')}.new`;
    const file = openSync(draft, 'wx', 0o600);
    try {
      writeSync(file, `${generation}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, this.#pointer);
    syncFolder(dirname(this.path));
  }

  /** Removes the files of generations that are over. Nobody writes to them, and who still reads them notices. */
  removeEarlier(current: number): void {
    this.#remove((generation) => generation < current);
  }

  /**
   * Removes every file that is not the current one: also those that a compaction was killed over. Only who holds the
   * write lock of the current one may do so, because a later one may be just in the making.
   */
  removeOthers(current: number): void {
    this.#remove((generation) => generation !== current);
    const drafts = new RegExp(`^${escaped(basename(this.#pointer))}\\.[0-9a-f]{16}\\.new$`);
    for (const name of this.#names()) {
      if (drafts.test(name)) rmSync(join(dirname(this.path), name), { force: true });
    }
  }

  #remove(isOver: (generation: number) => boolean): void {
    const over = this.#present().filter(isOver);
    if (over.length === 0) return;
    for (const file of over.flatMap((generation) => this.#filesOf(generation))) rmSync(file, { force: true });
    syncFolder(dirname(this.path));
  }

  #filesOf(generation: number): [string, string] {
    const file = this.fileOf(generation);
    return [file, `${file}-lock`];
  }

  /** Generations of which there is a file or a lock file. */
  #present(): number[] {
    const extension = extname(this.path);
    const stem = escaped(basename(this.path, extension));
    const pattern = new RegExp(`^${stem}(?:\\.([1-9][0-9]{0,8}))?${escaped(extension)}(?:-lock)?$`);
    const found = this.#names().flatMap((name) => {
      const match = pattern.exec(name);
      return match === null ? [] : [Number(match[1] ?? FIRST)];
    });
    return [...new Set(found)];
  }

  #names(): string[] {
    return readdirSync(dirname(this.path));
  }
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Errors of the file system are no `Error` across realms: the code tells them. */
const isMissing = (error: unknown) =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
