import { randomFillSync } from 'node:crypto';

const pool = Buffer.alloc(8192);
let position = pool.length;

/**
 * Random bytes of the system's generator, fetched many at a time: a write needs ten small amounts, and a system call for
 * each of them costs more than encrypting. What is handed out is wiped here, so that no byte is used twice or kept.
 */
export function pooledRandomBytes(size: number): Buffer {
  if (position + size > pool.length) {
    randomFillSync(pool);
    position = 0;
  }
  const bytes = Buffer.from(pool.subarray(position, position + size));
  pool.fill(0, position, position + size);
  position += size;
  return bytes;
}
