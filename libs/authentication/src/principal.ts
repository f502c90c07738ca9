import { createHash } from 'node:crypto';

/** Who a verified access token speaks for. Names are those of RFC 9068 and SMART App Launch. */
export interface Principal {
  issuer: string;
  subject: string;
  clientId: string;
  /** The `scope` claim, split. */
  scopes: readonly string[];
  /** SMART launch context: the one patient that `patient/` scopes reach. */
  patient?: string;
  tokenId: string;
  /** Seconds since the epoch. */
  expiresAt: number;
}

/** @returns a fixed-length name of a person or client: subjects are unique within their issuer only */
export function subjectToken({ issuer, subject }: { issuer: string; subject: string }): string {
  return createHash('sha256')
    .update(JSON.stringify([issuer, subject]))
    .digest('base64url');
}
