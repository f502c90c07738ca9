import { describe, expect, it } from '@jest/globals';
import { growthOf } from './growth-of.js';

describe('growth', () => {
  it('of a straight line is its rise', () => {
    expect(growthOf([100, 110, 120])).toBeCloseTo(0.2, 10);
    expect(growthOf([200, 150, 100])).toBeCloseTo(-0.5, 10);
  });

  it('of what stays is none', () => {
    expect(growthOf([7, 7, 7, 7])).toBe(0);
  });

  it('does not hang on one value as the ratio of the last to the first would', () => {
    expect(growthOf([10, 10, 10, 30, 10, 10, 10])).toBeCloseTo(0, 10);
  });

  it('of one value is no number', () => {
    expect(growthOf([5])).toBeNaN();
  });
});
