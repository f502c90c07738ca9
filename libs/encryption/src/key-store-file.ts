import { closeSync, fsyncSync, openSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type RootDatabase, asBinary, open } from 'lmdb';
import type { KeyStoreItem } from './branch-key-row.js';
import { KeyStoreGenerations } from './key-store-generations.js';

/** Branch key id, type. The table's name is not part of it: the file holds one table. */
export type KeyStoreKey = [string, string];
export type KeyStoreRows = RootDatabase<KeyStoreItem, KeyStoreKey>;

/** Not a row but what this file notes of itself; it sorts before every row, because no branch key has an empty id. */
export const FILE_NOTE: KeyStoreKey = ['', 'destroyed'];
const COPIED_AT_ONCE = 5_000;
const CLAIMS_POLL_MILLISECONDS = 10;

interface Opened {
  generation: number;
  rows: KeyStoreRows;
  /** Transactions under way; LMDB must not be closed under them. */
  writers: number;
}

/**
 * The LMDB file of the key store, which several processes may have open and which a compaction replaces under them.
 *
 * LMDB's write transaction is exclusive across processes, and the kernel releases it when a process is killed. A
 * compaction copies and switches inside one, so whoever writes looks inside his own whether the file is still the
 * current one. A reader looks after he has read: if it still is, what he read was the truth.
 */
export class KeyStoreFile {
  static readonly #files = new Map<string, KeyStoreFile>();
  readonly #generations: KeyStoreGenerations;
  #users = 0;
  #opened: Opened;
  #closing: Promise<unknown> = Promise.resolve();

  private constructor(private readonly path: string) {
    this.#generations = new KeyStoreGenerations(path);
    try {
      this.#opened = this.#openCurrent();
    } catch (error) {
      this.#generations.close();
      throw error;
    }
  }

  /**
   * LMDB allows a process to open a file once only: whoever opens it again here gets the same one.
   * @throws SecretFileError that names the file, when the key store is not whole; nothing is overwritten then
   */
  static open(path: string): KeyStoreFile {
    const absolute = resolve(path);
    const file = KeyStoreFile.#files.get(absolute) ?? new KeyStoreFile(absolute);
    KeyStoreFile.#files.set(absolute, file);
    file.#users += 1;
    return file;
  }

  /** @param action reads synchronously; it may be called again */
  async read<Result>(action: (rows: KeyStoreRows) => Result): Promise<Result> {
    for (;;) {
      const opened = this.#opened;
      // LMDB would go on showing the state in which this turn of the event loop began.
      opened.rows.resetReadTxn();
      const result = action(opened.rows);
      if (this.#generations.current() === opened.generation) return result;
      this.#follow(opened);
    }
  }

  /**
   * Resolves when what was written is on disk.
   * @param action reads and writes synchronously inside a transaction (`putSync`, `removeSync`: the promise of a `put` that nobody
   *   waits for ends the process when the disk is full); it may be called again. What it wrote stays, even if it throws afterwards.
   */
  async write<Result>(action: (rows: KeyStoreRows) => Result): Promise<Result> {
    for (;;) {
      const opened = this.#opened;
      const done = await this.#transaction(opened, () => ({ result: action(opened.rows) }));
      if (done !== undefined) return done.result;
      this.#follow(opened);
    }
  }

  /** Moves all rows to a new file in which nothing else ever was. @param progress rows copied, of how many */
  async replace(
    progress: (copied: number, rows: number) => void,
  ): Promise<{ before: number; after: number }> {
    for (;;) {
      const opened = this.#opened;
      const bytes = await this.#transaction(opened, () => this.#moveOn(opened, progress));
      this.#follow(opened);
      if (bytes === undefined) continue;
      await this.#removeEarlier();
      return bytes;
    }
  }

  /** Waits for what is under way; the last who has the file open closes it. To be called once. */
  async close(): Promise<void> {
    this.#users -= 1;
    if (this.#users > 0) return;
    KeyStoreFile.#files.delete(this.path);
    await Promise.all([this.#opened.rows.close(), this.#closing]);
    this.#generations.close();
  }

  /** @returns undefined when the file is not the current one any more; nothing was done then */
  async #transaction<Result>(opened: Opened, action: () => Result): Promise<Result | undefined> {
    opened.writers += 1;
    try {
      // Several transactions that wait together share one commit, and one flush.
      return await opened.rows.transaction(() =>
        this.#generations.current() === opened.generation ? action() : undefined,
      );
    } catch (error) {
      silenceCommitError(error);
      throw error;
    } finally {
      opened.writers -= 1;
      this.#closeIfOver(opened);
    }
  }

  #moveOn({ rows, generation }: Opened, progress: (copied: number, rows: number) => void) {
    this.#generations.removeUnfinished(generation);
    const next = generation + 1;
    const file = this.#generations.fileOf(next);
    this.#generations.protect(next);
    try {
      copyRows(rows, file, progress);
      const bytes = {
        before: statSync(this.#generations.fileOf(generation)).size,
        after: statSync(file).size,
      };
      this.#generations.switchTo(next);
      return bytes;
    } catch (error) {
      this.#generations.removeUnfinished(this.#generations.current());
      throw error;
    }
  }

  #openCurrent(): Opened {
    const opened = this.#openClaimed();
    // Whoever comes first after a compaction that was killed clears up after it.
    if (this.#generations.claims().length === 0) this.#generations.removeEarlier(opened.generation);
    return opened;
  }

  #openClaimed(): Opened {
    const claim = this.#generations.claim();
    try {
      for (;;) {
        const generation = this.#generations.current();
        this.#generations.prepare(generation);
        const rows = openRows(this.#generations.fileOf(generation));
        if (this.#generations.current() === generation) return { generation, rows, writers: 0 };
        void rows.close();
      }
    } finally {
      this.#generations.release(claim);
    }
  }

  /** Removes the files that are over as soon as nobody can be about to open one of them. */
  async #removeEarlier(): Promise<void> {
    const earlier = new Set(this.#generations.claims());
    while (this.#generations.claims().some((claim) => earlier.has(claim)))
      await pause(CLAIMS_POLL_MILLISECONDS);
    this.#generations.removeEarlier(this.#opened.generation);
  }

  #follow(old: Opened): void {
    if (this.#opened !== old) return;
    this.#opened = this.#openCurrent();
    this.#closeIfOver(old);
  }

  /** What still waits there to write finds that the file is over, and comes back; the last one closes it. */
  #closeIfOver(opened: Opened): void {
    if (opened === this.#opened || opened.writers > 0) return;
    this.#closing = Promise.all([this.#closing, opened.rows.close()]);
  }
}

/** lmdb hands the native error over as one more promise, whose rejection nobody would handle. */
function silenceCommitError(error: unknown): void {
  if (error instanceof Error && 'commitError' in error && error.commitError instanceof Promise) {
    error.commitError.catch(() => undefined);
  }
}

const openRows = (path: string): KeyStoreRows =>
  open({
    path,
    noSubdir: true,
    encoding: 'msgpack',
    // Off: a transaction is over when it is on disk. On, it takes a second lock, and who takes that over from a process that
    // was killed sets the number of the last transaction back under another one's hands: a commit is lost.
    overlappingSync: false,
    // Off: with it a failed commit rejects a promise that lmdb keeps to itself, which ends the process.
    eventTurnBatching: false,
  });

/**
 * Row by row: LMDB's own compacting copy takes pages as they are, with what was deleted from them.
 * @param file new, and known to nobody else
 */
function copyRows(rows: KeyStoreRows, file: string, progress: (copied: number, rows: number) => void): void {
  const copy = openRows(file);
  try {
    // Of each call an object of its own: lmdb writes into it.
    const all = () => ({ start: FILE_NOTE, exclusiveStart: true });
    const total = rows.getKeysCount(all());
    let keys: KeyStoreKey[] = [];
    let copied = 0;
    const flush = () => {
      copy.transactionSync(() => {
        for (const key of keys) copy.putSync(key, rawOf(rows, key));
      });
      progress((copied += keys.length), total);
      keys = [];
    };
    for (const key of rows.getKeys(all())) {
      keys.push(key);
      if (keys.length === COPIED_AT_ONCE) flush();
    }
    flush();
  } finally {
    void copy.close();
  }
  const descriptor = openSync(file, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The value as it is stored. lmdb's types do not know that a store of objects takes it. */
const rawOf = (rows: KeyStoreRows, key: KeyStoreKey) =>
  asBinary(rows.getBinary(key) ?? Buffer.alloc(0)) as unknown as KeyStoreItem;
