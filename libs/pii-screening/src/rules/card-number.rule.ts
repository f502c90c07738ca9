import { type DigitGroups, type Gap, gap, isDigit, isLetter } from '../digit-groups.js';
import { hasCardLabel, hasForeignLabel, hasPaymentLabel } from '../labels.js';
import { isSnomedExtensionId, passesLuhn } from './check-digits.js';
import type { Candidate, ScannedText } from './rule.js';

const type = 'CREDIT_DEBIT_CARD_NUMBER';
const shortestDigits = 13;
const longestDigits = 19;

/** Issuer prefixes and lengths, ISO/IEC 7812. `usual` lengths need no label when the check digit is right. */
const networks: readonly { prefix: RegExp; usual: readonly number[]; rare: readonly number[] }[] = [
  { prefix: /^4/, usual: [16], rare: [13, 19] }, // Visa
  { prefix: /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, usual: [16], rare: [] }, // Mastercard
  { prefix: /^3[47]/, usual: [15], rare: [] }, // American Express
  { prefix: /^(?:6011|64[4-9]|65)/, usual: [16], rare: [17, 18, 19] }, // Discover
  { prefix: /^(?:30[0-5]|3095|36|3[89])/, usual: [], rare: [14, 16, 19] }, // Diners Club
  { prefix: /^35(?:2[89]|[3-8])/, usual: [16], rare: [17, 18, 19] }, // JCB
  { prefix: /^62/, usual: [16], rare: [17, 18, 19] }, // UnionPay
  { prefix: /^(?:50|5[6-9]|6)/, usual: [], rare: [13, 14, 15, 16, 17, 18, 19] }, // Maestro
];

const joints: readonly Gap[] = [gap.space, gap.dash, gap.dot, gap.line];
const isJoint = (between: Gap) => joints.includes(between);

/** Payment card numbers: a network's prefix and length, the Luhn digit, and nothing that says it is another number. */
export function findCardNumbers(scanned: ScannedText): Candidate[] {
  const { groups } = scanned;
  const found: Candidate[] = [];
  for (let first = 0; first < groups.count; first++) {
    const candidate = groups.length(first) >= shortestDigits ? bare(scanned, first) : grouped(scanned, first);
    if (candidate !== undefined) found.push(candidate);
  }
  return found;
}

function bare({ text, groups }: ScannedText, group: number): Candidate | undefined {
  const digits = groups.length(group) <= longestDigits ? groups.digits(group) : '';
  const fit = networkFit(digits);
  if (fit === undefined || isPartOfToken(text, groups, group, group)) return undefined;
  const span = { start: groups.start(group), end: groups.end(group) };
  if (!passesLuhn(digits)) return mistyped(text, span);
  if (hasForeignLabel(text, span.start) || isSnomedExtensionId(digits)) return undefined;
  if (fit === 'usual') return { type, ...span, confidence: 0.93, rule: 'card-bare' };
  return hasCardLabel(text, span.start)
    ? { type, ...span, confidence: 0.9, rule: 'card-labelled' }
    : undefined;
}

function grouped({ text, groups }: ScannedText, first: number): Candidate | undefined {
  const isSpelledByFours = groups.length(first) >= 4;
  const begins = groups.gapAfter(first - 1) === gap.none;
  const labelled =
    !isSpelledByFours && begins && isJoint(groups.gapAfter(first)) && hasCardLabel(text, groups.start(first));
  if (groups.length(first) === 0 || (!isSpelledByFours && !labelled)) return undefined;
  for (const total of [16, 15, 14, 19]) {
    const last = groups.lastOfTotal(first, total, isJoint);
    if (last === undefined || last === first) continue;
    const digits = groups.digits(first, last);
    const fit = networkFit(digits);
    if (fit === undefined || isPartOfToken(text, groups, first, last)) continue;
    const span = { start: groups.start(first), end: groups.end(last) };
    if (!passesLuhn(digits)) {
      const candidate = mistyped(text, span);
      if (candidate !== undefined) return candidate;
      continue;
    }
    if (hasCardLabel(text, span.start)) return { type, ...span, confidence: 0.99, rule: 'card-grouped' };
    if (!isUsualGrouping(groups, first, last, fit) || hasForeignLabel(text, span.start)) continue;
    return { type, ...span, confidence: 0.96, rule: 'card-grouped' };
  }
  return undefined;
}

/** A card number with a wrong digit is still refused where the text says that it is one. */
function mistyped(text: string, span: { start: number; end: number }): Candidate | undefined {
  if (!hasPaymentLabel(text, span.start) || hasForeignLabel(text, span.start)) return undefined;
  return { type, ...span, confidence: 0.7, rule: 'card-labelled' };
}

function networkFit(digits: string): 'usual' | 'rare' | undefined {
  let fit: 'rare' | undefined;
  for (const network of networks) {
    if (!network.prefix.test(digits)) continue;
    if (network.usual.includes(digits.length)) return 'usual';
    if (network.rare.includes(digits.length)) fit = 'rare';
  }
  return fit;
}

/** Groups as they are embossed, one kind of joint throughout; rows of round values are no card. */
function isUsualGrouping(groups: DigitGroups, first: number, last: number, fit: 'usual' | 'rare'): boolean {
  const lengths: number[] = [];
  let round = 0;
  const kinds = new Set<Gap>();
  for (let group = first; group <= last; group++) {
    lengths.push(groups.length(group));
    if (groups.digits(group).endsWith('00')) round++;
    // A line break may stand anywhere in a wrapped number.
    if (group < last && groups.gapAfter(group) !== gap.line) kinds.add(groups.gapAfter(group));
  }
  if (kinds.size > 1 || round === lengths.length) return false;
  const shape = lengths.join('-');
  if (shape === '4-6-4') return true;
  return fit === 'usual' && (lengths.every((length) => length >= 4) || shape === '4-4-4-3');
}

/** Decimals, OIDs, hexadecimal and longer numbers are other things. */
function isPartOfToken(text: string, groups: DigitGroups, first: number, last: number): boolean {
  const start = groups.start(first);
  const end = groups.end(last);
  const before = text.charCodeAt(start - 1);
  const after = text.charCodeAt(end);
  if (isLetter(before) || isLetter(after)) return true;
  if (isJointUnit(before) && isWordUnit(text.charCodeAt(start - 2))) return true;
  if (after === 0x2e) return isDigit(text.charCodeAt(end + 1));
  return isJointUnit(after) && isWordUnit(text.charCodeAt(end + 1));
}

function isWordUnit(unit: number): boolean {
  return isDigit(unit) || isLetter(unit);
}

function isJointUnit(unit: number): boolean {
  return unit === 0x2d || unit === 0x2e || unit === 0x5f;
}
