import { type PhiTable, type TableWrite } from '@app/phi-table';
import { Problem, problemTypes } from '@app/problem-details';
import type { Idempotency, Replay } from './caller.js';
import { keys } from './keys.js';

/** A request may be repeated for a day. */
const keepSeconds = 24 * 60 * 60;

/** Remembers which requests ran, so that a repeated one does nothing twice. Only keyed hashes are stored. */
export class IdempotentRequests {
  constructor(private readonly table: PhiTable) {}

  /**
   * @returns what the request made when it first ran
   * @throws Problem `idempotency-key-reused` if the key came with another body
   */
  async find({ token, bodyHash }: Idempotency): Promise<Replay | undefined> {
    const row = await this.table.get(keys.idempotency(token));
    if (row === undefined || (row.expiresAt ?? 0) <= nowSeconds()) return undefined;
    if (row.attributes['bodyHash'] !== bodyHash) throw new Problem(problemTypes.idempotencyKeyReused);
    return { patientId: row.attributes['patientId'] as string, ids: row.attributes['ids'] as string[] };
  }

  /** @returns the write that remembers; put it last in its transaction */
  remember({ token, bodyHash }: Idempotency, patientId: string, ids: string[]): TableWrite {
    const now = nowSeconds();
    const item = {
      ...keys.idempotency(token),
      expiresAt: now + keepSeconds,
      attributes: { patientId, ids, bodyHash },
    };
    return { type: 'put', item, condition: { type: 'absent-or-expired', nowSeconds: now } };
  }
}

const nowSeconds = () => Math.floor(Date.now() / 1000);
