import { describe, expect, it } from '@jest/globals';
import { type Aim, aimsTable, isMet } from './aims.js';

const aim = (measured: number, bound: Aim['aim']): Aim => ({
  what: 'it',
  unit: 'req/s',
  measured,
  aim: bound,
});

describe('an aim', () => {
  it('is met at its bound, and missed beyond it', () => {
    expect(isMet(aim(3200, { atLeast: 3200 }))).toBe(true);
    expect(isMet(aim(3199, { atLeast: 3200 }))).toBe(false);
    expect(isMet(aim(0.35, { atMost: 0.35 }))).toBe(true);
    expect(isMet(aim(0.36, { atMost: 0.35 }))).toBe(false);
  });

  it('is missed by what could not be measured', () => {
    expect(isMet(aim(Number.NaN, { atLeast: 0 }))).toBe(false);
    expect(isMet(aim(Number.NaN, { atMost: 1 }))).toBe(false);
  });

  it('stands beside what was measured', () => {
    expect(aimsTable([aim(3456.7, { atLeast: 3200 })]).rows).toEqual([
      ['it', '>= 3,200', '3,460', 'req/s', 'yes'],
    ]);
  });
});
