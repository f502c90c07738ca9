import { randomUUID } from 'node:crypto';
import { ConditionFailed, TableUnavailable } from '@app/phi-table';
import { Problem, problemTypes } from '@app/problem-details';
import { AuditChain } from './audit-chain.js';
import { auditKeys } from './audit-item.js';
import type { Sealing } from './chain-lease.js';
import { CorruptCheckpoint } from './checkpoint-log.js';
import type { EventClock } from './event-clock.js';

/** Chains of one name after the other that may be there already, before a request gives up. */
const namesAtMost = 5;

/** @returns the problem of a request whose events cannot be recorded */
export const auditUnavailable = (cause: unknown): Problem =>
  new Problem(problemTypes.auditUnavailable, { cause });

/** The chain that an instance writes: opened with the first event, and followed by another one when it was lost. */
export class CurrentChain {
  #name: string;
  #opening: Promise<AuditChain> | undefined;
  #chain: AuditChain | undefined;

  constructor(
    private readonly sealing: Sealing,
    private readonly clock: EventClock,
    private readonly instance: string,
    boot: string,
  ) {
    this.#name = auditKeys.chain(instance, boot);
  }

  /** Of the chain that is written, or that will be with the next event. */
  get name(): string {
    return this.#name;
  }

  /** `undefined` as long as there is none. */
  get chain(): AuditChain | undefined {
    return this.#chain;
  }

  /** @returns the chain that is written; a new one if there is none @throws TableUnavailable @throws Problem `audit-unavailable` */
  open(): Promise<AuditChain> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #open(): Promise<AuditChain> {
    const stamp = () => this.clock.stamp();
    for (let names = 1; names <= namesAtMost; names++) {
      try {
        this.clock.compareWith(await this.#newestTime());
        this.#chain = await AuditChain.open(this.sealing, stamp, this.#name);
        return this.#chain;
      } catch (error) {
        // A chain of this name is there already: of an instance with the same id, or of an attempt whose answer was lost.
        if (error instanceof ConditionFailed) this.#rename();
        else throw error instanceof TableUnavailable ? error : auditUnavailable(error);
      }
    }
    throw new TableUnavailable('no chain could be opened', { notWritten: true });
  }

  /** @returns when the newest checkpoint was made, milliseconds since the epoch */
  async #newestTime(): Promise<number> {
    const { checkpoints } = this.sealing;
    const head = await checkpoints.head();
    if (head === undefined) return 0;
    try {
      const newest = await checkpoints.get(head.number);
      return newest === undefined ? 0 : Date.parse(newest.checkpoint.at);
    } catch (error) {
      // The trail goes on; verification names the row.
      if (error instanceof CorruptCheckpoint) return 0;
      throw error;
    }
  }

  #rename(): void {
    this.#name = auditKeys.chain(this.instance, randomUUID());
  }

  /** Another instance ended the chain: the next event opens a new one. */
  giveUp(chain: AuditChain): void {
    if (this.#chain !== chain) return;
    this.end();
    this.#rename();
  }

  /** Nothing is written any more. */
  end(): void {
    this.#chain = undefined;
    this.#opening = undefined;
  }
}
