import { ConditionFailed, type PhiItem, type TableWrite } from '@app/phi-table';
import type { StoredAuditEvent } from './audit-event.js';
import { auditItem, auditKeys, auditRow, eventLeaf } from './audit-item.js';
import { ChainLease, LeaseLost, type Sealing } from './chain-lease.js';
import { emptyRange, type SignedCheckpoint } from './checkpoint.js';
import { ownEvent } from './own-events.js';
import { UnsealedEvents } from './unsealed-events.js';

/** Milliseconds since the epoch that the next event is to bear. */
export type Stamp = () => number;

/** A number whose commit failed; either may stand there all the same, if its answer was lost. */
interface LostNumber {
  eventId: string;
  filler?: StoredAuditEvent;
}

/**
 * One chain while it is written: numbers without gaps, whatever becomes of their commits, and what is still to be sealed. It is over
 * once its lease is lost; then another chain goes on.
 */
export class AuditChain {
  #nextSequence = 1;
  readonly #lost = new Map<number, LostNumber>();
  readonly #unsealed = new UnsealedEvents(0);

  private constructor(
    private readonly sealing: Sealing,
    private readonly stamp: Stamp,
    private readonly lease: ChainLease,
  ) {}

  /** @throws ConditionFailed if there is such a chain already */
  static async open(sealing: Sealing, stamp: Stamp, chain: string): Promise<AuditChain> {
    const lease = await ChainLease.open(sealing, chain, { kind: 'opened', ...emptyRange(0) });
    return new AuditChain(sealing, stamp, lease);
  }

  get name(): string {
    return this.lease.chain;
  }

  get unsealed(): UnsealedEvents {
    return this.#unsealed;
  }

  /** Call it before each `write`. @throws LeaseLost @throws TableUnavailable */
  async prepare(): Promise<void> {
    // A suspended process: nobody may have noticed that it was gone.
    if (this.lease.leftMilliseconds <= 0) await this.lease.renew();
    await this.#fillLost();
  }

  /** Renews the lease when a third of its time is over. @throws LeaseLost @throws TableUnavailable */
  async renew(): Promise<void> {
    if (this.lease.leftMilliseconds < (this.sealing.leaseSeconds * 1000 * 2) / 3) await this.lease.renew();
  }

  /**
   * Writes and their events, all or nothing.
   * @throws ConditionFailed positions are those of `writes`
   * @throws LeaseLost another instance ended the chain: nothing was written
   * @throws TableUnavailable
   */
  async write(writes: readonly TableWrite[], events: readonly StoredAuditEvent[]): Promise<void> {
    const first = this.#nextSequence;
    this.#nextSequence += events.length;
    const items = events.map((event, index) => auditItem(this.name, first + index, event));
    try {
      await this.sealing.table.transactWrite([...writes, ...items.map(putIfAbsent)]);
    } catch (error) {
      for (const [index, { id }] of events.entries()) this.#lost.set(first + index, { eventId: id });
      // A number of ours was taken: another instance has put the end of the chain there.
      const isFenced =
        error instanceof ConditionFailed && error.failed.some((position) => position >= writes.length);
      throw isFenced ? new LeaseLost() : error;
    }
    for (const [index, item] of items.entries()) this.#add(item, events[index]!.recordedAt);
  }

  #add({ sort, attributes }: PhiItem, recordedAt: string): void {
    const sequence = Number(sort);
    const leaf = eventLeaf(this.name, sequence, String(attributes['event']));
    this.#unsealed.add({ sequence, leaf, recordedAt }, this.sealing.monotonic());
  }

  /** Fills numbers whose commit failed. If the failed commit went through after all, its event stands and stays. */
  async #fillLost(): Promise<void> {
    if (this.#lost.size === 0) return;
    for (const [sequence, lost] of [...this.#lost]) {
      if (!this.#lost.delete(sequence)) continue;
      try {
        const item = await this.#fill(sequence, lost);
        this.#add(item, auditRow(item).event.recordedAt);
      } catch (error) {
        this.#lost.set(sequence, lost);
        throw error;
      }
    }
  }

  async #fill(sequence: number, lost: LostNumber): Promise<PhiItem> {
    const { table } = this.sealing;
    const filler = (lost.filler ??= ownEvent('void', this.stamp()));
    const item = auditItem(this.name, sequence, filler);
    try {
      await table.transactWrite([putIfAbsent(item)]);
      return item;
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
    }
    const standing = await table.get(auditKeys.event(this.name, sequence));
    const id = standing && eventIdOf(standing);
    if (standing === undefined || (id !== lost.eventId && id !== filler.id)) throw new LeaseLost();
    return standing;
  }

  /**
   * Seals what is on disk. Call it once at a time.
   * @returns the newest checkpoint, or `undefined` if there was nothing to seal
   * @throws LeaseLost
   * @throws Error when the store or the signer is out of reach: try again
   */
  async seal(): Promise<SignedCheckpoint | undefined> {
    await this.#fillLost();
    // What comes while it seals waits for the next time, or a busy chain would be sealed in ever smaller ranges.
    const through = this.#unsealed.last;
    let newest: SignedCheckpoint | undefined;
    while (this.lease.sealedThrough < through) {
      newest = await this.lease.seal('sealed', this.#unsealed.next()!);
      this.#unsealed.sealed();
    }
    return newest;
  }

  /** Seals the rest, and says that nothing follows. Call it when nothing is being written. @throws as `seal` */
  async close(): Promise<SignedCheckpoint> {
    await this.#fillLost();
    while (!this.#unsealed.isLastRange) {
      await this.lease.seal('sealed', this.#unsealed.next()!);
      this.#unsealed.sealed();
    }
    const last = this.#unsealed.next() ?? emptyRange(this.lease.sealedThrough);
    const closed = await this.lease.seal('closed', last);
    this.#unsealed.sealed();
    return closed;
  }
}

const putIfAbsent = (item: PhiItem): TableWrite => ({ type: 'put', item, condition: { type: 'absent' } });

/** A row that somebody damaged is none of ours. */
function eventIdOf(item: PhiItem): string | undefined {
  try {
    return auditRow(item).event.id;
  } catch {
    return undefined;
  }
}
