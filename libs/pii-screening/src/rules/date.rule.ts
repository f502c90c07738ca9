import { type DigitGroups, gap } from '../digit-groups.js';
import type { TextWords } from '../text-words.js';
import { months } from '../words/everyday-words.js';
import { visitWords } from '../words/place-words.js';
import { matchEnd } from './match-end.js';
import type { Candidate, ScannedText } from './rule.js';

const type = 'DATE';

/**
 * All elements of a date that are smaller than a year (45 CFR 164.514(b)(2)(i)(C)): numeric forms, written months, and a month
 * alone where the sentence speaks of time. Bare years and seasons are no such element.
 */
export function findDates(scanned: ScannedText): Candidate[] {
  const { text, groups } = scanned;
  const found: Candidate[] = [];
  for (let first = 0; first < groups.count; first++) {
    const candidate = numeric(text, groups, first, found.at(-1)?.end);
    if (candidate === undefined) continue;
    found.push(candidate);
    while (groups.end(first + 1) <= candidate.end && first + 1 < groups.count) first++;
  }
  const { words } = scanned;
  for (let word = 0; word < words.count; word++) {
    if (!isMonthInitial(text.charCodeAt(words.start(word)))) continue;
    const candidate = written(text, words, word);
    if (candidate !== undefined) found.push(candidate);
  }
  return found;
}

/** J, F, M, A, S, O, N and D: a cheap first look at a word. */
function isMonthInitial(unit: number): boolean {
  return 'jfmasond'.includes(String.fromCharCode(unit | 0x20));
}

function numeric(text: string, groups: DigitGroups, first: number, previousEnd = 0): Candidate | undefined {
  const length = groups.length(first);
  if (length > 8 || length === 3 || (length > 4 && length !== 8)) return undefined;
  const start = groups.start(first);
  if (isJoinedBefore(text, start)) return undefined;
  if (length === 8) return compact(text, groups, first);
  const spanish = length <= 2 ? spanishDate(text, start, groups.end(first)) : undefined;
  if (spanish !== undefined) return spanish;
  const joint = groups.gapAfter(first);
  if (joint !== gap.slash && joint !== gap.dash && joint !== gap.dot) return undefined;
  if (text.charCodeAt(groups.end(first)) <= 0x20) return undefined;
  const isWhole =
    groups.gapAfter(first + 1) === joint && groups.start(first + 2) - groups.end(first + 1) === 1;
  if (length === 4) return isWhole ? yearFirst(text, groups, first) : undefined;
  return isWhole
    ? yearLast(text, groups, first, joint)
    : partial(
        text,
        groups,
        first,
        joint,
        /^\s?(?:,|,?\s?(?:and|&|or|to|-|then))\s$/.test(text.slice(previousEnd, start)) && previousEnd > 0,
      );
}

/** "2021-09-30", "2021/09/30T10:15:00Z", "1993-10-20 12:40:13" */
function yearFirst(text: string, groups: DigitGroups, first: number): Candidate | undefined {
  const [year, month, day] = [groups.digits(first), groups.digits(first + 1), groups.digits(first + 2)];
  if (!isYear(year) || !isMonthDay(month, day) || groups.start(first + 1) - groups.end(first) !== 1)
    return undefined;
  const end = groups.end(first + 2);
  const time =
    /^(?:T\d{2}:?\d{2}(?::?\d{2}(?:\.\d{1,9})?)?|[ ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)(?:Z|[+-]\d{2}:?\d{2})?(?![\d:])/.exec(
      text.slice(end, end + 36),
    );
  if (time === null && isJoinedAfter(text, end)) return undefined;
  return {
    type,
    start: groups.start(first),
    end: end + (time?.[0].length ?? 0),
    confidence: 0.97,
    rule: 'date-numeric',
  };
}

/** "4/22/22", "05/08/2023", "14.03.2023", "22-04-1955": either order of day and month. */
function yearLast(text: string, groups: DigitGroups, first: number, joint: number): Candidate | undefined {
  const [a, b, year] = [groups.digits(first), groups.digits(first + 1), groups.digits(first + 2)];
  if (!isMonthDay(a, b) && !isMonthDay(b, a)) return undefined;
  const end = groups.end(first + 2);
  if (isJoinedAfter(text, end)) return undefined;
  const start = groups.start(first);
  // "1-2-10" and "2.3.14" are levels and sections unless something says that they are dates.
  const isShort =
    year.length === 2 && (joint === gap.slash || (a.length === 2 && b.length === 2) || saysDate(text, start));
  if (!isShort && !isYear(year)) return undefined;
  return { type, start, end, confidence: year.length === 4 ? 0.97 : 0.85, rule: 'date-numeric' };
}

/** "on 08/22", "since 3/2021" */
function partial(
  text: string,
  groups: DigitGroups,
  first: number,
  joint: number,
  isListed: boolean,
): Candidate | undefined {
  if (joint !== gap.slash || groups.gapAfter(first + 1) === gap.slash) return undefined;
  const [a, b] = [groups.digits(first), groups.digits(first + 1)];
  const start = groups.start(first);
  const end = groups.end(first + 1);
  if (isJoinedAfter(text, end)) return undefined;
  const before = text.slice(Math.max(0, start - 24), start);
  if (b.length === 4) {
    if (!isYear(b) || Number(a) < 1 || Number(a) > 12 || /\bexp(?:iry|ires|iration)?\b.{0,8}$/i.test(before))
      return undefined;
    if (/^\s?(?:dilution|titer|titre)/i.test(text.slice(end, end + 12))) return undefined;
    return { type, start, end, confidence: 0.85, rule: 'date-month-year' };
  }
  if (b.length > 2 || (!isMonthDay(a, b) && !isMonthDay(b, a))) return undefined;
  const isClocked = /^\s\d{1,2}:\d\d/.test(text.slice(end, end + 6));
  if (
    !isListed &&
    !isClocked &&
    !/(?:\b(?:on|since|dated?|until|till|by|as of|from|through|dob|born|around|before|after|starting|seen|appt|appointment|scheduled|hearing|recheck|returned|due)|[([]|\bto \d{1,2}\/\d{1,2} ?-)[\s:]{1,2}$/i.test(
      before,
    )
  )
    return undefined;
  // "took 1/2 tablet", "5/5 strength", "8/10 pain": fractions and scores.
  if (
    /^\s?(?:-?(?:of|tab|tablets?|pills?|doses?|strength|pain|power|cups?|teaspoons?|tsp|vision|murmur|systolic|for|in|on the|scale|points?|correct|items?|tested|out)\b|%)/i.test(
      text.slice(end, end + 16),
    )
  )
    return undefined;
  return { type, start, end, confidence: 0.7, rule: 'date-partial' };
}

const spanishMonths =
  'enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|setiembre|octubre|noviembre|diciembre';
const afterSpanishDay = new RegExp(
  String.raw`^\s{1,2}de\s(?:${spanishMonths})\b(?:\s(?:de|del)\s(?:19|20)\d\d(?!\d))?`,
  'i',
);

/** "3 de mayo de 2023" */
function spanishDate(text: string, start: number, end: number): Candidate | undefined {
  const match = text.startsWith(' de ', end) ? afterSpanishDay.exec(text.slice(end, end + 28)) : null;
  return match === null
    ? undefined
    : { type, start, end: end + match[0].length, confidence: 0.95, rule: 'date-written' };
}

/** "DOB 19550422" */
function compact(text: string, groups: DigitGroups, first: number): Candidate | undefined {
  const digits = groups.digits(first);
  const start = groups.start(first);
  if (!saysDate(text, start) || isJoinedAfter(text, groups.end(first))) return undefined;
  const isIso = isYear(digits.slice(0, 4)) && isMonthDay(digits.slice(4, 6), digits.slice(6));
  const isAmerican = isYear(digits.slice(4)) && isMonthDay(digits.slice(0, 2), digits.slice(2, 4));
  return isIso || isAmerican
    ? { type, start, end: groups.end(first), confidence: 0.9, rule: 'date-labelled' }
    : undefined;
}

const day = String.raw`(?:3[01]|[12]\d|0?[1-9])(?:\s?(?:st|nd|rd|th))?(?!\d)`;
const ordinalDay =
  '(?:twenty[- ]|thirty[- ])?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|tenth|eleventh|twelfth|thirteenth|' +
  'fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth';
const year = String.raw`(?:(?:19|20)\d\d(?!\d)|'\d\d(?!\d))`;
const yearAfter = String.raw`(?:\s?,\s{0,2}|\s{1,2}|\s{1,2}(?:of|in)\s|-|\/|\.\s?)`;
const afterMonth = new RegExp(
  String.raw`\.?(?:\s{0,2},?\s{1,2}|-|\/)(?:the\s)?(?:${day}(?:\s?(?:-|to|through|and|&)\s?${day})?|(?:${ordinalDay})\b)` +
    String.raw`(?:${yearAfter}${year}|[-/]\d\d(?![\d/-]))?(?![\w/%]|[.]\d)`,
  'iy',
);
const yearAfterMonth = new RegExp(
  String.raw`\.?(?:\s{0,2},\s{0,2}|\s{1,2}of\s(?:the\syear\s)?|\s{1,2}|-|\/)${year}(?![\w-]\d)`,
  'iy',
);
const yearAfterDayMonth = new RegExp(String.raw`\.?(?:${yearAfter}${year}|-\d\d(?!\d))`, 'iy');
const dayBefore = new RegExp(
  String.raw`(?<![\w.:/$%+-])(?:the\s)?(?:${day}\s?(?:-|to|through|and|&)\s?)?(?:${day}|\b(?:${ordinalDay}))(?:\s?(?:of\s(?:the\smonth\sof\s)?)|\s?-\s?|\s{1,2}|\/)$`,
  'i',
);

/** A month in letters, and what stands on both sides of it. */
function written(text: string, words: TextWords, word: number): Candidate | undefined {
  const lower = words.lower(word);
  if (lower.length < 3 || lower.length > 9 || !months.has(lower)) return undefined;
  const [start, end] = [words.start(word), words.fullEnd(word)];
  const isDoubtful =
    lower === 'may' ||
    lower === 'mar' ||
    lower === 'march' ||
    lower === 'dec' ||
    lower === 'sep' ||
    lower === 'jan';
  // "may 5 mg" and "march on" are no months; a month in lower case needs its year.
  if (isDoubtful && !words.isCapitalized(word) && !/\d{4}/.test(text.slice(end, end + 14))) return undefined;
  const windowStart = Math.max(0, start - 32);
  const before = dayBefore.exec(text.slice(windowStart, start));
  if (before !== null) {
    const from = windowStart + before.index + (/^the\s/i.exec(before[0])?.[0].length ?? 0);
    const to = matchEnd(yearAfterDayMonth, text, end) ?? end;
    return { type, start: from, end: to, confidence: to > end ? 0.97 : 0.85, rule: 'date-written' };
  }
  const withDay = matchEnd(afterMonth, text, end);
  if (withDay !== undefined && !followsMeasure(text, withDay))
    return { type, start, end: withDay, confidence: 0.97, rule: 'date-written' };
  const withYear = matchEnd(yearAfterMonth, text, end);
  if (withYear !== undefined) return { type, start, end: withYear, confidence: 0.9, rule: 'date-written' };
  return monthAlone(text, words, word);
}

/** "in March", "last December": a capital, and a word of time before it. */
function monthAlone(text: string, words: TextWords, word: number): Candidate | undefined {
  if (!words.isCapitalized(word) || words.isShouted(word) || words.fullEnd(word) - words.start(word) < 3)
    return undefined;
  const [start, end] = [words.start(word), words.fullEnd(word)];
  const before = text.slice(Math.max(0, start - 16), start);
  const relative = /\b(?:last|this|next|past|previous)\s$/i.exec(before);
  if (relative !== null)
    return { type, start: start - relative[0].length, end, confidence: 0.7, rule: 'date-month' };
  if (!/\b(?:in|since|until|till|by|during|through|of|early|late|mid|mid-)[ -]$/i.test(before))
    return undefined;
  // "by April Martin" is a person.
  if (words.isJoined(word) && words.isCapitalized(word + 1)) return undefined;
  // "flu season peaks in March" is no event in somebody's life.
  if (!isEventBefore(words, word)) return undefined;
  return { type, start, end, confidence: 0.6, rule: 'date-month' };
}

function isEventBefore(words: TextWords, word: number): boolean {
  for (let at = word - 2; at >= Math.max(0, word - 12); at--)
    if (visitWords.has(words.lower(at)) || eventWords.has(words.lower(at))) return true;
  return false;
}

const eventWords = new Set(
  'born birth died death accident fall fell injury injured started began stopped quit onset since surgery surgeries married retired delivered pregnancy lmp scan mri ct x-ray colonoscopy mammogram'.split(
    ' ',
  ),
);

/** "Mar 5 mg": the number is a dose. */
function followsMeasure(text: string, at: number): boolean {
  return /^\s?(?:mg|mcg|ml|mm|cm|kg|g|units?|iu|meq|tabs?|tablets?)\b/i.test(text.slice(at, at + 10));
}

function saysDate(text: string, at: number): boolean {
  return /(?:\bd\.\s?o\.\s?b\.|\b(?:dob|birth\s?dates?|date of birth|born|dates?|dod|doa|dos|admitted|discharged|seen|on|since|until|[a-z]{3,12}ed)\b)[\s:=(]{0,4}(?:is|was|on|of)?[\s:]{0,2}$/i.test(
    text.slice(Math.max(0, at - 32), at),
  );
}

function isYear(digits: string): boolean {
  return /^(?:1[89]|20)\d\d$/.test(digits);
}

function isMonthDay(month: string, dayOfMonth: string): boolean {
  if (month.length > 2 || dayOfMonth.length > 2) return false;
  const [m, d] = [Number(month), Number(dayOfMonth)];
  return m >= 1 && m <= 12 && d >= 1 && d <= 31;
}

/** Letters, joints and signs that make the digits the tail of something else. */
function isJoinedBefore(text: string, start: number): boolean {
  const before = text[start - 1] ?? ' ';
  if (/[A-Za-z$%+=_~<>]/.test(before)) return true;
  return /[-./]/.test(before) && /[\w/]/.test(text[start - 2] ?? ' ');
}

function isJoinedAfter(text: string, end: number): boolean {
  return (
    /^(?:[A-Za-z_%]|[-/.]\w|,\d)/.test(text.slice(end, end + 2)) && !/^\.[A-Z]/.test(text.slice(end, end + 2))
  );
}
