import { hash } from 'node:crypto';
import type { PhiKey, PhiTable, TableWrite } from '@app/phi-table';

/** A token that is to open nothing any more, before it expires. */
export interface Revocation {
  issuer: string;
  /** The `jti` claim: unique within its issuer. */
  tokenId: string;
}

/**
 * Tokens taken back before their time, by id. A row's name is a hash: ids of tokens that are in use stand nowhere.
 * It goes when the token itself has expired.
 */
export class RevokedTokens {
  constructor(private readonly table: PhiTable) {}

  /** @throws Problem `storage-unavailable` */
  async has(token: Revocation): Promise<boolean> {
    return (await this.table.get(keyOf(token))) !== undefined;
  }

  /**
   * In force on every instance a minute after it was written, at most: so long they remember a token that was good.
   * @param until when the token expires by itself or later, seconds since the epoch
   * @returns the write, for a transaction with its audit event
   */
  revocation(token: Revocation, until: number): TableWrite {
    const attributes = { revokedAt: new Date().toISOString() };
    return { type: 'put', item: { ...keyOf(token), expiresAt: until, attributes } };
  }
}

function keyOf({ issuer, tokenId }: Revocation): PhiKey {
  const name = hash('sha256', JSON.stringify([issuer, tokenId]), 'base64url');
  return { table: 'records', partition: `REVOKED#${name}`, sort: '-' };
}
