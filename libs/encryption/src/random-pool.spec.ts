import { expect, it } from '@jest/globals';
import { pooledRandomBytes } from './random-pool.js';

it('hands out no bytes twice, of the size asked for, in memory of their own', () => {
  const sizes = Array.from({ length: 3000 }, (_, index) => 12 + (index % 37));
  const drawn = sizes.map((size) => pooledRandomBytes(size));
  expect(drawn.map(({ length }) => length)).toEqual(sizes);
  // Two equal draws of 12 bytes come by chance once in 10^22 runs.
  expect(new Set(drawn.map((bytes) => bytes.toString('hex').slice(0, 24))).size).toBe(sizes.length);
  drawn[0]?.fill(0);
  expect(drawn[1]?.every((byte) => byte === 0)).toBe(false);
});

it('never hands out bytes that were not drawn', () => {
  const zeros = Array.from({ length: 2000 }, () => pooledRandomBytes(16)).filter((bytes) =>
    bytes.every((byte) => byte === 0),
  );
  expect(zeros).toEqual([]);
});
