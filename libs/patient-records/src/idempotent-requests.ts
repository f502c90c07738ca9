import { type PhiTable, type TableWrite } from '@app/phi-table';
import { Problem, problemTypes } from '@app/problem-details';
import type { Idempotency, Replay } from './caller.js';
import { keys } from './keys.js';

/** A request may be repeated for a day. */
export const keepSeconds = 24 * 60 * 60;

/** Remembers which requests ran, so that a repeated one does nothing twice. Only keyed hashes are stored. */
export class IdempotentRequests {
  constructor(private readonly table: PhiTable) {}

  /**
   * @returns what the request made when it first ran
   * @throws Problem `idempotency-key-reused` if the key came with another body
   */
  async find({ tokens, bodyHashes }: Idempotency): Promise<Replay | undefined> {
    const rows = await this.table.batchGet(tokens.map((token) => keys.idempotency(token)));
    const row = rows.find((found) => found !== undefined && (found.expiresAt ?? 0) > nowSeconds());
    if (row === undefined) return undefined;
    if (!bodyHashes.includes(row.attributes['bodyHash'] as string)) {
      throw new Problem(problemTypes.idempotencyKeyReused);
    }
    return { patientId: row.attributes['patientId'] as string, ids: row.attributes['ids'] as string[] };
  }

  /** @returns the writes that remember, one a token; put them last in their transaction */
  remember({ tokens, bodyHashes }: Idempotency, patientId: string, ids: string[]): TableWrite[] {
    const now = nowSeconds();
    const attributes = { patientId, ids, bodyHash: bodyHashes[0] as string };
    return tokens.map((token) => ({
      type: 'put',
      item: { ...keys.idempotency(token), expiresAt: now + keepSeconds, attributes },
      condition: { type: 'absent-or-expired', nowSeconds: now },
    }));
  }
}

const nowSeconds = () => Math.floor(Date.now() / 1000);
