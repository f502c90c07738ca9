/** A day's score. */
export interface DailyScore {
  /** Days since any beginning. */
  day: number;
  score: number;
}

/** Where scores lead to. */
export interface ScoreForecast {
  score: number;
  /** Points a day. */
  slope: number;
  /** Days that it rests on. */
  days: number;
}

/** Of the last four weeks; fewer than a week say nothing of a week to come. */
export const trendWindow = { days: 28, leastDays: 7, aheadDays: 7 } as const;

/**
 * A straight line through the daily scores of the last four weeks, by Theil and Sen (the median of the slopes between each two days), carried on for a week: one
 * bad day does not turn it. It knows nothing of what is planned; a score that jumps is told by the score itself.
 * @returns undefined if there are scores of fewer than seven days
 * @see P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", JASA 63 (1968)
 */
export function forecastScore(history: readonly DailyScore[]): ScoreForecast | undefined {
  const last = Math.max(...history.map(({ day }) => day));
  const recent = history.filter(({ day }) => day > last - trendWindow.days);
  if (new Set(recent.map(({ day }) => day)).size < trendWindow.leastDays) return undefined;
  const slopes = recent.flatMap((from, index) =>
    recent
      .slice(index + 1)
      .filter(({ day }) => day !== from.day)
      .map((to) => (to.score - from.score) / (to.day - from.day)),
  );
  const slope = median(slopes);
  const level = median(recent.map(({ day, score }) => score - slope * (day - last)));
  return {
    score: Math.min(100, Math.max(0, level + slope * trendWindow.aheadDays)),
    slope,
    days: recent.length,
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
