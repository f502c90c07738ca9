import { type DigitGroups, gap, isDigit, isLetter } from '../digit-groups.js';
import { hasAddressLabel } from '../labels.js';
import { endOfAddress, isCityStateBefore } from './address-continuation.js';
import * as lexicon from './address-words.js';
import type { Candidate, ScannedText } from './rule.js';

const type = 'ADDRESS';
const mostNameTokens = 6;

/** Street addresses (number, name, suffix, and what follows them), post office boxes, and city, state and ZIP lines. */
export function findPostalAddresses({ text, groups }: ScannedText): Candidate[] {
  const found: Candidate[] = [];
  for (let group = 0; group < groups.count; group++) {
    const candidate =
      militaryAddress(text, groups, group) ??
      postOfficeBox(text, groups, group) ??
      street(text, groups, group) ??
      cityLine(text, groups, group) ??
      labelledZip(text, groups, group);
    if (candidate !== undefined) found.push(candidate);
  }
  return found;
}

const boxBefore =
  /\b(?:(?:p\.?\s?o\.?|post\s?office|postal)\s?(?:box|drawer)|(?:r\.?\s?r\.?|rural\sroute)\s{0,2}#?\d{1,3},?\s{1,2}box)\s{0,2}(?:#|no\.?|number)?\s{0,2}$/i;

function postOfficeBox(text: string, groups: DigitGroups, group: number): Candidate | undefined {
  const start = groups.start(group);
  // Cheap look first: only a "box" or "drawer", its sign or its "number" stands before the digits.
  if (groups.length(group) > 7 || !/[xr#.o]\s{0,2}$/i.test(text.slice(Math.max(0, start - 3), start)))
    return undefined;
  const windowStart = Math.max(0, start - 40);
  const box = boxBefore.exec(text.slice(windowStart, start));
  if (box === null) return undefined;
  const { end } = endOfAddress(text, groups.end(group));
  return { type, start: windowStart + box.index, end, confidence: 0.95, rule: 'address-po-box' };
}

const militaryBefore =
  /(?:(?:\b(?:PSC|Unit|CMR|OPC)\s\d{1,5},?\s{1,3}Box\s\d{1,5}|\bUS(?:NS|S|CGC|NV)?\s[A-Z][\p{L}'-]{1,20}(?:\s[A-Z][\p{L}'-]{1,20})?)[,\s]{1,4})?\b[AFD]PO,?\s(?:AA|AE|AP)\s$/iu;

/** "PSC 3, Box 1102, FPO AE 09021": mail of the armed forces and the diplomatic service (USPS Publication 28, 238). */
function militaryAddress(text: string, groups: DigitGroups, group: number): Candidate | undefined {
  if (groups.length(group) !== 5) return undefined;
  const start = groups.start(group);
  if (!/\bA[AEP]\s$/i.test(text.slice(Math.max(0, start - 4), start))) return undefined;
  const windowStart = Math.max(0, start - 64);
  const match = militaryBefore.exec(text.slice(windowStart, start));
  if (match === null) return undefined;
  return {
    type,
    start: windowStart + match.index,
    end: endOfZip(groups, group),
    confidence: 0.95,
    rule: 'address-military',
  };
}

/** "ZIP: 33101" */
function labelledZip(text: string, groups: DigitGroups, group: number): Candidate | undefined {
  if (groups.length(group) !== 5) return undefined;
  const start = groups.start(group);
  if (
    !/\b(?:zip|zip\s?-?code|postal\scode|postcode)\s{0,2}(?:is|was|of)?[\s:#=(]{0,4}$/i.test(
      text.slice(Math.max(0, start - 24), start),
    )
  )
    return undefined;
  if (isWord(text.charCodeAt(groups.end(group)))) return undefined;
  return { type, start, end: endOfZip(groups, group), confidence: 0.9, rule: 'address-zip' };
}

function endOfZip(groups: DigitGroups, group: number): number {
  const isPlusFour = groups.gapAfter(group) === gap.dash && groups.length(group + 1) === 4;
  return groups.end(isPlusFour ? group + 1 : group);
}

/** "Boston, MA 02118" on its own, as the last line of an address whose first line is somewhere else. */
function cityLine(text: string, groups: DigitGroups, group: number): Candidate | undefined {
  if (groups.length(group) !== 5) return undefined;
  const start = isCityStateBefore(text, groups.start(group));
  if (start === undefined || isWord(text.charCodeAt(groups.end(group)))) return undefined;
  return { type, start, end: endOfZip(groups, group), confidence: 0.85, rule: 'address-city-line' };
}

function street(text: string, groups: DigitGroups, group: number): Candidate | undefined {
  const number = houseNumber(text, groups, group);
  if (number === undefined) return undefined;
  const name = streetName(text, number.end);
  const isLabelled = hasAddressLabel(text, number.start);
  if (name === undefined) return streetWithoutSuffix(text, number, isLabelled);
  const address = endOfAddress(text, name.end);
  const isConfirmed = isLabelled || address.hasPlace || address.hasUnit;
  if (!isConfirmed && !isBelievable(text, name, groups.length(group))) return undefined;
  const confidence = isConfirmed ? 0.95 : name.isStrong ? 0.85 : 0.7;
  return { type, start: number.start, end: address.end, confidence, rule: 'address-street' };
}

const bareName =
  /[ \t]{1,2}(?:The[ ])?[A-Z][a-z][A-Za-z'-]{1,24}(?:[ ][A-Z][A-Za-z'-]{1,24}){0,2}(?=\s{0,2}(?:,|\n|\.|;|$|\(|Apt|Unit|Suite|Ste|#)|[ ][A-Z])/y;

/** "8460 The Copse, Salem, OR 97301": a name of any kind before a city with its state, or behind "lives at" before a town. */
function streetWithoutSuffix(
  text: string,
  number: { start: number; end: number },
  isLabelled: boolean,
): Candidate | undefined {
  bareName.lastIndex = number.end;
  const match = bareName.exec(text);
  if (match === null) return undefined;
  const [first = ''] = match[0].trim().toLowerCase().split(' ');
  if (lexicon.neverInStreetNames.has(first) && first !== 'the') return undefined;
  const address = endOfAddress(text, bareName.lastIndex);
  if (!address.hasState && !(isLabelled && address.hasPlace)) return undefined;
  return { type, start: number.start, end: address.end, confidence: 0.75, rule: 'address-street' };
}

/** "12", "221B", "12-34", "12 1/2": one to six digits that are no part of another number. */
function houseNumber(
  text: string,
  groups: DigitGroups,
  group: number,
): { start: number; end: number } | undefined {
  if (groups.length(group) > 6) return undefined;
  let start = groups.start(group);
  let end = groups.end(group);
  const before = text.charCodeAt(start - 1);
  if (isWord(before) || '.-/$:+<>=_'.includes(text[start - 1] ?? ' ')) {
    // A label's colon is fine, a clock's is not; a hyphen only as in Queens, "12-34 45th Street".
    const isQueens =
      before === 0x2d && groups.gapAfter(group - 1) === gap.dash && groups.length(group - 1) <= 3;
    if (isQueens) start = groups.start(group - 1);
    else if (text[start - 1] !== ':' || isDigit(text.charCodeAt(start - 2))) return undefined;
    if (isQueens && (isWord(text.charCodeAt(start - 1)) || text[start - 1] === '-')) return undefined;
  }
  if (isLetter(text.charCodeAt(end)) && !isWord(text.charCodeAt(end + 1))) end++;
  const half = /^\s1\/2(?=\s)/.exec(text.slice(end, end + 5));
  if (half !== null) end += half[0].length;
  return isBlank(text.charCodeAt(end)) ? { start, end } : undefined;
}

interface StreetName {
  end: number;
  isStrong: boolean;
  isLowerCase: boolean;
  suffix: string;
}

const token = /[ \t]{1,3}([A-Za-z0-9][A-Za-z0-9'&/-]{0,24})(\.?)/y;

/** Walks at most a few words after a house number up to the suffix of a street. */
function streetName(text: string, from: number): StreetName | undefined {
  let at = from;
  let weak: StreetName | undefined;
  let isLowerCase = false;
  let names = 0;
  for (let index = 0; index < mostNameTokens; index++) {
    token.lastIndex = at;
    const match = token.exec(text);
    if (match === null) break;
    const word = match[1] ?? '';
    const lower = word.toLowerCase();
    const end = match.index + match[0].length;
    if (index === 0) {
      const numbered = numberedRoad(text, at);
      if (numbered !== undefined) return numbered;
      isLowerCase = /^[a-z]{3,}$/.test(word);
    }
    if (names > 0 && lexicon.strongSuffixes.has(lower)) {
      return withChainedSuffix(text, {
        end: end - (match[2] ?? '').length,
        isStrong: true,
        isLowerCase,
        suffix: word,
      });
    }
    if (names > 0 && lexicon.weakSuffixes.has(lower) && !isSaint(text, word, end)) {
      weak = { end: end - (match[2] ?? '').length, isStrong: false, isLowerCase, suffix: word };
    }
    if (!isNameWord(word, lower, isLowerCase, names)) break;
    if (!lexicon.directionals.has(lower) || /^[A-Z][a-z]{3,}/.test(word)) names++;
    if (lower === 'broadway' && names === 1)
      return {
        end: match.index + match[0].length - (match[2] ?? '').length,
        isStrong: true,
        isLowerCase,
        suffix: word,
      };
    // A full stop ends the phrase but after an abbreviation.
    if (match[2] === '.' && word.length > 2 && !lexicon.weakSuffixes.has(lower)) break;
    at = end;
  }
  return weak;
}

function isNameWord(word: string, lower: string, isLowerCase: boolean, names: number): boolean {
  if (/^\d{1,3}(?:st|nd|rd|th)$/i.test(word)) return true;
  if (/^(?:Old|Upper|Lower|New)$/.test(word)) return true;
  if (lexicon.neverInStreetNames.has(lower)) return names > 0 && lower === 'the' && !isLowerCase;
  if (lexicon.directionals.has(lower)) return true;
  if (names > 0 && lexicon.connectors.has(lower)) return true;
  if (isLowerCase) return names < 2 && /^[a-z][a-z'-]{2,}$/.test(word);
  return /^[A-Z]/.test(word);
}

/** "Highway 61", "State Route 9", "Avenue B", "Calle Ocho": the kind comes before the name. */
function numberedRoad(text: string, at: number): StreetName | undefined {
  const match =
    /^[ \t]{1,3}(?:(?:(?:[NSEW]|North|South|East|West)\.?\s)?(?:(?:US|State|County|Old|Interstate|Farm[ ]Road)\s)?(?:Highway|Hwy|Route|Rte|Road|Rd|FM|CR|SR|US|I)[ -]#?\d{1,4}[A-Z]?|(?:Avenue|Ave)\s(?:[A-Z]\b|of\sthe\s[A-Z][a-z]{1,20})|(?:Calle|Avenida|Camino|Via|Paseo|Rue)\s(?:(?:de|del|la|las|los|el)\s){0,2}[A-Z][a-z]{1,20}(?:\s[A-Z][a-z]{1,20})?)\b/.exec(
      text.slice(at, at + 72),
    );
  if (match === null) return undefined;
  return { end: at + match[0].length, isStrong: true, isLowerCase: false, suffix: '' };
}

/** "Park Avenue North", "Block Extension": suffixes and directions that follow at once. */
function withChainedSuffix(text: string, name: StreetName): StreetName {
  token.lastIndex = name.end + (text[name.end] === '.' ? 1 : 0);
  const match = token.exec(text);
  const word = match?.[1] ?? '';
  const isDirection = /^(?:[NS][EW]?|[EW]|North|South|East|West|(?:North|South)(?:east|west))$/.test(word);
  const isSuffix = /^[A-Z]/.test(word) && lexicon.strongSuffixes.has(word.toLowerCase());
  if (match === null || !(isDirection || isSuffix)) return name;
  return { ...name, end: match.index + match[0].length - (match[2] ?? '').length };
}

/** "St John's wort", "Dr Smith", "ST elevation": the abbreviation belongs to what follows. */
function isSaint(text: string, word: string, end: number): boolean {
  const lower = word.toLowerCase();
  const next = /^\.?[ \t]{1,2}([A-Za-z]+)/.exec(text.slice(end, end + 24))?.[1];
  if (next === undefined) return false;
  if (lower === 'st' && lexicon.afterStSegment.has(next.toLowerCase())) return true;
  return false;
}

/** Without a label, a unit or a city the words themselves have to look like a street. */
function isBelievable(text: string, name: StreetName, numberDigits: number): boolean {
  const rest = text.slice(name.end, name.end + 24);
  const endsPhrase =
    /^\.?(?:[,;:)\]"'|]|\s{0,3}$|\s{0,2}\n|\.?\s(?:in|on|at|and|with|since|near|by|where|who|for|as|is|or|to|but|which)\b)|^\.\s/.test(
      rest,
    );
  if (name.isLowerCase)
    return name.isStrong && numberDigits >= 2 && /^(?:street|avenue|boulevard|road|lane)$/.test(name.suffix);
  if (name.isStrong) return true;
  const lower = name.suffix.toLowerCase();
  // "2 Head CT": an abbreviation in capitals among other words is the clinic's.
  if (/^[A-Z]{2,}$/.test(name.suffix) && lower !== 'st' && lower !== 'dr') return false;
  return numberDigits >= 2 && lexicon.commonWeakSuffixes.has(lower) && endsPhrase;
}

function isWord(unit: number): boolean {
  return isDigit(unit) || isLetter(unit);
}

function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 0x09;
}
