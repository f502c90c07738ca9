import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { open, type Database, type RootDatabase } from 'lmdb';
import { checkBatchKeys, checkKey, checkQuery, checkWrites, writtenKey } from './item-limits.js';
import { LmdbGroupCommit } from './lmdb-group-commit.js';
import { decodeItem, decodeWithoutBinaries, encodeItem, hasEntries } from './lmdb-item-codec.js';
import { entryKeys, expiryRange, itemKey, parseItemKey, queryRange } from './lmdb-keys.js';
import { decodePosition, encodePosition } from './query-position.js';
import { holds } from './stored-condition.js';
import {
  ConditionFailed,
  PhiTable,
  TableUnavailable,
  type Condition,
  type PhiItem,
  type PhiKey,
  type QueryInput,
  type QueryPage,
  type TableName,
  type TableWrite,
} from './phi-table.js';

export interface LmdbPhiTableOptions {
  /** The data file; beside it lies `<path>-lock`. A missing folder is made with mode 0700. */
  path: string;
  /** Address space to begin with, 16 GiB unless given; it grows when the file does. No memory, no disk. */
  mapSizeBytes?: number;
  /** A commit that takes longer counts as lost, and the table refuses all writes from then on. 30 s unless given. */
  commitTimeoutMs?: number;
  /** Clock by which expired items are removed, in seconds since the epoch. */
  nowSeconds?: () => number;
}

const DEFAULT_MAP_SIZE_BYTES = 16 * 1024 ** 3;
const DEFAULT_COMMIT_TIMEOUT_MS = 30_000;
/** As DynamoDB ends a page. */
const MAX_PAGE_BYTES = 1024 * 1024;
const SWEEP_AT_MOST = 32;
/** DynamoDB's TTL leaves alone what expired longer ago, so that a wrong clock or unit does not empty the table. */
const SWEEP_BACK_SECONDS = 5 * 365 * 24 * 60 * 60;

type Entries = Database<Buffer, Buffer>;

/** A write, its bytes made before the transaction begins. */
interface PreparedWrite {
  database: Entries;
  phiKey: PhiKey;
  key: Buffer;
  condition: Condition | undefined;
  /** Absent: a condition only. */
  change?: { value: Buffer | undefined; entries: Buffer[] };
}

/** The tables in one LMDB file on this machine. Several processes may have it open. */
export class LmdbPhiTable extends PhiTable {
  readonly #environment: RootDatabase<Buffer, Buffer>;
  readonly #databases: Record<TableName, Entries>;
  readonly #commits: LmdbGroupCommit;
  readonly #nowSeconds: () => number;
  #sweptAtSeconds = 0;

  private constructor(options: LmdbPhiTableOptions) {
    super();
    this.#nowSeconds = options.nowSeconds ?? (() => Math.floor(Date.now() / 1000));
    this.#environment = openEnvironment(options);
    const binary = { encoding: 'binary', keyEncoding: 'binary' } as const;
    this.#databases = {
      records: this.#environment.openDB<Buffer, Buffer>({ name: 'records', ...binary }),
      audit: this.#environment.openDB<Buffer, Buffer>({ name: 'audit', ...binary }),
    };
    this.#commits = new LmdbGroupCommit(
      this.#environment,
      () => this.#removeExpired(),
      options.commitTimeoutMs ?? DEFAULT_COMMIT_TIMEOUT_MS,
    );
  }

  /** @throws TableUnavailable if the file can not be opened */
  static open(options: LmdbPhiTableOptions): LmdbPhiTable {
    try {
      return new LmdbPhiTable(options);
    } catch (cause) {
      throw new TableUnavailable('the data file can not be opened', { cause, notWritten: true });
    }
  }

  override async get(key: PhiKey): Promise<PhiItem | undefined> {
    checkKey(key);
    return this.#reading(() => this.#item(key));
  }

  override async batchGet(keys: readonly PhiKey[]): Promise<(PhiItem | undefined)[]> {
    checkBatchKeys(keys);
    return this.#reading(() => keys.map((key) => this.#item(key)));
  }

  override async query(input: QueryInput): Promise<QueryPage> {
    checkQuery(input);
    const range = queryRange(input, decodePosition(input));
    return range ? this.#reading(() => this.#page(input, range.lower, range.upper)) : { items: [] };
  }

  override async transactWrite(writes: readonly TableWrite[]): Promise<void> {
    checkWrites(writes);
    const prepared = writes.map((write) => this.#prepare(write));
    return this.#commits.submit(() => applyWrites(prepared));
  }

  override async ping(): Promise<void> {
    this.#commits.check();
    this.#reading(() => this.#databases.records.doesExist(Buffer.from([0])));
  }

  override async close(): Promise<void> {
    // After a stuck commit LMDB's own close would wait for it for ever.
    if (await this.#commits.close()) await this.#environment.close();
  }

  /** Reads see the last commit: LMDB's snapshot is renewed each turn of the event loop and after each commit. */
  #reading<Result>(read: () => Result): Result {
    try {
      return read();
    } catch (cause) {
      throw new TableUnavailable('the store did not answer', { cause });
    }
  }

  #item(key: PhiKey): PhiItem | undefined {
    // getBinary copies: LMDB's own memory is written anew by later transactions.
    const stored = this.#databases[key.table].getBinary(itemKey(key));
    return stored && decodeItem(key, stored);
  }

  #page(input: QueryInput, lower: Buffer, upper: Buffer): QueryPage {
    const items: PhiItem[] = [];
    let bytes = 0;
    for (const found of this.#range(input, lower, upper)) {
      if (items.length === input.limit || bytes >= MAX_PAGE_BYTES) {
        const last = items.at(-1)!;
        const indexSort = input.index && last.indexed?.[input.index]?.sort;
        return { items, next: encodePosition(input, { key: last, indexSort }) };
      }
      items.push(found.item);
      bytes += found.bytes;
    }
    return { items };
  }

  *#range(input: QueryInput, lower: Buffer, upper: Buffer): Generator<{ item: PhiItem; bytes: number }> {
    const { table } = input;
    const database = this.#databases[table];
    const bounds = input.descending
      ? { start: upper, exclusiveStart: true, end: lower, inclusiveEnd: true, reverse: true }
      : { start: lower, end: upper };
    for (const { key, value } of database.getRange(bounds)) {
      const primaryKey = input.index === undefined ? key : value;
      const stored = input.index === undefined ? value : database.getBinary(primaryKey);
      if (!stored) throw new Error('an index entry points at no item');
      const item = decodeItem({ table, ...parseItemKey(primaryKey) }, stored);
      yield { item, bytes: stored.byteLength };
    }
  }

  #prepare(write: TableWrite): PreparedWrite {
    const { table, partition, sort } = writtenKey(write);
    const phiKey = { table, partition, sort };
    const key = itemKey(phiKey);
    const prepared: PreparedWrite = {
      database: this.#databases[table],
      phiKey,
      key,
      condition: write.condition && { ...write.condition },
    };
    if (write.type === 'put') {
      prepared.change = { value: encodeItem(write.item), entries: entryKeys(write.item, key) };
    } else if (write.type === 'delete') prepared.change = { value: undefined, entries: [] };
    return prepared;
  }

  /** A few of the items that have expired, in each transaction, at most once a second: no timer, no long scan. */
  #removeExpired(): void {
    const now = this.#nowSeconds();
    if (now === this.#sweptAtSeconds) return;
    this.#sweptAtSeconds = now;
    const database = this.#databases.records;
    const { lower, upper } = expiryRange(now - SWEEP_BACK_SECONDS, now);
    const expired = [...database.getRange({ start: lower, end: upper, limit: SWEEP_AT_MOST })];
    for (const { value: key } of expired) {
      const change = { value: undefined, entries: [] };
      applyWrites([
        { database, phiKey: { table: 'records', ...parseItemKey(key) }, key, condition: undefined, change },
      ]);
    }
  }
}

function openEnvironment(options: LmdbPhiTableOptions): RootDatabase<Buffer, Buffer> {
  mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 });
  const settings = {
    encoding: 'binary',
    keyEncoding: 'binary',
    noSubdir: true,
    maxDbs: 4,
    mapSize: options.mapSizeBytes ?? DEFAULT_MAP_SIZE_BYTES,
    // Off: a commit is visible and acknowledged only after it was flushed. On is not faster here (README).
    overlappingSync: false,
    // Off: with it a failed commit rejects a promise that lmdb keeps to itself, which ends the process.
    eventTurnBatching: false,
    permissionsMode: 0o600,
  } as const;
  const environment = open<Buffer, Buffer>(options.path, settings);
  // A file that was there before, or copied here, may have been wider.
  for (const file of [options.path, `${options.path}-lock`]) chmodSync(file, 0o600);
  flushFolder(dirname(options.path));
  return environment;
}

/** Flushing a new file does not promise that its name is on disk too. */
function flushFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** What is stored under a key before the write, and the entries beside it. */
interface Stored {
  exists: boolean;
  entries: Buffer[];
}

/**
 * Evaluates all conditions, then writes, or writes nothing. Whatever can fail for this request alone, such as a
 * damaged item, fails before the first write, so that the rest of the group goes on.
 */
function applyWrites(writes: readonly PreparedWrite[]): ConditionFailed | TableUnavailable | undefined {
  const before: Stored[] = [];
  const failed: number[] = [];
  try {
    for (const [position, { database, key, phiKey, condition, change }] of writes.entries()) {
      const bytes = database.getBinary(key);
      const read = bytes && (() => decodeWithoutBinaries(phiKey, bytes));
      if (condition && !holds(condition, read)) failed.push(position);
      const entries = change && bytes && read && hasEntries(bytes) ? entryKeys(read(), key) : [];
      before.push({ exists: bytes !== undefined, entries });
    }
  } catch (cause) {
    return new TableUnavailable('a stored item can not be read', { cause, notWritten: true });
  }
  if (failed.length > 0) return new ConditionFailed(failed);
  for (const [position, write] of writes.entries()) applyChange(write, before[position]!);
  return undefined;
}

function applyChange({ database, key, change }: PreparedWrite, before: Stored): void {
  if (!change) return;
  const { value, entries } = change;
  for (const old of before.entries) if (!entries.some((entry) => entry.equals(old))) database.removeSync(old);
  if (value) database.putSync(key, value);
  else if (before.exists) database.removeSync(key);
  for (const entry of entries)
    if (!before.entries.some((old) => old.equals(entry))) database.putSync(entry, key);
}
