import { randomUUID } from 'node:crypto';
import { subjectToken } from '@app/authentication';
import { type PhiItem, PhiTable, TableUnavailable, type TableWrite } from '@app/phi-table';
import { Problem, problemTypes } from '@app/problem-details';
import type { AuditEvent, StoredAuditEvent } from './audit-event.js';

/** Events that may ride in one transaction: a page of 50 disclosures fits with room to spare. */
const writesAtMost = 100;

/**
 * The only way into the store: whatever is written goes with its events in one transaction, and whatever is read
 * is recorded before it is shown (45 CFR 164.312(b), audit controls). One chain per boot of an instance,
 * numbered without gaps: a number whose commit failed is filled by a void event, so that a gap always means tampering.
 */
export class AuditTrail {
  readonly chain: string;
  #nextSequence = 1;
  /** Numbers whose commit failed; the next append fills them. */
  readonly #lost = new Set<number>();
  /** Events on disk since this start, voids left out. */
  #recorded = 0;

  /** @param instance opaque id of this instance */
  constructor(
    private readonly table: PhiTable,
    instance: string,
  ) {
    this.chain = `CHAIN#${instance}#${randomUUID()}`;
  }

  get recorded(): number {
    return this.#recorded;
  }

  /**
   * Makes the events durable. Call it before plaintext leaves.
   * @throws Problem `audit-unavailable`: then nothing may leave
   */
  async append(events: readonly AuditEvent[]): Promise<void> {
    try {
      for (let start = 0; start < events.length; start += writesAtMost) {
        await this.#transact([], events.slice(start, start + writesAtMost));
      }
    } catch (error) {
      throw new Problem(problemTypes.auditUnavailable, { cause: error, headers: { 'retry-after': '5' } });
    }
  }

  /**
   * Writes and their events, all or nothing.
   * @throws ConditionFailed positions are those of `writes`
   * @throws TableUnavailable
   */
  async transactWrite(writes: readonly TableWrite[], events: readonly AuditEvent[]): Promise<void> {
    if (events.length === 0) throw new RangeError('a write needs an audit event');
    await this.#transact(writes, events);
  }

  async #transact(writes: readonly TableWrite[], events: readonly AuditEvent[]): Promise<void> {
    await this.#fillLost();
    const first = this.#nextSequence;
    this.#nextSequence += events.length;
    const recordedAt = new Date().toISOString();
    const puts = events.map((event, index) =>
      this.#put(first + index, { ...event, id: randomUUID(), recordedAt }),
    );
    try {
      await this.table.transactWrite([...writes, ...puts]);
      this.#recorded += events.length;
    } catch (error) {
      for (let index = 0; index < events.length; index++) this.#lost.add(first + index);
      throw error;
    }
  }

  /** Fills numbers whose commit failed. If the failed commit went through after all, its event stands and stays. */
  async #fillLost(): Promise<void> {
    if (this.#lost.size === 0) return;
    for (const sequence of [...this.#lost]) {
      if (!this.#lost.delete(sequence)) continue;
      const event: StoredAuditEvent = {
        type: 'void',
        outcome: '4',
        origin: { networkAddress: '', requestId: '' },
        id: randomUUID(),
        recordedAt: new Date().toISOString(),
      };
      try {
        await this.table.transactWrite([this.#put(sequence, event)]);
      } catch (error) {
        if (!isConditionFailed(error)) {
          this.#lost.add(sequence);
          throw error;
        }
      }
    }
  }

  #put(sequence: number, event: StoredAuditEvent): TableWrite {
    return { type: 'put', item: auditItem(this.chain, sequence, event), condition: { type: 'absent' } };
  }

  /** Fills what is still open; call it before the table closes. */
  async close(): Promise<void> {
    await this.#fillLost().catch((error: unknown) => {
      // The next start of the trail's verification reports the gap; there is nobody left to answer to.
      if (!(error instanceof TableUnavailable)) throw error;
    });
  }
}

function isConditionFailed(error: unknown): boolean {
  return error instanceof Error && error.name === 'ConditionFailed';
}

/** Twelve digits keep the order of numbers in the order of text. */
function auditItem(chain: string, sequence: number, event: StoredAuditEvent): PhiItem {
  const place = `${event.recordedAt}#${event.id}`;
  return {
    table: 'audit',
    partition: chain,
    sort: String(sequence).padStart(12, '0'),
    indexed: {
      day: { partition: `DAY#${event.recordedAt.slice(0, 10)}#${shardOf(event.id)}`, sort: place },
      ...(event.patientId === undefined
        ? {}
        : { patient: { partition: `PATIENT#${event.patientId}`, sort: place } }),
      ...(event.origin.agent === undefined
        ? {}
        : { agent: { partition: `AGENT#${subjectToken(event.origin.agent)}`, sort: place } }),
    },
    attributes: { event: JSON.stringify(event) },
  };
}

/** A day's events are spread over this many partitions, so that a busy day heats none. */
const dayShards = 8;
const shardOf = (id: string) => Number.parseInt(id.slice(0, 2), 16) % dayShards;

/** @returns the event that an item of the audit table holds */
export function eventOf(item: PhiItem): StoredAuditEvent {
  return JSON.parse(item.attributes['event'] as string) as StoredAuditEvent;
}
