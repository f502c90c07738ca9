import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import { emptyRoot } from './merkle-tree.js';

/**
 * What a checkpoint says of its chain:
 * - `opened`: an instance began it; nothing is sealed yet
 * - `sealed`: events were added
 * - `closed`: the last of a chain whose instance stopped in good order
 * - `abandoned`: the last of a chain whose instance was killed; what it left was sealed by another one
 * - `expired`: events `first` to `last`, sealed before, were removed because their retention is over
 */
export type CheckpointKind = 'opened' | 'sealed' | 'closed' | 'abandoned' | 'expired';

/**
 * One entry of the register of the whole trail, over all instances: checkpoints are numbered without gaps, and each holds the digest of
 * the one before, so that the newest one answers for all of them.
 */
export interface Checkpoint {
  format: 'phi-audit-checkpoint/1';
  /** From 1. */
  number: number;
  /** Digest of the checkpoint before; empty in the first. */
  previous: string;
  /** ISO 8601, UTC. */
  at: string;
  kind: CheckpointKind;
  chain: string;
  /** Numbers of the events that it seals, contiguous with those sealed before; `last = first - 1` when it seals none. */
  first: number;
  last: number;
  /** Base64 RFC 6962 tree hash over the events `first` to `last`, in this order. */
  root: string;
  /** `recordedAt` of the earliest and the latest of them; absent when there is none. */
  earliest?: string;
  latest?: string;
  /** Which key signed it. */
  keyId: string;
}

/** Most events that one checkpoint seals: an inclusion proof reads no more rows than that. */
export const eventsAtMost = 4096;

/** The events that a checkpoint speaks of. */
export type EventRange = Pick<Checkpoint, 'first' | 'last' | 'root' | 'earliest' | 'latest'> & {
  /**
   * Their leaf hashes, 32 bytes each, kept beside the checkpoint: the root, which is signed, vouches for them, and they name the one
   * event of a batch that was altered.
   */
  leaves?: Uint8Array;
};
/** What the author of a checkpoint says; the register adds the rest. */
export type CheckpointDraft = EventRange & Pick<Checkpoint, 'kind' | 'chain'>;

/** @returns the range of a checkpoint that seals nothing, after the events sealed so far */
export const emptyRange = (sealedThrough: number): EventRange => ({
  first: sealedThrough + 1,
  last: sealedThrough,
  root: emptyRoot.toString('base64'),
});

export interface SignedCheckpoint {
  checkpoint: Checkpoint;
  /** The checkpoint as it is stored and signed: JSON text. */
  text: string;
  /** Base64, ECDSA P-256 with SHA-256 over the text's UTF-8, DER. */
  signature: string;
  /**
   * As it lies beside the checkpoint: the 32-byte leaf hashes of its events, one after the other. Nobody signed it, but its tree has the
   * signed root, or it was altered. Absent where nothing is sealed, and outside the store.
   */
  leaves?: Uint8Array;
}

/** @returns base64 SHA-256 of the text: what the next checkpoint holds of this one */
export const checkpointDigest = (text: string): string => hash('sha256', text, 'base64');

/**
 * Signs checkpoints: a key of this machine, or an asymmetric key in KMS (ECC_NIST_P256, ECDSA_SHA_256).
 */
export abstract class CheckpointSigner {
  /** Names the key: hex SHA-256 of its public key as SPKI DER, the first 32 digits. */
  abstract readonly keyId: string;
  /** SPKI, PEM. */
  abstract readonly publicKey: string;
  /**
   * @returns ECDSA P-256 with SHA-256, DER
   * @throws Error when the key is out of reach; nothing of the text
   */
  abstract sign(text: string): Promise<Uint8Array>;
}

/** @returns the name of a public key: hex SHA-256 of its SPKI DER, the first 32 digits */
export function keyIdOf(publicKeyPem: string): string {
  const der = createPublicKey(publicKeyPem).export({ type: 'spki', format: 'der' });
  return hash('sha256', der, 'hex').slice(0, 32);
}

/** @returns whether the key signed this very text */
export function verifyCheckpoint({ text, signature }: SignedCheckpoint, publicKey: KeyObject): boolean {
  return verify('sha256', Buffer.from(text), publicKey, Buffer.from(signature, 'base64'));
}

const kinds: readonly string[] = [
  'opened',
  'sealed',
  'closed',
  'abandoned',
  'expired',
] satisfies CheckpointKind[];
const format = 'phi-audit-checkpoint/1';
const isBase64Sha256 = (value: unknown) => typeof value === 'string' && /^[A-Za-z0-9+/]{43}=$/.test(value);
const isTime = (value: unknown) =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/**
 * @param text of a checkpoint; whether anybody signed it is another question
 * @throws TypeError or SyntaxError if it is none
 */
export function parseCheckpoint(text: string): Checkpoint {
  const read = JSON.parse(text) as Partial<Record<keyof Checkpoint, unknown>> | null;
  const { first, last } = read ?? {};
  const isOne =
    read?.format === format &&
    isCount(read.number) &&
    read.number >= 1 &&
    (read.number === 1 ? read.previous === '' : isBase64Sha256(read.previous)) &&
    isTime(read.at) &&
    kinds.includes(String(read.kind)) &&
    typeof read.chain === 'string' &&
    isCount(first) &&
    isCount(last) &&
    first >= 1 &&
    last >= first - 1 &&
    (read.kind === 'expired' || last < first + eventsAtMost) &&
    isBase64Sha256(read.root) &&
    (last < first || (isTime(read.earliest) && isTime(read.latest))) &&
    typeof read.keyId === 'string';
  if (!isOne) throw new TypeError('this is no checkpoint');
  return read as Checkpoint;
}
