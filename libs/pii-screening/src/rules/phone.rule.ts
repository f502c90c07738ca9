import { type DigitGroups, type Gap, gap, isDigit, isLetter } from '../digit-groups.js';
import { hasForeignLabel, hasPhoneLabel } from '../labels.js';
import { callingCodeOf } from './calling-codes.js';
import { followsMeasure, followsUnit, standsInNumberList } from './number-surroundings.js';
import type { Candidate, ScannedText } from './rule.js';

const type = 'PHONE';
const extension =
  /\s{0,2},?\s{0,2}(?:\bext(?:ension|n)?\b\.?|#)\s{0,2}[:#]?\s{0,2}\d{1,6}(?!\d)|\s{0,2},?\s{0,2}\bx(?:\s?\d{2,6}|\d)(?!\d)|x\d{1,6}(?![\dA-Za-z])/iy;

interface Shape {
  first: number;
  last: number;
  confidence: number;
  rule: string;
}

/** Phone and fax numbers: North American shapes, international ones, and what a label calls a phone. */
export function findPhoneNumbers({ text, groups }: ScannedText): Candidate[] {
  const found: Candidate[] = [];
  for (let first = 0; first < groups.count; first++) {
    const shape =
      international(text, groups, first) ??
      northAmerican(text, groups, first) ??
      local(text, groups, first) ??
      labelled(text, groups, first);
    if (shape === undefined) continue;
    found.push(toCandidate(text, groups, shape));
    first = shape.last;
  }
  return found;
}

/** "+44 20 7946 0958", "011 44 20 7946 0958" */
function international(text: string, groups: DigitGroups, first: number): Shape | undefined {
  const start = groups.start(first);
  const hasPlus =
    text[start - 1] === '+' ||
    (text[start - 1] === '(' && /\+\s?\($/.test(text.slice(Math.max(0, start - 3), start)));
  const isDialledOut =
    groups.length(first) === 3 && groups.digits(first) === '011' && groups.gapAfter(first) !== gap.none;
  if (!hasPlus && !isDialledOut) return undefined;
  if (hasPlus && isWord(text.charCodeAt(start - 2))) return undefined;
  const from = hasPlus ? first : first + 1;
  const code = callingCodeOf(groups.digits(from, Math.min(from + 1, groups.count - 1)).slice(0, 4));
  if (code === undefined) return undefined;
  const shortest = code === '1' ? 11 : code.length + 7;
  const longest = code === '1' ? 11 : code.length + (longNational.has(code) ? 11 : 10);
  let total = groups.length(from);
  let last = from;
  while (isPhoneJoint(groups.gapAfter(last)) && total + groups.length(last + 1) <= longest) {
    last++;
    total += groups.length(last);
  }
  if (total < shortest || total > longest || continuesAfter(text, groups, last)) return undefined;
  return { first, last, confidence: 0.95, rule: 'phone-international' };
}

const longNational = new Set(['86', '55', '49', '39', '43', '81']);

/** Ten digits by three, three and four, with or without a leading 1. */
function northAmerican(text: string, groups: DigitGroups, start: number): Shape | undefined {
  const hasTrunk =
    groups.length(start + 1) === 3 &&
    /^(?:00)?1$/.test(groups.digits(start)) &&
    isPhoneJoint(groups.gapAfter(start));
  const first = hasTrunk ? start + 1 : start;
  if (groups.length(first) !== 3) return undefined;
  const afterArea = groups.gapAfter(first);
  if (!isPhoneJoint(afterArea) || afterArea === gap.open) return undefined;
  const isWhole = groups.length(first + 1) === 7;
  if (!isWhole && (groups.length(first + 1) !== 3 || groups.length(first + 2) !== 4)) return undefined;
  const last = isWhole ? first + 1 : first + 2;
  const afterExchange = isWhole ? afterArea : groups.gapAfter(first + 1);
  if (!isWhole && (afterExchange === gap.none || afterExchange === gap.close || afterExchange === gap.open))
    return undefined;
  const at = groups.start(start);
  if (isPartOfToken(text, groups, start) || continuesAfter(text, groups, last)) return undefined;
  if (hasPhoneLabel(text, at)) return { first: start, last, confidence: 0.99, rule: 'phone-labelled' };
  if (hasForeignLabel(text, at)) return undefined;
  const digits = groups.digits(first, last);
  const isLoose = [afterArea, afterExchange].every(
    (between) => between === gap.space || between === gap.line,
  );
  if (afterArea === gap.close || (!isLoose && !isWhole)) {
    return {
      first: start,
      last,
      confidence: isAssignable(digits) ? 0.96 : 0.85,
      rule: 'phone-north-american',
    };
  }
  if (!isAssignable(digits) || digits.endsWith('00')) return undefined;
  if (
    isLoose &&
    (followsUnit(text, groups.end(last)) ||
      standsInNumberList(groups, start, last) ||
      followsMeasure(text, at))
  )
    return undefined;
  return { first: start, last, confidence: 0.8, rule: 'phone-north-american' };
}

/** Seven digits: under a label, or with 555, which is only ever a phone's exchange. */
function local(text: string, groups: DigitGroups, first: number): Shape | undefined {
  if (groups.length(first) !== 3 || groups.length(first + 1) !== 4) return undefined;
  const between = groups.gapAfter(first);
  if (between !== gap.dash && between !== gap.dot && between !== gap.space) return undefined;
  const at = groups.start(first);
  if (isPartOfToken(text, groups, first) || continuesAfter(text, groups, first + 1)) return undefined;
  // "079 7602 9803" goes on: it is read by its label.
  const goesOn = groups.gapAfter(first + 1) !== gap.none && groups.length(first + 2) >= 3;
  if (!goesOn && hasPhoneLabel(text, at))
    return { first, last: first + 1, confidence: 0.9, rule: 'phone-labelled' };
  const isFictitious = groups.digits(first) === '555' && between === gap.dash && !hasForeignLabel(text, at);
  const isBefore = first > 0 && groups.gapAfter(first - 1) !== gap.none;
  return isFictitious && !isBefore
    ? { first, last: first + 1, confidence: 0.8, rule: 'phone-local' }
    : undefined;
}

/** Seven to thirteen digits however they are grouped, right after "phone", "fax", "call" and the like. */
function labelled(text: string, groups: DigitGroups, first: number): Shape | undefined {
  // Digits that are joined to digits before them do not begin a number, and no label stands directly before them.
  if (
    groups.length(first) > 11 ||
    groups.gapAfter(first - 1) !== gap.none ||
    isPartOfToken(text, groups, first)
  )
    return undefined;
  if (!hasPhoneLabel(text, groups.start(first))) return labelledAfter(text, groups, first);
  const digits: string[] = [];
  let total = 0;
  let last = first;
  for (
    let group = first;
    total + groups.length(group) <= 13 && group < first + 13 && group < groups.count;
    group++
  ) {
    total += groups.length(group);
    last = group;
    digits.push(groups.digits(group));
    if (total >= 10 || !isPhoneJoint(groups.gapAfter(group)) || groups.gapAfter(group) === gap.slash) break;
  }
  if (total < 7 || total > 13 || looksLikeDate(digits) || continuesAfter(text, groups, last))
    return undefined;
  if (digits.length === 1 && total === 9) return undefined;
  return { first, last, confidence: 0.85, rule: 'phone-labelled' };
}

/** "6175550143 (cell)", "079 4650 2145 office" */
function labelledAfter(text: string, groups: DigitGroups, first: number): Shape | undefined {
  let total = groups.length(first);
  let last = first;
  const lengths = [groups.digits(first)];
  while (
    last < first + 4 &&
    isPhoneJoint(groups.gapAfter(last)) &&
    groups.gapAfter(last) !== gap.slash &&
    total < 12
  ) {
    last++;
    total += groups.length(last);
    lengths.push(groups.digits(last));
  }
  const isBare = last === first;
  if (
    isBare
      ? total !== 10 || !isAssignable(groups.digits(first))
      : total < 6 || total > 12 || looksLikeDate(lengths)
  )
    return undefined;
  if (
    hasForeignLabel(text, groups.start(first)) ||
    !labelBehind.test(text.slice(groups.end(last), groups.end(last) + 24))
  )
    return undefined;
  return { first, last, confidence: 0.8, rule: 'phone-labelled' };
}

const labelBehind =
  /^\s{0,2}[-,(]?\s?(?:cell|mobile|home|work|office|fax|phone|pager|landline)\b(?!\s?(?:counts?|visits?|hours|notes?|\/))/i;

function looksLikeDate(parts: readonly string[]): boolean {
  const joined = parts.join('-');
  return /^(?:(?:19|20)\d\d-?(?:0?\d|1[0-2])-?[0-3]?\d|\d{1,2}-\d{1,2}-(?:19|20)\d\d)(?:-|$)/.test(joined);
}

/** @see NANPA: area code and exchange begin with 2 to 9 */
function isAssignable(digits: string): boolean {
  return /^[2-9]\d\d[2-9]/.test(digits);
}

function toCandidate(text: string, groups: DigitGroups, shape: Shape): Candidate {
  let start = groups.start(shape.first);
  const opening = /(?:\+\s?)?\($|\+$/.exec(text.slice(Math.max(0, start - 3), start));
  // An opening parenthesis belongs to the number if its closing one does.
  if (opening !== null && (opening[0] === '+' || hasClosing(groups, shape))) start -= opening[0].length;
  let end = groups.end(shape.last);
  extension.lastIndex = end;
  const match = extension.exec(text);
  if (match !== null) end += match[0].length;
  return { type, start, end, confidence: shape.confidence, rule: shape.rule };
}

function hasClosing(groups: DigitGroups, shape: Shape): boolean {
  for (let group = shape.first; group < shape.last; group++)
    if (groups.gapAfter(group) === gap.close) return true;
  return false;
}

function isPhoneJoint(between: Gap): boolean {
  return between !== gap.none;
}

/** Letters, decimals and longer dashed numbers before `first` make it the tail of something else. */
function isPartOfToken(text: string, groups: DigitGroups, first: number): boolean {
  const start = groups.start(first);
  const before = text.charCodeAt(start - 1);
  const joined = text.slice(Math.max(0, start - 12), start);
  if (isLetter(before)) return !/(?:^|[^A-Za-z])(?:t|f|c|m|h|w|ph|tel|fax|cell|phone|mobile)$/i.test(joined);
  if (before === 0x24 || before === 0x3d) return true;
  const isJoint = before === 0x2d || before === 0x2e || before === 0x5f;
  if (!isJoint || !isWord(text.charCodeAt(start - 2))) return false;
  return !/(?:^|[^A-Za-z])(?:ph|tel|fax|cell|phone|mobile)[-.]$/i.test(joined);
}

/** More digits or letters after `last` make it the head of something else; an extension does not. */
function continuesAfter(text: string, groups: DigitGroups, last: number): boolean {
  const end = groups.end(last);
  extension.lastIndex = end;
  if (extension.test(text)) return false;
  const after = text.charCodeAt(end);
  if (isLetter(after)) {
    const isWhole = groups.length(last) === 4 && groups.gapAfter(last - 1) !== gap.none;
    // "617-555-0143or" lacks a blank; "0143mL" is a volume, "0143A" another number.
    if (isWhole && /^[a-z]{2,}/.test(text.slice(end, end + 3)) && !followsUnit(text, end)) return false;
    return !/[chmwf]/i.test(text[end] ?? '') || isWord(text.charCodeAt(end + 1));
  }
  if (after === 0x25) return true;
  return (after === 0x2d || after === 0x2e || after === 0x5f) && isDigit(text.charCodeAt(end + 1));
}

function isWord(unit: number): boolean {
  return isDigit(unit) || isLetter(unit);
}
