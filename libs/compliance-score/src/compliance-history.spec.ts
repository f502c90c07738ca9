import { describe, expect, it } from '@jest/globals';
import { episodesOf, meanTimeToRepairHours } from './compliance-history.js';

const at = (hour: number, ...broken: string[]) => ({
  time: new Date(Date.UTC(2026, 10, 1, hour)),
  broken: new Set(broken),
});
const hour = (n: number) => new Date(Date.UTC(2026, 10, 1, n));

describe('episodes', () => {
  it('go from the state that broke a rule to the first one that keeps it', () => {
    expect(episodesOf([at(0), at(2, 'a'), at(3, 'a', 'b'), at(5, 'b'), at(9)])).toEqual([
      { ruleName: 'a', from: hour(2), to: hour(5) },
      { ruleName: 'b', from: hour(3), to: hour(9) },
    ]);
  });

  it('that are not over have no end, and a rule that is broken again has two', () => {
    expect(episodesOf([at(1, 'a'), at(2), at(3, 'a')])).toEqual([
      { ruleName: 'a', from: hour(1), to: hour(2) },
      { ruleName: 'a', from: hour(3) },
    ]);
  });

  it('do not depend on the order in which states come', () => {
    const states = [at(5), at(1, 'a'), at(3, 'a')];
    expect(episodesOf(states)).toEqual([{ ruleName: 'a', from: hour(1), to: hour(5) }]);
  });
});

describe('the mean time to repair', () => {
  const episodes = episodesOf([at(0, 'a', 'b', 'c'), at(2, 'b', 'c'), at(6, 'c')]);

  it('is of what was mended, in hours', () => {
    expect(meanTimeToRepairHours(episodes, hour(0))).toBe(4);
  });

  it('leaves out what was mended before', () => {
    expect(meanTimeToRepairHours(episodes, hour(3))).toBe(6);
  });

  it('is none where nothing was mended', () => {
    expect(meanTimeToRepairHours(episodes, hour(7))).toBeUndefined();
  });
});
