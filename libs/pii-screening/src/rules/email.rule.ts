import { isDigit, isLetter } from '../digit-groups.js';
import { hasEmailLabel } from '../labels.js';
import type { Candidate, ScannedText } from './rule.js';

const type = 'EMAIL';
const longestLocalUnits = 64;
const longestDomainUnits = 253;

/** Top-level domains that are believed even where the address is taken apart by blanks or words. */
const commonDomain =
  'com|net|org|edu|gov|mil|int|info|biz|name|pro|health|care|clinic|hospital|doctor|med|me|io|co|ai|app|dev|tv|us|uk|ca|au|nz|' +
  'ie|de|at|ch|fr|es|it|pt|nl|be|lu|se|no|dk|fi|pl|cz|sk|hu|ro|bg|gr|tr|ru|ua|il|in|pk|cn|jp|kr|tw|hk|sg|th|vn|ph|id|my|br|mx|' +
  'ar|cl|pe|ve|za|ng|ke|eg|eu|example|test|invalid|local|onmicrosoft';
const commonEnding = new RegExp(String.raw`\.(?:${commonDomain})$`, 'i');

/** Email addresses: around an '@', and those whose signs are spelled out. */
export function findEmailAddresses({ text }: ScannedText): Candidate[] {
  const found: Candidate[] = [];
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    const candidate = aroundSign(text, at);
    if (candidate !== undefined) found.push(candidate);
  }
  return found.concat(spelledOut(text));
}

function aroundSign(text: string, at: number): Candidate | undefined {
  const localEnd = skipBlanksBack(text, at);
  const domainStart = skipBlanks(text, at + 1);
  const isSpaced = localEnd !== at || domainStart !== at + 1;
  const start = startOfLocal(text, localEnd);
  const end = endOfDomain(text, domainStart);
  if (start === undefined || end === undefined) return undefined;
  const domain = text.slice(domainStart, end);
  // "25mg@bedtime.Follow up" is a missing blank after a full stop; a domain's ending is in one case.
  if (!commonEnding.test(domain) && !/\.(?:[a-z]{2,24}|[A-Z]{2,24})$|^\[/.test(domain)) return undefined;
  if (isSpaced && (!commonEnding.test(domain) || !/[a-z]/i.test(text.slice(start, localEnd))))
    return undefined;
  return { type, start, end, confidence: isSpaced ? 0.8 : 0.99, rule: isSpaced ? 'email-spaced' : 'email' };
}

function startOfLocal(text: string, end: number): number | undefined {
  const floor = Math.max(0, end - longestLocalUnits);
  if (text[end - 1] === '"') {
    const opening = text.lastIndexOf('"', end - 2);
    return opening >= floor && !/[\n\xad]/.test(text.slice(opening, end)) ? opening : undefined;
  }
  let start = end;
  while (start > floor && isLocalUnit(text.charCodeAt(start - 1))) start--;
  // "j d o e @": letters one by one.
  if (end - start === 1 && end < text.length && isBlank(text.charCodeAt(end))) {
    while (
      start - 2 >= floor &&
      isBlank(text.charCodeAt(start - 1)) &&
      isWord(text.charCodeAt(start - 2)) &&
      !isWord(text.charCodeAt(start - 3))
    )
      start -= 2;
  }
  while (start < end && !isWord(text.charCodeAt(start))) start++;
  return start < end && isWord(text.charCodeAt(start)) ? start : undefined;
}

function endOfDomain(text: string, start: number): number | undefined {
  if (text[start] === '[') {
    const literal = /^\[(?:ipv6:)?[0-9a-f.:]{3,45}\]/i.exec(text.slice(start, start + 60));
    return literal === null ? undefined : start + literal[0].length;
  }
  const ceiling = Math.min(text.length, start + longestDomainUnits);
  let end = start;
  let lastDot = -1;
  let labelStart = start;
  while (end < ceiling && (isWord(text.charCodeAt(end)) || isInnerJoint(text, end))) {
    if (text[end] === '.') {
      lastDot = end;
      labelStart = end + 1;
    }
    end++;
  }
  if (lastDot <= start) return undefined;
  // "jane@example.com.Next visit": a capital after the full stop begins a sentence.
  const tail = text.slice(labelStart, end);
  const head = text.slice(start, lastDot);
  if (/^[A-Z][a-z]/.test(tail) && commonEnding.test(head)) return lastDot;
  return end - labelStart >= 2 && isLetter(text.charCodeAt(labelStart)) ? end : undefined;
}

function isInnerJoint(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return (
    (unit === 0x2e || unit === 0x2d || unit === 0x5f) &&
    (isWord(text.charCodeAt(at + 1)) || text[at + 1] === '-')
  );
}

const atWord = /\bat\b|[([{<]\s?(?:at|@)\s?[)\]}>]|\barroba\b/gi;
const dotWord = String.raw`(?:\s{0,2}[([{<]\s?(?:dot|\.)\s?[)\]}>]\s{0,2}|\s{1,3}(?:dot|punto)\s{1,3}|\.|\s\.\s)`;
const spelledDomain = new RegExp(
  String.raw`\s{0,3}(?:[a-z0-9-]{1,40}${dotWord}){1,4}?(?:${commonDomain})\b(?:\s{0,2}(?:\.|dot)\s{0,2}(?:${commonDomain})\b)?`,
  'iy',
);
const localJoint = String.raw`(?:\s{0,2}[([{<]\s?(?:dot|\.|_|-)\s?[)\]}>]\s{0,2}|\s{1,3}(?:dot|punto|underscore|dash|hyphen|plus)\s{1,3}|\.|\s\.\s)`;
const spelledLocal = new RegExp(
  String.raw`(?:(?<![\w.+-])|^)[a-z0-9_+-]{1,40}(?:${localJoint}[a-z0-9_+-]{1,40}){0,4}\s{0,3}$`,
  'i',
);

/** Words that stand before "at" in a sentence about a web site, not in an address. */
const proseBeforeAt =
  /^(?:is|are|was|were|be|seen|found|find|see|us|me|it|them|him|her|look|looked|available|online|website|site|visit|here|info|information|more|registered|enrolled|book|booked|portal|resources?|details?|read|learn|located|listed|and|or|the|a)\s*$/i;

function spelledOut(text: string): Candidate[] {
  const found: Candidate[] = [];
  atWord.lastIndex = 0;
  for (let match = atWord.exec(text); match !== null; match = atWord.exec(text)) {
    spelledDomain.lastIndex = match.index + match[0].length;
    const domain = spelledDomain.exec(text);
    if (domain === null) continue;
    const windowStart = Math.max(0, match.index - 96);
    const local = spelledLocal.exec(text.slice(windowStart, match.index));
    if (local === null) continue;
    const start = windowStart + local.index;
    const isBracketed = !/^[a-z]/i.test(match[0]);
    const saysDot = /dot|punto|[([{<]/i.test(domain[0]);
    const isTelling = /[\d_+.]|\b(?:dot|underscore|plus)\b/i.test(local[0].trim()) && /[a-z]/i.test(local[0]);
    // "at rest.In clinic" lacks a blank after a full stop.
    if (!saysDot && /\.[A-Z][a-z]+$/.test(domain[0])) continue;
    const isBelieved = isBracketed || hasEmailLabel(text, start) || isTelling || saysDot;
    if (!isBelieved || (!isTelling && !isBracketed && proseBeforeAt.test(local[0]))) continue;
    found.push({
      type,
      start,
      end: domain.index + domain[0].length,
      confidence: 0.85,
      rule: 'email-spelled-out',
    });
  }
  return found;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < from + 3 && isBlank(text.charCodeAt(at))) at++;
  return at;
}

function skipBlanksBack(text: string, from: number): number {
  let at = from;
  while (at > from - 3 && isBlank(text.charCodeAt(at - 1))) at--;
  return at;
}

function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;
}

function isWord(unit: number): boolean {
  return isDigit(unit) || isLetter(unit);
}

/** Dot-atom characters of RFC 5322 that are seen in addresses, without those that quote or part words. */
function isLocalUnit(unit: number): boolean {
  return isWord(unit) || "._%+-'&~!$#".includes(String.fromCharCode(unit));
}
