import { Problem, problemTypes } from '@app/problem-details';

/**
 * The two tables of the service. One transaction may span both: on DynamoDB they are two tables,
 * on LMDB two databases of one file.
 */
export type TableName = 'records' | 'audit';

/** What an item may hold besides its keys. Absent values are left out, never `null`. */
export type Attribute = string | number | boolean | Uint8Array | string[];

/**
 * Secondary indexes. `recordedAt` and `typeRecordedAt` are local (same partition as the item);
 * `patient`, `agent` and `day` are global (a partition of their own) and eventually consistent on DynamoDB.
 */
export const indexes = {
  records: { recordedAt: 'local', typeRecordedAt: 'local' },
  audit: { patient: 'global', agent: 'global', day: 'global' },
} as const;
export type IndexName = 'recordedAt' | 'typeRecordedAt' | 'patient' | 'agent' | 'day';

export interface PhiKey {
  table: TableName;
  /** 1 to 512 bytes of UTF-8 without U+0000; opaque ids only, it shows up in CloudTrail. */
  partition: string;
  /** 1 to 512 bytes of UTF-8 without U+0000, ordered by these bytes (not by UTF-16 code units as `<` does). */
  sort: string;
}

export interface PhiItem extends PhiKey {
  /**
   * Where the item stands in the secondary indexes. A local index takes the item's own partition, so `partition`
   * stays away; a global one needs it. Partition at most 512 bytes, sort at most 256.
   */
  indexed?: Partial<Record<IndexName, { partition?: string; sort: string }>>;
  /** Whole seconds since the epoch. After it the item may be gone; until it is gone it is still returned. */
  expiresAt?: number;
  /** Names of 1 to 255 bytes, not `__proto__`; numbers finite and no larger than `Number.MAX_SAFE_INTEGER`. */
  attributes: Record<string, Attribute>;
}

/** What must hold of the stored item, else the whole transaction is refused. */
export type Condition =
  | { type: 'absent' }
  | { type: 'present' }
  /** Absent, or `expiresAt` is before `nowSeconds`: removal of expired items lags. */
  | { type: 'absent-or-expired'; nowSeconds: number }
  /** Present, and the attribute has just this value. */
  | { type: 'equals'; attribute: string; value: string | number | boolean };

export type TableWrite =
  | { type: 'put'; item: PhiItem; condition?: Condition }
  | { type: 'delete'; key: PhiKey; condition?: Condition }
  | { type: 'check'; key: PhiKey; condition: Condition };

export interface QueryInput {
  table: TableName;
  partition: string;
  /** Query a secondary index instead of the sort key; `prefix` and `from` then apply to the index's sort value. */
  index?: IndexName;
  /** Only items whose sort value begins with it. */
  prefix?: string;
  /** Only items whose sort value is at or after it (ascending) or at or before it (descending). */
  from?: string;
  descending?: boolean;
  /** 1 to 1000. At most this many items; a page may be shorter although more follow (1 MB ends it too). */
  limit: number;
  /** `next` of the page before, which only this query accepts (`limit` may differ). */
  after?: string;
}

export interface QueryPage {
  items: PhiItem[];
  /**
   * Opaque position after the last item; absent when nothing follows (what follows may turn out to be nothing where
   * 1 MB ended the page). Holds keys: encrypt it before it leaves.
   */
  next?: string;
}

/** The writes were refused because conditions did not hold. Nothing was written. */
export class ConditionFailed extends Error {
  override readonly name = 'ConditionFailed';
  /** @param failed positions in `writes` whose condition did not hold, ascending */
  constructor(readonly failed: readonly number[]) {
    super('a condition of the transaction did not hold');
  }
}

/** The store did not answer, or not in time. Whether the writes happened is not known unless `notWritten`. */
export class TableUnavailable extends Problem {
  override readonly name = 'TableUnavailable';
  readonly notWritten: boolean;

  /** @param message fixed text for the log; nothing of an item */
  constructor(message: string, options: { cause?: unknown; notWritten?: boolean } = {}) {
    super(problemTypes.storageUnavailable, { cause: options.cause });
    this.message = message;
    this.notWritten = options.notWritten ?? false;
  }
}

/**
 * Where items live. Reads by key and queries by sort key and local index are strongly consistent;
 * a resolved `transactWrite` is on disk.
 */
export abstract class PhiTable {
  /**
   * @throws TableUnavailable
   * @throws RangeError if the key is not one that can be stored
   */
  abstract get(key: PhiKey): Promise<PhiItem | undefined>;

  /**
   * @param keys at most 100, no key twice
   * @returns one entry a key, in the order of `keys`, `undefined` where there is no item
   * @throws TableUnavailable
   * @throws RangeError if a limit is exceeded
   */
  abstract batchGet(keys: readonly PhiKey[]): Promise<(PhiItem | undefined)[]>;

  /**
   * @throws TableUnavailable
   * @throws RangeError if a limit is exceeded, or `after` does not come from this query
   */
  abstract query(input: QueryInput): Promise<QueryPage>;

  /**
   * All or nothing, and on disk when it resolves.
   * @param writes 1 to 100, no key twice, 4 MB together, an item at most 400 KB with its local index
   *   entries (limits of DynamoDB, kept by every adapter)
   * The input is read before this returns: it may be changed while the promise is pending.
   * @throws ConditionFailed if a condition does not hold
   * @throws TableUnavailable
   * @throws RangeError if a limit is exceeded
   */
  abstract transactWrite(writes: readonly TableWrite[]): Promise<void>;

  /** Resolves when the store answers. @throws TableUnavailable */
  abstract ping(): Promise<void>;

  /** Waits for what is under way, then releases files and sockets. */
  abstract close(): Promise<void>;
}
