import { ConditionFailed, type PhiItem, type PhiTable, type TableWrite } from '@app/phi-table';
import { auditKeys } from './audit-item.js';
import type { CheckpointLog } from './checkpoint-log.js';
import type { CheckpointKind, EventRange, SignedCheckpoint } from './checkpoint.js';

/** What those who seal chains share. */
export interface Sealing {
  table: PhiTable;
  checkpoints: CheckpointLog;
  /** Names this process among those that may hold a lease. */
  holder: string;
  leaseSeconds: number;
  /** Milliseconds since the epoch: what other instances are told. */
  clock: () => number;
  /** Milliseconds of a clock that is never set: what this one relies on. */
  monotonic: () => number;
}

/** A chain that is not closed, and who may append to it. */
export interface LeaseRow {
  chain: string;
  holder: string;
  /** Milliseconds since the epoch. */
  leaseUntil: number;
  sealedThrough: number;
  /** When another instance ended the chain, milliseconds since the epoch. */
  endedAt?: number;
}

/** Another process took the chain over: nothing more may be appended to it, or sealed of it, by this one. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
  constructor() {
    super('another instance took the chain over');
  }
}

/**
 * The right to append to a chain and to seal what it holds. It is given in the register's own transactions, so that what was
 * sealed and who may go on cannot contradict each other.
 */
export class ChainLease {
  #sealedThrough: number;
  #heldUntil: number;

  private constructor(
    private readonly sealing: Sealing,
    readonly chain: string,
    sealedThrough: number,
    heldUntil: number,
  ) {
    this.#sealedThrough = sealedThrough;
    this.#heldUntil = heldUntil;
  }

  /**
   * Begins a chain: its first checkpoint, and the lease on it.
   * @throws ConditionFailed if there is such a chain already
   */
  static async open(
    sealing: Sealing,
    chain: string,
    opened: CheckpointDraftOf<'opened'>,
  ): Promise<ChainLease> {
    const heldUntil = sealing.monotonic() + sealing.leaseSeconds * 1000;
    await sealing.checkpoints.append({ ...opened, chain }, [
      { type: 'put', item: leaseItem(freshRow(sealing, chain, 0)), condition: { type: 'absent' } },
      // Its lease is gone once a chain was closed: its first event stays.
      { type: 'check', key: auditKeys.event(chain, 1), condition: { type: 'absent' } },
    ]);
    return new ChainLease(sealing, chain, 0, heldUntil);
  }

  /** @returns the lease on a chain that was left, or `undefined` if its row has changed meanwhile: it was not left */
  static async take(sealing: Sealing, row: LeaseRow): Promise<ChainLease | undefined> {
    const heldUntil = sealing.monotonic() + sealing.leaseSeconds * 1000;
    const fresh = freshRow(sealing, row.chain, row.sealedThrough);
    const kept = row.endedAt === undefined ? fresh : { ...fresh, endedAt: row.endedAt };
    const write: TableWrite = {
      type: 'put',
      item: leaseItem(kept),
      condition: { type: 'equals', attribute: 'leaseUntil', value: row.leaseUntil },
    };
    try {
      await sealing.table.transactWrite([write]);
    } catch (error) {
      if (error instanceof ConditionFailed) return undefined;
      throw error;
    }
    return new ChainLease(sealing, row.chain, row.sealedThrough, heldUntil);
  }

  get sealedThrough(): number {
    return this.#sealedThrough;
  }

  /** Milliseconds for which it is still good; below zero once it is over. */
  get leftMilliseconds(): number {
    return this.#heldUntil - this.sealing.monotonic();
  }

  /** @throws LeaseLost */
  async renew(): Promise<void> {
    const { table, monotonic, leaseSeconds } = this.sealing;
    const heldUntil = monotonic() + leaseSeconds * 1000;
    try {
      await table.transactWrite([this.#renewal(this.#sealedThrough)]);
    } catch (error) {
      if (error instanceof ConditionFailed) throw new LeaseLost();
      throw error;
    }
    this.#heldUntil = heldUntil;
  }

  /**
   * Appends a checkpoint of the chain, and in the same transaction renews the lease, or ends it with the chain.
   * @returns the checkpoint; the one that sealed the range already if an earlier attempt went through unnoticed
   * @throws LeaseLost
   * @throws TableUnavailable, and whatever the signer throws: try again
   */
  async seal(
    kind: Exclude<CheckpointKind, 'opened' | 'expired'>,
    range: EventRange,
  ): Promise<SignedCheckpoint> {
    const { checkpoints, monotonic, leaseSeconds } = this.sealing;
    const heldUntil = monotonic() + leaseSeconds * 1000;
    let signed: SignedCheckpoint;
    try {
      signed = await checkpoints.append({ ...range, kind, chain: this.chain }, [
        this.#after(kind, range.last),
      ]);
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
      signed = await this.#sealedBefore(range);
    }
    this.#sealedThrough = range.last;
    this.#heldUntil = heldUntil;
    return signed;
  }

  async #sealedBefore({ first, last }: EventRange): Promise<SignedCheckpoint> {
    const row = await readLease(this.sealing.table, this.chain);
    const isMine = row?.holder === this.sealing.holder && row.sealedThrough >= last && last >= first;
    const sealed = isMine ? await this.sealing.checkpoints.covering(this.chain, last) : undefined;
    if (sealed === undefined) throw new LeaseLost();
    return sealed;
  }

  #after(kind: CheckpointKind, sealedThrough: number): TableWrite {
    if (kind === 'closed') {
      return { type: 'delete', key: auditKeys.lease(this.chain), condition: this.#isMine };
    }
    return this.#renewal(sealedThrough, kind === 'abandoned');
  }

  #renewal(sealedThrough: number, ended = false): TableWrite {
    const row = freshRow(this.sealing, this.chain, sealedThrough);
    const item = leaseItem(ended ? { ...row, endedAt: this.sealing.clock() } : row);
    return { type: 'put', item, condition: this.#isMine };
  }

  get #isMine() {
    return { type: 'equals', attribute: 'holder', value: this.sealing.holder } as const;
  }
}

type CheckpointDraftOf<Kind extends CheckpointKind> = EventRange & { kind: Kind };

const freshRow = (
  { holder, clock, leaseSeconds }: Sealing,
  chain: string,
  sealedThrough: number,
): LeaseRow => ({
  chain,
  holder,
  leaseUntil: Math.round(clock() + leaseSeconds * 1000),
  sealedThrough,
});

function leaseItem({ chain, ...attributes }: LeaseRow): PhiItem {
  return { ...auditKeys.lease(chain), attributes: { ...attributes } };
}

/** @throws TypeError if the item is no lease */
export function leaseRow({ sort: chain, attributes }: PhiItem): LeaseRow {
  const { holder, leaseUntil, sealedThrough, endedAt } = attributes;
  if (typeof holder !== 'string' || typeof leaseUntil !== 'number' || typeof sealedThrough !== 'number') {
    throw new TypeError('the row holds no lease');
  }
  return { chain, holder, leaseUntil, sealedThrough, ...(typeof endedAt === 'number' ? { endedAt } : {}) };
}

async function readLease(table: PhiTable, chain: string): Promise<LeaseRow | undefined> {
  const item = await table.get(auditKeys.lease(chain));
  return item && leaseRow(item);
}

/** Every chain that is not closed, and those that were ended not long ago: what `leaseRow` reads. */
export async function* leaseItems(table: PhiTable): AsyncGenerator<PhiItem> {
  let after: string | undefined;
  do {
    const query = { table: 'records', partition: auditKeys.leases, limit: 100 } as const;
    const page = await table.query(after === undefined ? query : { ...query, after });
    yield* page.items;
    after = page.next;
  } while (after !== undefined);
}
