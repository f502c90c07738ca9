import { setImmediate } from 'node:timers';
import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { ACTIVE_ROW, type KeyStoreItem } from './branch-key-row.js';

/**
 * Active rows that this process has just written: a new patient's first record is encrypted in the microtasks after his
 * key was acknowledged, and reading it back would say the same.
 *
 * It is all forgotten when the event loop turns. Within a turn nothing that this process writes can be acknowledged, no
 * rotation and no destruction, so whoever is given a row here is told what a read at its writing had told; and a process
 * that comes later reads, and finds that there is none.
 */
export class JustWrittenRows {
  readonly #rows = new Map<string, KeyStoreItem>();

  /** @param writes a transaction that was acknowledged just now */
  keep(writes: readonly TransactWriteItem[]): void {
    for (const { Put: put } of writes) {
      const patientId = put?.Item?.['branch-key-id']?.S;
      if (put?.Item === undefined || patientId === undefined || put.Item['type']?.S !== ACTIVE_ROW) continue;
      if (this.#rows.size === 0) setImmediate(() => this.#rows.clear());
      this.#rows.set(patientId, put.Item);
    }
  }

  /** @returns the patient's active row, the first time that it is asked for */
  takeActive(patientId: string): KeyStoreItem | undefined {
    const row = this.#rows.get(patientId);
    this.#rows.delete(patientId);
    return row;
  }
}
