import { hash } from 'node:crypto';

/**
 * The Merkle hash tree of RFC 6962, section 2.1, over SHA-256: leaves and nodes are told apart by a first byte, so that no node
 * passes for a leaf (second preimages).
 */
const leafPrefix = Buffer.from([0x00]);
const nodePrefix = Buffer.from([0x01]);

const sha256 = (data: Uint8Array): Buffer => hash('sha256', data, 'buffer');

/** @returns MTH({d(0)}) = SHA-256(0x00 || d(0)) */
export const leafHash = (data: Uint8Array): Buffer => sha256(Buffer.concat([leafPrefix, data]));

const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer =>
  sha256(Buffer.concat([nodePrefix, left, right]));

/** MTH({}) = SHA-256() */
export const emptyRoot: Buffer = sha256(Buffer.alloc(0));

/** A tree that grows by one leaf at a time: about one hash a leaf, and as many kept as the size has binary digits. */
export class MerkleTree {
  /** Roots of the full subtrees from the left; their sizes are the powers of two in `size`, the largest first. */
  readonly #subtrees: Buffer[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @param leaf what `leafHash` gave, 32 bytes */
  append(leaf: Buffer): void {
    let node = leaf;
    for (let size = this.#size; size % 2 === 1; size = Math.floor(size / 2)) {
      node = nodeHash(this.#subtrees.pop()!, node);
    }
    this.#subtrees.push(node);
    this.#size += 1;
  }

  /** @returns the Merkle tree hash, 32 bytes */
  root(): Buffer {
    if (this.#size === 0) return emptyRoot;
    return this.#subtrees.reduceRight((right, left) => nodeHash(left, right));
  }
}

/** @returns the Merkle tree hash of `leaves`, 32 bytes */
export function merkleRoot(leaves: readonly Buffer[]): Buffer {
  const tree = new MerkleTree();
  for (const leaf of leaves) tree.append(leaf);
  return tree.root();
}

/**
 * RFC 6962, section 2.1.1, PATH(m, D[n]).
 * @param index of the leaf, from 0
 * @returns the hashes that lead from the leaf to the root, nearest first
 */
export function inclusionPath(index: number, leaves: readonly Buffer[]): Buffer[] {
  if (!Number.isSafeInteger(index) || index < 0 || index >= leaves.length)
    throw new RangeError('there is no such leaf');
  if (leaves.length === 1) return [];
  // k is the largest power of two smaller than n.
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  const left = leaves.slice(0, split);
  const right = leaves.slice(split);
  return index < split
    ? [...inclusionPath(index, left), merkleRoot(right)]
    : [...inclusionPath(index - split, right), merkleRoot(left)];
}

/**
 * RFC 9162, section 2.1.3.2, the verifier's side of the same tree.
 * @returns the root that leaf and path lead to, or `undefined` if a path of this length cannot belong there
 */
export function rootOfPath(
  leaf: Buffer,
  index: number,
  treeSize: number,
  path: readonly Buffer[],
): Buffer | undefined {
  if (!Number.isSafeInteger(index) || index < 0 || index >= treeSize) return undefined;
  let fn = index;
  let sn = treeSize - 1;
  let node = leaf;
  for (const sibling of path) {
    if (sn === 0) return undefined;
    if (fn % 2 === 1 || fn === sn) {
      node = nodeHash(sibling, node);
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2);
        sn = Math.floor(sn / 2);
      }
    } else {
      node = nodeHash(node, sibling);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 ? node : undefined;
}
