import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** Who a verified access token speaks for. Names are those of RFC 9068 and SMART App Launch. */
export interface Principal {
  issuer: string;
  subject: string;
  clientId: string;
  /** The `scope` claim, split. */
  scopes: readonly string[];
  /** SMART launch context: the one patient that `patient/` scopes reach. */
  patient?: string;
  /** HL7 v3 PurposeOfUse codes that the token was given for (IHE IUA); absent where it names none. */
  purposesOfUse?: readonly string[];
  tokenId: string;
  /** Seconds since the epoch. */
  expiresAt: number;
}

/** The same few thousand callers come again and again. */
const known = new LRUCache<string, string>({ max: 10_000 });

/** @returns a fixed-length name of a person or client: subjects are unique within their issuer only */
export function subjectToken({ issuer, subject }: { issuer: string; subject: string }): string {
  const name = JSON.stringify([issuer, subject]);
  const token = known.get(name) ?? createHash('sha256').update(name).digest('base64url');
  known.set(name, token);
  return token;
}
