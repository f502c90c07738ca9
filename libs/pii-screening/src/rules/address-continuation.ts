import { classOf, wordClass } from '../words/lexicon.js';
import { isCity } from '../words/place-lexicon.js';
import { statePattern } from './address-words.js';
import { matchEnd } from './match-end.js';

const city = String.raw`[A-Z][A-Za-z'-]{1,30}(?:\.?[ ][A-Z][A-Za-z'-]{1,30}){0,3}`;
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

/**
 * Follows an address from the end of its street or box: unit, city, state, ZIP, country.
 * @returns where it ends, and whether a unit or a place confirmed that it is an address
 */
export function endOfAddress(
  text: string,
  from: number,
): { end: number; hasUnit: boolean; hasPlace: boolean; hasState: boolean } {
  let end = from;
  let hasUnit = false;
  for (let units = 0; units < 2; units++) {
    const afterUnit = matchEnd(unit, text, end);
    if (afterUnit === undefined) break;
    end = afterUnit;
    hasUnit = true;
  }
  const afterState =
    matchEnd(cityStateZip, text, end) ??
    matchEnd(cityState, text, end) ??
    matchEnd(stateZip, text, end) ??
    matchEnd(looseCityStateZip, text, end);
  const afterPlace = afterState ?? matchEnd(bareZip, text, end) ?? afterCityAlone(text, end);
  if (afterPlace === undefined) return { end, hasUnit, hasPlace: false, hasState: false };
  return {
    end: matchEnd(country, text, afterPlace) ?? afterPlace,
    hasUnit,
    hasPlace: true,
    hasState: afterState !== undefined,
  };
}

const cityAlone =
  /\.?[ \t]{0,2},[ \t]{0,2}((?:(?:St|Ft|Mt)\.[ ])?[A-Z][A-Za-z'-]{1,30}(?:[ ][A-Z][A-Za-z'-]{1,30}){0,3})/y;
const townPrefix =
  /^(?:New|North|South|East|West|Port|Fort|Lake|Saint|St|Mount|San|Santa|Los|Las|El|La|Upper|Lower|Old|Great|Glen)$/;

/** ", New Orleans": a city of the lists, or a town whose name is no other word, where the phrase ends. */
function afterCityAlone(text: string, at: number): number | undefined {
  cityAlone.lastIndex = at;
  let name = cityAlone.exec(text)?.[1] ?? '';
  let end = cityAlone.lastIndex;
  if (name !== '' && isTown(name) && endsPhrase.test(text.slice(end, end + 12))) return end;
  while (name !== '' && !isCity(name)) {
    const shorter = name.slice(0, Math.max(0, name.lastIndexOf(' ')));
    end -= name.length - shorter.length;
    name = shorter;
  }
  return name === '' ? undefined : end;
}

const endsPhrase = /^(?:[.;:,)\]\n\r]|\s?\(|\s{0,3}$|\s(?:and|but|with|since|for|where|who|on|by|at)\b)/;

function isTown(name: string): boolean {
  const [first = '', ...rest] = name.split(' ');
  const isPrefixed = townPrefix.test(first) && rest.length > 0;
  const { everyday, month, firstName, familyName } = wordClass;
  const others = isPrefixed ? rest : [first, ...rest];
  // "Salem" and "Plainfield" are towns; "Patient" begins a sentence, and "John Smith" is somebody.
  if (
    others.some(
      (word) =>
        (classOf(word.toLowerCase()) & (everyday | month)) !== 0 ||
        (word.length > 1 && word === word.toUpperCase()),
    )
  )
    return false;
  return isPrefixed || rest.length === 0 || (classOf(first.toLowerCase()) & (firstName | familyName)) === 0;
}

const cityStateEnd = new RegExp(String.raw`(?<![A-Za-z'-])(${city}),\s{0,2}${statePattern}\.?,?\s{1,3}$`);

/** @returns where "City, ST " begins that ends at `at` */
export function isCityStateBefore(text: string, at: number): number | undefined {
  const windowStart = Math.max(0, at - 72);
  const found = cityStateEnd.exec(text.slice(windowStart, at));
  return found === null ? undefined : windowStart + found.index;
}
