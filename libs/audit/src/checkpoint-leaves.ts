import type { Checkpoint } from './checkpoint.js';
import { merkleRoot } from './merkle-tree.js';

const leafBytes = 32;

/** @returns one buffer a leaf */
function splitLeaves(leaves: Uint8Array): Buffer[] {
  const all = Buffer.from(leaves.buffer, leaves.byteOffset, leaves.byteLength);
  return Array.from({ length: Math.floor(all.length / leafBytes) }, (_, index) =>
    all.subarray(index * leafBytes, (index + 1) * leafBytes),
  );
}

/** @returns the leaf hashes beside a checkpoint, if they are the ones that it signs */
export function signedLeaves(checkpoint: Checkpoint, leaves: unknown): Buffer[] | undefined {
  const size = checkpoint.last - checkpoint.first + 1;
  if (!(leaves instanceof Uint8Array) || leaves.byteLength !== size * leafBytes) return undefined;
  const split = splitLeaves(leaves);
  return merkleRoot(split).toString('base64') === checkpoint.root ? split : undefined;
}
