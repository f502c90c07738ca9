import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BlindIndex } from './blind-index.js';

const roots = { active: 2, roots: { 1: randomBytes(32), 2: randomBytes(32) } };
const index = new BlindIndex(roots);

describe('BlindIndex', () => {
  it('gives equal values equal tokens, also in another process', () => {
    const again = new BlindIndex(roots);
    expect(again.token('phone', ['4155550132'], 128)).toBe(index.token('phone', ['4155550132'], 128));
  });

  it('gives 22 characters for 128 bits and 4 for 20', () => {
    const property = fc.property(fc.string(), (value) => {
      expect(index.token('f', [value], 128)).toMatch(/^[A-Za-z0-9_-]{22}$/);
      expect(index.token('f', [value], 20)).toMatch(/^[A-Za-z0-9_-]{3}[AQgw]$/);
    });
    fc.assert(property);
  });

  it('tells fields, values and lists apart', () => {
    const tokens = [
      index.token('a', ['x'], 128),
      index.token('b', ['x'], 128),
      index.token('a', ['y'], 128),
      index.token('a', ['x', ''], 128),
      index.token('a', ['', 'x'], 128),
      index.token('a', ['ab', 'c'], 128),
      index.token('a', ['a', 'bc'], 128),
      index.token('a', [], 128),
    ];
    expect(new Set(tokens).size).toBe(tokens.length);
  });

  it('spreads 20-bit tokens over about a million buckets', () => {
    const tokens = new Set(
      Array.from({ length: 20_000 }, (_, value) => index.token('name', [String(value)], 20)),
    );
    // 20,000 values in 2^20 buckets: about 190 share one.
    expect(tokens.size).toBeGreaterThan(19_600);
    expect(tokens.size).toBeLessThan(20_000);
  });

  it('knows tokens of every root version, the active one first', () => {
    expect(index.versions).toEqual([2, 1]);
    const tokens = index.tokens('phone', ['4155550132'], 128);
    expect(tokens.map(({ version }) => version)).toEqual([2, 1]);
    expect(tokens[0]?.token).toBe(index.token('phone', ['4155550132'], 128));
    const before = new BlindIndex({ ...roots, active: 1 });
    expect(tokens[1]?.token).toBe(before.token('phone', ['4155550132'], 128));
    expect(tokens[0]?.token).not.toBe(tokens[1]?.token);
  });

  it.each([
    ['the active root is missing', { active: 3, roots: { 1: randomBytes(32) } }],
    ['a root is short', { active: 1, roots: { 1: randomBytes(31) } }],
    ['a version is no number', { active: 1, roots: { 1: randomBytes(32), [-1]: randomBytes(32) } }],
  ])('does not start when %s', (_, wrong) => {
    expect(() => new BlindIndex(wrong)).toThrow(RangeError);
  });

  it('never changes: a token of today is found for ever', () => {
    const fixed = new BlindIndex({ active: 1, roots: { 1: Buffer.alloc(32, 1) } });
    expect(fixed.token('identifier', ['urn:mrn', '12345'], 128)).toBe('hxHu5KjhUoznnGHHivA89g');
    expect(fixed.token('name-birthdate', ['munoz', '1950-01-31'], 20)).toBe('5DzQ');
  });
});
