import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type DailyScore, forecastScore } from './score-trend.js';

const days = (scores: readonly number[], first = 20_000): DailyScore[] =>
  scores.map((score, index) => ({ day: first + index, score }));

describe('a forecast', () => {
  it('carries a straight line on for a week', () => {
    const line = Array.from({ length: 28 }, (_, day) => 10 + day);
    expect(forecastScore(days(line))).toEqual({ score: 44, slope: 1, days: 28 });
  });

  it('is not turned by one bad day', () => {
    const scores = Array.from({ length: 28 }, () => 20);
    scores[26] = 95;
    expect(forecastScore(days(scores))).toMatchObject({ score: 20, slope: 0 });
  });

  it.each([6, 1, 0])('of %d days is none', (count) => {
    expect(forecastScore(days(Array.from({ length: count }, () => 30)))).toBeUndefined();
  });

  it('counts days, not samples: many of one day are one', () => {
    const oneDay = Array.from({ length: 10 }, () => ({ day: 1, score: 30 }));
    expect(forecastScore(oneDay)).toBeUndefined();
  });

  it('rests on the last four weeks alone', () => {
    const early = days(Array.from({ length: 28 }, () => 90));
    const late = days(
      Array.from({ length: 28 }, () => 10),
      20_028,
    );
    expect(forecastScore([...early, ...late])).toMatchObject({ score: 10, days: 28 });
  });

  it('stays between 0 and 100, and has no gaps filled in', () => {
    const score = fc.double({ min: 0, max: 100, noNaN: true });
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat({ max: 60 }), { minLength: 0, maxLength: 40 }),
        score,
        (at, level) => {
          const history = at.map((day) => ({ day, score: (level * (day % 7)) / 7 }));
          const forecast = forecastScore(history);
          return forecast === undefined || (forecast.score >= 0 && forecast.score <= 100);
        },
      ),
    );
  });
});
