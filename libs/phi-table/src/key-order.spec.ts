import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareSort, sortBounds } from './key-order.js';

// Characters of one to four bytes, the greatest among them, and the pair that UTF-16 orders the other way round.
const text = fc.string({
  unit: fc.constantFrom('\u0001', 'A', 'B', 'é', '\uFFFF', '😀', '\u{10FFFF}'),
  maxLength: 4,
});

describe('sort bounds', () => {
  it('hold just what begins with the prefix and lies on the right side of the start', () => {
    const property = fc.property(text, text, text, fc.boolean(), (sort, prefix, from, descending) => {
      fc.pre(sort.length > 0);
      const bounds = sortBounds({ prefix, from, descending });
      const within =
        bounds !== undefined &&
        (bounds.lower === undefined || compareSort(sort, bounds.lower) >= 0) &&
        (bounds.upper === undefined || compareSort(sort, bounds.upper) <= 0);
      const side = from === '' ? 0 : compareSort(sort, from);
      expect(within).toBe(sort.startsWith(prefix) && (descending ? side <= 0 : side >= 0));
    });
    fc.assert(property, { numRuns: 5000 });
  });

  it('order by UTF-8 bytes', () => {
    const property = fc.property(text, text, (a, b) => {
      const codePoints = (value: string) => [...value].map((character) => character.codePointAt(0)!);
      const [left, right] = [codePoints(a), codePoints(b)];
      const position = left.findIndex((point, at) => point !== right[at]);
      const order = position < 0 ? left.length - right.length : left[position]! - (right[position] ?? -1);
      expect(Math.sign(compareSort(a, b))).toBe(Math.sign(order));
    });
    fc.assert(property, { numRuns: 2000 });
  });
});
