import { type DigitGroups, type Gap, gap, isDigit, isLetter } from '../digit-groups.js';
import { hasSsnLabel } from '../labels.js';
import { followsUnit, standsInNumberList } from './number-surroundings.js';
import type { Candidate, ScannedText } from './rule.js';

const type = 'US_SOCIAL_SECURITY_NUMBER';

const joints: readonly Gap[] = [gap.space, gap.dash, gap.dot, gap.slash, gap.line];
const isJoint = (between: Gap) => joints.includes(between);

/** Social security numbers: three, two and four digits, or nine digits under a label. */
export function findSocialSecurityNumbers({ text, groups }: ScannedText): Candidate[] {
  const found: Candidate[] = [];
  for (let first = 0; first < groups.count; first++) {
    const candidate = grouped(text, groups, first) ?? labelled(text, groups, first);
    if (candidate !== undefined) found.push(candidate);
  }
  return found;
}

function grouped(text: string, groups: DigitGroups, first: number): Candidate | undefined {
  if (groups.length(first) !== 3 || groups.length(first + 1) !== 2 || groups.length(first + 2) !== 4)
    return undefined;
  const gaps = [groups.gapAfter(first), groups.gapAfter(first + 1)];
  if (!gaps.every(isJoint)) return undefined;
  const span = { start: groups.start(first), end: groups.end(first + 2) };
  const digits = groups.digits(first, first + 2);
  // Zeros are how a form is blanked; they identify nobody.
  if (/^0+$/.test(digits)) return undefined;
  if (hasSsnLabel(text, span.start, span.end))
    return { type, ...span, confidence: 0.99, rule: 'ssn-labelled' };
  if (continuesBefore(text, groups, first) || continuesAfter(text, groups, first + 2)) return undefined;
  if (gaps.every((between) => between === gap.dash)) {
    // Areas that were never issued count too: a mistyped number still leads to its owner, and ITINs begin with 9.
    return { type, ...span, confidence: isIssuable(digits) ? 0.97 : 0.9, rule: 'ssn-dashed' };
  }
  if (!isIssuable(digits)) return undefined;
  const isLoose = gaps.every((between) => between === gap.space || between === gap.line);
  if (isLoose && !isPlainlyOneNumber(text, groups, first)) return undefined;
  return { type, ...span, confidence: isLoose ? 0.8 : 0.85, rule: 'ssn-spaced' };
}

/** Nine digits however they are grouped, where a label says what they are. */
function labelled(text: string, groups: DigitGroups, first: number): Candidate | undefined {
  // A number that is joined to digits before it does not begin here.
  if (groups.length(first) > 9 || groups.gapAfter(first - 1) !== gap.none) return undefined;
  const last = groups.lastOfTotal(first, 9, isJoint);
  if (last === undefined || /^0+$/.test(groups.digits(first, last))) return undefined;
  const span = { start: groups.start(first), end: groups.end(last) };
  if (!hasSsnLabel(text, span.start, span.end)) return undefined;
  return { type, ...span, confidence: 0.95, rule: 'ssn-labelled' };
}

/** @see https://www.ssa.gov/employer/randomization.html: areas 000, 666 and 900 to 999 are not assigned */
function isIssuable(digits: string): boolean {
  return !/^(?:000|666|9)/.test(digits) && digits.slice(3, 5) !== '00' && digits.slice(5) !== '0000';
}

/** Three numbers in a row of a table look the same; years, units and more numbers around give them away. */
function isPlainlyOneNumber(text: string, groups: DigitGroups, first: number): boolean {
  if (/^(?:19|20)\d\d$/.test(groups.digits(first + 2))) return false;
  if (groups.digits(first, first + 2).endsWith('00')) return false;
  if (
    /\b(?:suite|ste|apt|unit|room|rm|bed|no|floor)\.?\s{0,2}#?$/i.test(
      text.slice(Math.max(0, groups.start(first) - 10), groups.start(first)),
    )
  )
    return false;
  return !standsInNumberList(groups, first, first + 2) && !followsUnit(text, groups.end(first + 2));
}

function continuesBefore(text: string, groups: DigitGroups, first: number): boolean {
  const start = groups.start(first);
  const before = text.charCodeAt(start - 1);
  const between = groups.gapAfter(first - 1);
  if (first > 0 && (between === gap.dash || between === gap.dot) && start - groups.end(first - 1) === 1)
    return true;
  // "ORD-123-45-6789" is one token; "SSN-..." was accepted above, by its label.
  return (before === 0x2d || before === 0x5f || before === 0x2e) && isLetter(text.charCodeAt(start - 2));
}

function continuesAfter(text: string, groups: DigitGroups, last: number): boolean {
  const end = groups.end(last);
  const after = text.charCodeAt(end);
  if (after === 0x2e || after === 0x2d) {
    if (!isDigit(text.charCodeAt(end + 1))) return false;
    // Plan ids were the number and a one or two digit suffix: that still is the number.
    const isSuffix = after === 0x2d && groups.length(last + 1) <= 2 && groups.gapAfter(last + 1) !== gap.dash;
    return !isSuffix;
  }
  // One letter may follow: Medicare's old claim number was the number and a letter. A word may not.
  return isLetter(after) && isLetter(text.charCodeAt(end + 1)) && isLetter(text.charCodeAt(end + 2));
}
