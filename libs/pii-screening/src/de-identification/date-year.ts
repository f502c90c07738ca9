import { NormalizedText } from '../normalized-text.js';

/** A year with four digits; digits of other numbers around it do not count as its own. */
const fullYear = /(?<![\d:])(?:19|20)\d{2}(?![\d:])/g;
/** 20210314 and 03142021. */
const compactDate = /(?<!\d)(?:((?:19|20)\d{2})[01]\d[0-3]\d|[0-3]\d[0-3]\d((?:19|20)\d{2}))(?!\d)/g;
/** The last part of 3/14/21, 14-Mar-21, 14.03.21 and Mar 14 '21. */
const shortYear = /(?:\d{1,2}\s?[/.-]\s?(?:\d{1,2}|[A-Za-z]{3,9})\s?[/.-]\s?'?|')(\d{2})(?!\d)/g;

/**
 * @param date text of a date or of a range of dates
 * @param thisYear tells the century of a year with two digits: none lies ahead
 * @returns the years it names, in order, each once
 */
export function yearsOf(date: string, thisYear: number): number[] {
  const text = NormalizedText.of(date).text;
  const full = matches(text, fullYear).concat(matches(text, compactDate));
  const years = full.length > 0 ? full : matches(text, shortYear).map((year) => withCentury(year, thisYear));
  return [...new Set(years)];
}

function matches(text: string, pattern: RegExp): number[] {
  return [...text.matchAll(pattern)].map(([whole, ...groups]) => Number(groups.find(Boolean) ?? whole));
}

function withCentury(year: number, thisYear: number): number {
  const century = thisYear - (thisYear % 100);
  return century + year > thisYear ? century - 100 + year : century + year;
}
