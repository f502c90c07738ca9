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

  it('gives lists one token only if they are the same list, wherever the borders are', () => {
    const list = fc.array(fc.string({ unit: 'binary', maxLength: 6 }), { maxLength: 4 });
    /** The same text with its borders elsewhere, which is what joining without lengths would confuse. */
    const shifted = fc.tuple(list, fc.nat()).map(([parts, at]) => {
      const whole = parts.join('');
      const border = whole.length === 0 ? 0 : at % whole.length;
      return [parts, [whole.slice(0, border), whole.slice(border)]] as const;
    });
    const property = fc.property(fc.oneof(fc.tuple(list, list), shifted), ([a, b]) => {
      const same =
        a.length === b.length && a.every((part, n) => Buffer.from(part).equals(Buffer.from(b[n] ?? '')));
      expect(index.token('f', a, 128) === index.token('f', b, 128)).toBe(same);
    });
    fc.assert(property, { numRuns: 2000 });
  });

  it('tells the same value apart in every two fields and under every two roots', () => {
    const field = fc.stringMatching(/^[a-z-]{1,20}$/);
    const property = fc.property(field, field, fc.string(), (one, other, value) => {
      fc.pre(one !== other);
      const tokens = [one, other].flatMap((name) =>
        index.tokens(name, [value], 128).map(({ token }) => token),
      );
      expect(new Set(tokens).size).toBe(4);
    });
    fc.assert(property);
  });

  it('spreads 20-bit tokens evenly, each bit set as often as not', () => {
    const values = 20_000;
    const set = Array.from({ length: 20 }, () => 0);
    for (let value = 0; value < values; value++) {
      const bytes = Buffer.from(index.token('name', [String(value)], 20), 'base64url');
      const bits = bytes.readUIntBE(0, 3) >>> 4;
      for (let bit = 0; bit < 20; bit++) set[bit] = (set[bit] ?? 0) + ((bits >>> bit) & 1);
    }
    // Binomial: 10,000 with a standard deviation of 71; seven of them happen to nobody.
    for (const count of set) expect(Math.abs(count - values / 2)).toBeLessThan(500);
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

  it('writes under no root that is retired, and follows roots that are replaced', () => {
    const live = { ...roots, retired: [] as number[] };
    const following = new BlindIndex(live);
    expect(following.versions).toEqual([2, 1]);
    live.retired = [1];
    expect(following.versions).toEqual([2]);
    const third = { ...live, active: 3, roots: { ...roots.roots, 3: randomBytes(32) } };
    Object.assign(live, third);
    expect(following.versions).toEqual([3, 2]);
    expect(following.token('f', ['x'], 128)).toBe(new BlindIndex(third).token('f', ['x'], 128));
  });

  it.each([
    ['the active root is retired', { active: 1, roots: { 1: randomBytes(32) }, retired: [1] }],
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
