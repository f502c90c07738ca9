import type { DigitGroups } from '../digit-groups.js';
import type { TextWords } from '../text-words.js';
import { classOf, wordClass } from '../words/lexicon.js';
import type { Candidate, ScannedText } from './rule.js';

const type = 'AGE';
const oldest = 125;

/** "92-year-old", "94 years of age", "95 y/o", "96yo" */
const ageAfter = /^\s{0,2}-?\s?(?:(?:years?|yrs?)[-\s](?:old\b|of\sage\b)|y\.?\/?o\b|y\.o\.)/i;
const ageBefore = /\b(?:ages?|aged|turned|turning|turns)\b[\s:=]{0,3}(?:is|was|of)?\s{0,2}$/i;
/** "over 90", "90 and older": a group of people, nobody in particular. */
const groupBefore =
  /(?:\b(?:over|above|than|under|least|from|between|to|or|and|patients|adults|people|men|women|those|persons)\s|[<>=-]\s?)$/i;
const groupAfter = /^\s?(?:\+|(?:years?\s(?:old\s|of\sage\s)?)?(?:and|or)\s(?:older|over|above|up|more))/i;

/** "her mother is 92." */
const personIs =
  /\b(?:he|she|who|patient|pt|mother|father|mom|dad|wife|husband|sister|brother|aunt|uncle|grandmother|grandfather|mrs?\.\s[A-Z][a-z]+|ms\.\s[A-Z][a-z]+)\s(?:is|was|who is|just turned|is now)\s(?:now\s)?$/i;
const clauseEnds = /^(?:[.,;)](?!\d)|\s(?:and|but|now|with|who)\b|\s{0,2}$)/;
const spelledAfter =
  /^(?:[-\s](?:one|two|three|four|five|six|seven|eight|nine))?(?=[-\s](?:years?|yrs?)[-\s](?:old|of)\b)/i;
const hundred = /^(?:one|a)$/;

/** Ages over 89, as 45 CFR 164.514(b)(2)(i)(C) has them; the span is the number alone. */
export function findAges(scanned: ScannedText): Candidate[] {
  const { text, groups } = scanned;
  const found: Candidate[] = [];
  for (let group = 0; group < groups.count; group++) {
    const candidate = inDigits(text, groups, group);
    if (candidate !== undefined) found.push(candidate);
  }
  if (!/ninety|hundred/i.test(text)) return found;
  const { words } = scanned;
  for (let word = 0; word < words.count; word++) {
    const candidate = inLetters(text, words, word);
    if (candidate !== undefined) found.push(candidate);
  }
  return found;
}

function inDigits(text: string, groups: DigitGroups, group: number): Candidate | undefined {
  const length = groups.length(group);
  if (length !== 2 && length !== 3) return undefined;
  const years = Number(groups.digits(group));
  if (years < 90 || years > oldest) return undefined;
  const [start, end] = [groups.start(group), groups.end(group)];
  if (/[\w./$%:-]/.test(text[start - 1] ?? ' ')) return undefined;
  const before = text.slice(Math.max(0, start - 24), start);
  const after = text.slice(end, end + 20);
  const isAfterName = /[a-z],\s$/.test(before) && /^[,)]/.test(after) && endsWithName(before);
  const isLabelled =
    (personIs.test(before) && clauseEnds.test(after)) ||
    isAfterName ||
    (ageBefore.test(before) && !/^\s?(?:[%/]|\.\d|days?|weeks?|months?|hours?|mg|-\d)/i.test(after));
  if (!isLabelled && !ageAfter.test(after)) return undefined;
  if (groupAfter.test(after) || (groupBefore.test(before) && !isLabelled)) return undefined;
  return { type, start, end, confidence: 0.9, rule: 'age-over-89' };
}

/** "Agnes Moore, 97, ..." */
function endsWithName(before: string): boolean {
  const word = /([A-Z][a-z]{1,20}),\s$/.exec(before)?.[1]?.toLowerCase();
  return (
    word !== undefined &&
    (classOf(word) & (wordClass.firstName | wordClass.familyName)) !== 0 &&
    (classOf(word) & wordClass.everyday) === 0
  );
}

/** "ninety-two-year-old", "a hundred years old" */
function inLetters(text: string, words: TextWords, word: number): Candidate | undefined {
  const lower = words.lower(word);
  if (!lower.startsWith('ninety') && !lower.startsWith('hundred')) return undefined;
  const start = words.start(word);
  const stem = lower.startsWith('ninety') ? 'ninety' : 'hundred';
  const from = start + stem.length;
  const rest = spelledAfter.exec(text.slice(from, from + 28));
  if (rest === null) return undefined;
  const isCounted = stem === 'hundred' && hundred.test(words.lower(word - 1)) && words.isJoined(word - 1);
  const at = isCounted ? words.start(word - 1) : start;
  if (groupBefore.test(text.slice(Math.max(0, at - 24), at))) return undefined;
  return { type, start: at, end: from + rest[0].length, confidence: 0.85, rule: 'age-spelled-out' };
}
