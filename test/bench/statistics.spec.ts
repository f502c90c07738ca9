import { describe, expect, it } from '@jest/globals';
import { median, percentile } from './statistics.js';

describe('percentile', () => {
  const hundred = Float64Array.from({ length: 100 }, (_, at) => at + 1);

  it('is the value that the given share of all values does not exceed', () => {
    expect(percentile(hundred, 0.5)).toBe(50);
    expect(percentile(hundred, 0.99)).toBe(99);
    expect(percentile(hundred, 1)).toBe(100);
  });

  it('of one value is that value, of none is no number', () => {
    expect(percentile([7], 0.99)).toBe(7);
    expect(percentile([], 0.5)).toBeNaN();
  });
});

describe('median', () => {
  it('takes values in any order', () => {
    expect(median([9, 1, 5])).toBe(5);
  });
});
