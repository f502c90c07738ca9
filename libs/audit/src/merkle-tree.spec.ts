import { describe, expect, it } from '@jest/globals';
import { hash, randomBytes, randomInt } from 'node:crypto';
import { RFC9162 } from '@transmute/rfc9162';
import { emptyRoot, inclusionPath, leafHash, merkleRoot, MerkleTree, rootOfPath } from './merkle-tree.js';

/**
 * Test vectors of the Certificate Transparency reference implementation for RFC 6962, section 2.1: leaf inputs, and the root
 * over the first 1, 2, ... of them.
 * @see https://github.com/transparency-dev/merkle/blob/main/testonly/constants.go (before: google/certificate-transparency)
 */
const publishedLeaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((hex) => leafHash(Buffer.from(hex, 'hex')));
const publishedRoots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
/** Index, size and path, of the same source (reference_test.go). */
const publishedPaths: [number, number, string[]][] = [
  [0, 1, []],
  [0, 2, ['96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7']],
  [1, 2, ['6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d']],
  [2, 3, ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']],
  [
    0,
    8,
    [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  ],
  [
    5,
    8,
    [
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  ],
];

const sizes = Array.from({ length: 200 }, (_, position) => position + 1);
const entries = sizes.map(() => randomBytes(16 + randomInt(40)));
const leaves = entries.map(leafHash);

describe('the tree of RFC 6962, section 2.1', () => {
  it('has the published root over nothing', () => {
    expect(merkleRoot([])).toEqual(hash('sha256', '', 'buffer'));
    expect(new MerkleTree().root()).toEqual(emptyRoot);
  });

  it.each(publishedRoots.map((root, position) => [position + 1, root]))(
    'has the published root over %d leaves',
    (size, root) => {
      expect(merkleRoot(publishedLeaves.slice(0, Number(size))).toString('hex')).toBe(root);
    },
  );

  it.each(publishedPaths)('has the published path of leaf %d among %d', (index, size, path) => {
    const of = publishedLeaves.slice(0, size);
    expect(inclusionPath(index, of).map((node) => node.toString('hex'))).toEqual(path);
  });

  it('has the roots of an independent implementation, for sizes 1 to 200, also leaf by leaf', async () => {
    const tree = new MerkleTree();
    for (const size of sizes) {
      tree.append(leaves[size - 1]!);
      const other = Buffer.from(await RFC9162.treeHead(entries.slice(0, size)));
      expect([size, merkleRoot(leaves.slice(0, size))]).toEqual([size, other]);
      expect([size, tree.root(), tree.size]).toEqual([size, other, size]);
    }
  });

  it('has the paths of an independent implementation, which verifies them, for sizes 1 to 200', async () => {
    for (const size of sizes) {
      const of = entries.slice(0, size);
      for (const index of new Set([0, size - 1, randomInt(size)])) {
        const path = inclusionPath(index, leaves.slice(0, size));
        const other = await RFC9162.PATH(index, of);
        expect([size, index, path]).toEqual([size, index, other.map((node) => Buffer.from(node))]);
        const proof = { log_id: '', tree_size: size, leaf_index: index, inclusion_path: path };
        const root = merkleRoot(leaves.slice(0, size));
        expect(await RFC9162.verifyInclusionProof(root, leaves[index]!, proof)).toBe(true);
      }
    }
  });

  it('refuses the path of a leaf that is not there', () => {
    for (const index of [-1, 3, 0.5, Number.NaN]) {
      expect(() => inclusionPath(index, leaves.slice(0, 3))).toThrow(RangeError);
    }
    expect(() => inclusionPath(0, [])).toThrow(RangeError);
  });
});

describe('a path', () => {
  it('leads each leaf to the root, for sizes 1 to 64', () => {
    for (const size of sizes.slice(0, 64)) {
      const of = leaves.slice(0, size);
      const root = merkleRoot(of);
      for (const [index, leaf] of of.entries()) {
        expect([size, index, rootOfPath(leaf, index, size, inclusionPath(index, of))]).toEqual([
          size,
          index,
          root,
        ]);
      }
    }
  });

  it.each(sizes.filter((size) => size <= 20 || size % 45 === 0))(
    'of a tree of %d leads nothing else to the root',
    (size) => {
      const of = leaves.slice(0, size);
      const root = merkleRoot(of);
      const index = randomInt(size);
      const path = inclusionPath(index, of);
      const leaf = of[index]!;
      const leads = (...[node, at, among, along]: Parameters<typeof rootOfPath>) =>
        rootOfPath(node, at, among, along)?.equals(root) ?? false;
      expect(leads(leaf, index, size, path)).toBe(true);

      for (const other of of) if (other !== leaf) expect(leads(other, index, size, path)).toBe(false);
      expect(leads(leafHash(randomBytes(8)), index, size, path)).toBe(false);
      for (let at = -1; at <= size + 1; at++) {
        if (at !== index) expect([at, leads(leaf, at, size, path)]).toEqual([at, false]);
      }
      // Where the path has the same shape the size alone cannot be told: it stands in the checkpoint, which is signed.
      for (const among of [0, index, Math.floor(size / 2), size * 2 + 1]) {
        if (among !== size) expect([among, leads(leaf, index, among, path)]).toEqual([among, false]);
      }
      const spare = randomBytes(32);
      expect(leads(leaf, index, size, [...path, spare])).toBe(false);
      for (const position of path.keys()) {
        expect(leads(leaf, index, size, path.toSpliced(position, 1))).toBe(false);
        expect(leads(leaf, index, size, path.toSpliced(position, 1, spare))).toBe(false);
        if (position > 0) {
          const swapped = path.with(position, path[position - 1]!).with(position - 1, path[position]!);
          expect(leads(leaf, index, size, swapped)).toBe(false);
        }
      }
    },
  );

  it('takes no node for a leaf', () => {
    const [a, b] = [leaves[0]!, leaves[1]!];
    const node = merkleRoot([a, b]);
    // A second preimage: two leaves, put together, are the entry of another one.
    expect(leafHash(Buffer.concat([a, b])).equals(node)).toBe(false);
  });
});
