import { randomBytes } from 'node:crypto';
import {
  type BigIntStats,
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { SecretFileError, syncFolder } from '@app/configuration';

const FIRST = 1;
/** Opening takes milliseconds, as far as the files are looked up by name. */
const CLAIM_MILLISECONDS = 10_000;
/** In every LMDB file, in the byte order of the machine: little-endian on x86-64 and ARM64. */
const MAGIC = 0xbeefc0de;
const MAGIC_OFFSET = 24;

/**
 * The files that the key store was in, one after the other: `key-store.lmdb`, after a compaction `key-store.2.lmdb` and
 * so on. The file `key-store.lmdb.generation` says which one it is in now; without it, it is in the first. That small
 * file is replaced by a rename, which is the one moment in which a compaction takes effect.
 */
export class KeyStoreGenerations {
  readonly #pointer: string;
  /** Kept open: as long as it is, no other file can get its number, so a file of that number is this one. */
  #read: { descriptor: number; state: BigIntStats; generation: number } | undefined;

  /** @param path of the first file */
  constructor(private readonly path: string) {
    this.#pointer = `${path}.generation`;
  }

  /**
   * Looks at the file system each time; the file is read only when it is another one than the last time, or was changed.
   * @throws SecretFileError if the file that says it is damaged
   */
  current(): number {
    const now = this.#pointerState();
    if (now === undefined) return FIRST;
    if (this.#read === undefined || !isSameState(now, this.#read.state)) this.#readPointer();
    return this.#read?.generation ?? FIRST;
  }

  /** Lets go of the file that was read last. */
  close(): void {
    if (this.#read !== undefined) closeSync(this.#read.descriptor);
    this.#read = undefined;
  }

  #pointerState(): BigIntStats | undefined {
    try {
      return statSync(this.#pointer, { throwIfNoEntry: false, bigint: true });
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  /** Of a file that is missing by now nothing is kept. */
  #readPointer(): void {
    this.close();
    let descriptor: number;
    try {
      descriptor = openSync(this.#pointer, 'r');
    } catch (error) {
      if (isMissing(error)) return;
      throw this.#unreadable(error);
    }
    try {
      // The state first: what is changed after it has another one, and is read again.
      const state = fstatSync(descriptor, { bigint: true });
      this.#read = { descriptor, state, generation: this.#generationIn(readFileSync(descriptor, 'utf8')) };
    } catch (error) {
      closeSync(descriptor);
      throw error instanceof SecretFileError ? error : this.#unreadable(error);
    }
  }

  #generationIn(text: string): number {
    if (/^[1-9][0-9]{0,8}\n$/.test(text)) return Number(text);
    throw new SecretFileError(`${basename(this.#pointer)} does not name a generation`);
  }

  #unreadable(cause: unknown): SecretFileError {
    return new SecretFileError(`${basename(this.#pointer)} cannot be read`, { cause });
  }

  fileOf(generation: number): string {
    if (generation === FIRST) return this.path;
    const extension = extname(this.path);
    return `${this.path.slice(0, this.path.length - extension.length)}.${generation}${extension}`;
  }

  /**
   * Makes the very first file, and sees to it that every other one is there: LMDB would make an empty store in the place
   * of one that was lost, and lmdb may crash over a file that is none of LMDB's.
   * @throws SecretFileError that names the file
   */
  prepare(generation: number): void {
    const file = this.fileOf(generation);
    const isNew = generation === FIRST && !existsSync(this.#pointer) && this.#present().length === 0;
    if (isNew || existsSync(file)) {
      if (!isLmdbFile(file)) throw new SecretFileError(`${basename(file)} is not a key store`);
      return this.protect(generation);
    }
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

  /**
   * Says that a process is about to open a generation; to be said before it looks which one is the current.
   * @returns what `release` takes
   */
  claim(): string {
    const claim = `${this.#pointer}.${randomBytes(8).toString('hex')}.opening`;
    closeSync(openSync(claim, 'wx', 0o600));
    return claim;
  }

  release(claim: string): void {
    rmSync(claim, { force: true });
  }

  /** Who is opening a generation now; not those who must have been killed over it. */
  claims(): string[] {
    return this.#namesWith('opening').filter((claim) => {
      const madeAt = statSync(claim, { throwIfNoEntry: false })?.mtimeMs;
      if (madeAt === undefined) return false;
      if (Date.now() - madeAt < CLAIM_MILLISECONDS) return true;
      this.release(claim);
      return false;
    });
  }

  /**
   * Removes the files of generations that are over. Nobody writes to them, and who still reads them notices. But nobody may
   * be about to open one: LMDB opens lock and data by name, and would make new ones or pair what does not belong together.
   */
  removeEarlier(current: number): void {
    this.#remove((generation) => generation < current);
  }

  /**
   * Removes what a compaction was killed over. Only who holds the write lock of the current generation may do so, because
   * a later one may be just in the making.
   */
  removeUnfinished(current: number): void {
    this.#remove((generation) => generation > current);
    for (const draft of this.#namesWith('new')) rmSync(draft, { force: true });
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

  /** Paths of files that are called as the pointer, 16 hexadecimal digits and `suffix`. */
  #namesWith(suffix: string): string[] {
    const pattern = new RegExp(`^${escaped(basename(this.#pointer))}\\.[0-9a-f]{16}\\.${suffix}$`);
    return this.#names()
      .filter((name) => pattern.test(name))
      .map((name) => join(dirname(this.path), name));
  }

  #names(): string[] {
    return readdirSync(dirname(this.path));
  }
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The number alone tells a file that was put in place by a rename; the rest, one that somebody wrote over. */
const isSameState = (a: BigIntStats, b: BigIntStats) =>
  a.ino === b.ino &&
  a.dev === b.dev &&
  a.size === b.size &&
  a.mtimeNs === b.mtimeNs &&
  a.ctimeNs === b.ctimeNs;

/** Errors of the file system are no `Error` across realms: the code tells them. */
const isMissing = (error: unknown) =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';

/** Also when it is absent or empty, as it is before LMDB has written to it. */
function isLmdbFile(path: string): boolean {
  if (!existsSync(path)) return true;
  const file = openSync(path, 'r');
  try {
    const start = Buffer.alloc(MAGIC_OFFSET + 4);
    const bytes = readSync(file, start);
    return bytes === 0 || (bytes === start.length && start.readUInt32LE(MAGIC_OFFSET) === MAGIC);
  } finally {
    closeSync(file);
  }
}
