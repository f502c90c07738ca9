import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { KeyedHash } from './keyed-hash.js';

const roots = { 1: randomBytes(32), 2: randomBytes(32) };
const hash = new KeyedHash({ active: 2, roots }, 'idempotency-key');

describe('KeyedHash', () => {
  it('is the same for the same parts, text or bytes, and differs for others', () => {
    expect(hash.hash(['a', 'b'])).toBe(hash.hash([Buffer.from('a'), 'b']));
    expect(hash.hash(['a', 'b'])).toMatch(/^2\.[A-Za-z0-9_-]{43}$/);
    expect(hash.hash(['ab'])).not.toBe(hash.hash(['a', 'b']));
    expect(hash.hash(['a', 'b', ''])).not.toBe(hash.hash(['a', 'b']));
  });

  it('differs by purpose and by root', () => {
    const others = [
      new KeyedHash({ active: 2, roots }, 'body-hash'),
      new KeyedHash({ active: 2, roots: { 2: randomBytes(32) } }, 'idempotency-key'),
    ];
    for (const other of others) expect(other.hash(['a'])).not.toBe(hash.hash(['a']));
  });

  it('knows hashes of an older root', () => {
    const older = new KeyedHash({ active: 1, roots }, 'idempotency-key').hash(['a']);
    expect(hash.hashes(['a'])).toEqual([hash.hash(['a']), older]);
    expect(hash.matches(['a'], older)).toBe(true);
    expect(hash.matches(['b'], older)).toBe(false);
  });

  it.each(['', '2', '2.', '2.AAAA', '3.AAAA', '02.AAAA', '__proto__.A', 'constructor'])(
    'does not match %j',
    (text) => {
      expect(hash.matches(['a'], text)).toBe(false);
    },
  );

  it('does not match a hash whose version was changed', () => {
    expect(hash.matches(['a'], hash.hash(['a']).replace('2.', '1.'))).toBe(false);
  });
});
