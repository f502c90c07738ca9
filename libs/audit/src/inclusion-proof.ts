import type { KeyObject } from 'node:crypto';
import { Problem, problemTypes } from '@app/problem-details';
import { type AuditRow, eventLeaf } from './audit-item.js';
import { signedLeaves } from './checkpoint-leaves.js';
import type { CheckpointLog } from './checkpoint-log.js';
import { parseCheckpoint, type SignedCheckpoint, verifyCheckpoint } from './checkpoint.js';
import { inclusionPath, rootOfPath } from './merkle-tree.js';

/** Shows that an event is one of those that a checkpoint seals. */
export interface InclusionProof {
  checkpoint: SignedCheckpoint;
  /** From 0: the event's number less the checkpoint's first. */
  leafIndex: number;
  /** Events that the checkpoint seals. */
  treeSize: number;
  /** Base64, `eventLeaf` of the event. */
  leaf: string;
  /** Base64 hashes that lead from the leaf to the root, nearest first (RFC 6962, section 2.1.1). */
  path: string[];
}

/**
 * @param row the event, as it is stored
 * @returns the proof, or `undefined` as long as the event is not sealed
 * @throws Problem `integrity-failure` if the event, or the hashes beside the checkpoint, are not what was sealed
 * @throws CorruptCheckpoint
 */
export async function inclusionProof(log: CheckpointLog, row: AuditRow): Promise<InclusionProof | undefined> {
  const { chain, sequence, text } = row;
  const checkpoint = await log.covering(chain, sequence);
  if (checkpoint === undefined) return undefined;
  const { first, last } = checkpoint.checkpoint;
  const leaves = signedLeaves(checkpoint.checkpoint, checkpoint.leaves);
  const leafIndex = sequence - first;
  const leaf = eventLeaf(chain, sequence, text);
  if (leaves?.[leafIndex]?.equals(leaf) !== true) throw new Problem(problemTypes.integrityFailure);
  const path = inclusionPath(leafIndex, leaves).map((hash) => hash.toString('base64'));
  return { checkpoint, leafIndex, treeSize: last - first + 1, leaf: leaf.toString('base64'), path };
}

/**
 * Needs nothing but its arguments: anybody can do it, anywhere.
 * @param row the event as it is stored, and where
 * @param publicKey of the service, obtained from elsewhere than the proof
 * @returns whether the event is one of those that the key's owner sealed with the checkpoint
 */
export function verifyInclusion(
  proof: InclusionProof,
  { chain, sequence, text }: Omit<AuditRow, 'event'>,
  publicKey: KeyObject,
): boolean {
  if (!verifyCheckpoint(proof.checkpoint, publicKey)) return false;
  // What was signed is the text: the checkpoint beside it may say anything.
  const sealed = parseCheckpoint(proof.checkpoint.text);
  const { leafIndex, treeSize } = proof;
  const leaf = eventLeaf(chain, sequence, text);
  const path = proof.path.map((hash) => Buffer.from(hash, 'base64'));
  return (
    sealed.kind !== 'expired' &&
    sealed.chain === chain &&
    leafIndex === sequence - sealed.first &&
    treeSize === sealed.last - sealed.first + 1 &&
    proof.leaf === leaf.toString('base64') &&
    path.every((hash) => hash.length === leaf.length) &&
    rootOfPath(leaf, leafIndex, treeSize, path)?.toString('base64') === sealed.root
  );
}
