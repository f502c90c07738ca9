import { statePattern } from './address-words.js';

const city = String.raw`[A-Z][A-Za-z'-]{1,20}(?:\.?[ ][A-Z][A-Za-z'-]{1,20}){0,3}`;
const zip = String.raw`\d{5}(?:-\d{4})?(?!\d)`;
const between = String.raw`(?:\.?[ \t]{0,2},?[ \t]{0,2}\r?\n[ \t]{0,8}|\.?[ \t]{0,2},[ \t]{0,2}|[ \t]{1,3})`;

const unit = new RegExp(
  String.raw`(?:\.?[ \t]{0,2},?\s{0,2}(?:\b(?:apt|apartment|unit|suite|ste|floor|fl|room|rm|bldg|building|lot|trailer|trlr|pmb|space|spc)\b\.?\s{0,2}#?\s?|#\s?)` +
    String.raw`(?:\d{1,5}-?[A-Za-z]?|[A-Za-z]-?\d{0,5})\b|,?\s\d{1,3}(?:st|nd|rd|th)\s(?:floor|fl)\b)`,
  'iy',
);
const cityStateZip = new RegExp(
  String.raw`${between}(${city}),?[ \t]{1,2}(${statePattern})\b\.?(?:,?\s{1,3}${zip})`,
  'y',
);
const cityState = new RegExp(
  String.raw`${between}(${city}),[ \t]{0,2}(${statePattern})\b(?![A-Za-z'-])`,
  'y',
);
const stateZip = new RegExp(String.raw`${between}(?:${statePattern})\b\.?,?\s{1,3}${zip}`, 'y');
const bareZip = new RegExp(String.raw`,?[ \t]{1,2}${zip}(?![\d-]|\s?(?:mg|ml|units?|iu)\b)`, 'y');
const country = /,?[ \t]{0,2}\n?[ \t]{0,2}\b(?:USA|U\.S\.A\.|United States(?: of America)?)/y;
// Some write the whole line in lower case; only a ZIP code makes that certain.
const looseCityStateZip = new RegExp(
  String.raw`${between}[a-z][a-z'-]{1,20}(?:[ ][a-z'-]{2,20}){0,2},?[ \t]{1,2}${statePattern}\b\.?,?\s{1,3}${zip}`,
  'iy',
);

function match(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

/**
 * Follows an address from the end of its street or box: unit, city, state, ZIP, country.
 * @returns where it ends, and whether a unit or a place confirmed that it is an address
 */
export function endOfAddress(
  text: string,
  from: number,
): { end: number; hasUnit: boolean; hasPlace: boolean } {
  let end = from;
  let hasUnit = false;
  for (let units = 0; units < 2; units++) {
    const afterUnit = match(unit, text, end);
    if (afterUnit === undefined) break;
    end = afterUnit;
    hasUnit = true;
  }
  const afterPlace =
    match(cityStateZip, text, end) ??
    match(cityState, text, end) ??
    match(stateZip, text, end) ??
    match(looseCityStateZip, text, end) ??
    match(bareZip, text, end);
  if (afterPlace === undefined) return { end, hasUnit, hasPlace: false };
  return { end: match(country, text, afterPlace) ?? afterPlace, hasUnit, hasPlace: true };
}

const cityStateEnd = new RegExp(String.raw`(?<![A-Za-z'-])(${city}),\s{0,2}${statePattern}\.?,?\s{1,3}$`);

/** @returns where "City, ST " begins that ends at `at` */
export function isCityStateBefore(text: string, at: number): number | undefined {
  const windowStart = Math.max(0, at - 72);
  const found = cityStateEnd.exec(text.slice(windowStart, at));
  return found === null ? undefined : windowStart + found.index;
}
