import { isIPv6 } from 'node:net';
import { type DigitGroups, gap, isDigit, isLetter } from '../digit-groups.js';
import type { Candidate, ScannedText } from './rule.js';

const longestUrlUnits = 2_048;
const scheme = /\b(?:https?|ftps?|sftp|wss?|file):\/\/|\bwww\d?\.(?=[A-Za-z0-9])/gi;
const urlUnit = /[^\s"<>\\^`{|}\xad]{1,2048}/y;

/** Web addresses: with a scheme or "www", and bare host names under a domain that is common for sites. */
export function findUrls({ text }: ScannedText): Candidate[] {
  const found: Candidate[] = [];
  scheme.lastIndex = 0;
  for (let match = scheme.exec(text); match !== null; match = scheme.exec(text)) {
    urlUnit.lastIndex = match.index + match[0].length;
    const rest = urlUnit.exec(text);
    if (rest === null) continue;
    const end = endOfUrl(text, match.index, Math.min(urlUnit.lastIndex, match.index + longestUrlUnits));
    if (end <= match.index + match[0].length) continue;
    found.push({ type: 'URL', start: match.index, end, confidence: 0.98, rule: 'url' });
    scheme.lastIndex = end;
  }
  for (let dot = text.indexOf('.'); dot !== -1; dot = text.indexOf('.', dot + 1)) {
    const candidate = bareHost(text, dot);
    if (candidate === undefined) continue;
    found.push(candidate);
    dot = candidate.end;
  }
  return found.sort((a, b) => a.start - b.start);
}

/** Punctuation of the sentence, and a parenthesis that opened before the address, are not part of it. */
function endOfUrl(text: string, start: number, limit: number): number {
  let end = limit;
  for (;;) {
    const last = text[end - 1] ?? '';
    if (end > start && /[.,;:!?'*_~]/.test(last)) end--;
    else if (last === ')' && !text.slice(start, end).includes('(')) end--;
    else if (last === ']' && !text.slice(start, end).includes('[')) end--;
    else return end;
  }
}

const bareEnding =
  /^(?:com|org|net|edu|gov|mil|info|biz|io|health|care|clinic|hospital|app|dev|co\.uk|ac\.uk|nhs\.uk|example)(?![A-Za-z0-9-])/;
const path = /(?::\d{2,5})?(?:\/[^\s"<>\\^`{|}\xad]{0,300})?/y;

/** "mychart.example.org": lower case throughout, so that a missing blank after a full stop is none ("rest.In"). */
function bareHost(text: string, dot: number): Candidate | undefined {
  if (!isLetter(text.charCodeAt(dot + 1))) return undefined;
  const ending = bareEnding.exec(text.slice(dot + 1, dot + 12));
  if (ending === null) return undefined;
  let start = dot;
  while (start > dot - 80 && /[a-zA-Z0-9.-]/.test(text[start - 1] ?? ' ')) start--;
  while (start < dot && /[.-]/.test(text[start] ?? '')) start++;
  const host = text.slice(start, dot);
  // "e.g.com", "a..com"
  if (
    !/[a-z0-9-]{2}$/i.test(host) ||
    !/[a-z]/i.test(host) ||
    host.includes('..') ||
    /[@/]/.test(text[start - 1] ?? ' ')
  )
    return undefined;
  if (isLetter(text.charCodeAt(start - 1)) || isDigit(text.charCodeAt(start - 1))) return undefined;
  const hostEnd = dot + 1 + ending[0].length;
  if (/^\.[a-z]/i.test(text.slice(hostEnd, hostEnd + 2)) || text[hostEnd] === '@') return undefined;
  path.lastIndex = hostEnd;
  path.test(text);
  return {
    type: 'URL',
    start,
    end: endOfUrl(text, start, Math.max(hostEnd, path.lastIndex)),
    confidence: 0.75,
    rule: 'url-bare',
  };
}

/** IPv4 by its four numbers, IPv6 as `node:net` reads it. */
export function findIpAddresses({ text, groups }: ScannedText): Candidate[] {
  const found: Candidate[] = [];
  for (let first = 0; first + 3 < groups.count; first++) {
    const candidate = versionFour(text, groups, first);
    if (candidate !== undefined) found.push(candidate);
  }
  for (let colon = text.indexOf(':'); colon !== -1; colon = text.indexOf(':', colon + 1)) {
    if (!/[0-9a-f:]/i.test(text[colon + 1] ?? '')) continue;
    const candidate = versionSix(text, colon);
    if (candidate === undefined) continue;
    found.push(candidate);
    colon = candidate.end;
  }
  return found;
}

function versionFour(text: string, groups: DigitGroups, first: number): Candidate | undefined {
  for (let group = first; group < first + 4; group++) {
    if (groups.length(group) > 3 || Number(groups.digits(group)) > 255) return undefined;
    const isDotted = groups.gapAfter(group) === gap.dot && groups.start(group + 1) - groups.end(group) === 1;
    if (group < first + 3 && !isDotted) return undefined;
  }
  const [start, end] = [groups.start(first), groups.end(first + 3)];
  if (/[\w.-]/.test(text[start - 1] ?? ' ') || /^(?:\w|[.-]\d)/.test(text.slice(end, end + 2)))
    return undefined;
  // Software and documents are numbered like this as well.
  if (
    /\b(?:v|ver|version|release|rev|section|firmware|build|oid)[.\s:]{0,3}$/i.test(
      text.slice(Math.max(0, start - 14), start),
    )
  )
    return undefined;
  const range = /^\/(?:3[0-2]|[12]?\d)(?!\d)/.exec(text.slice(end, end + 4));
  return { type: 'IP_ADDRESS', start, end: end + (range?.[0].length ?? 0), confidence: 0.95, rule: 'ip-v4' };
}

const longestIpv6Units = 45;

function versionSix(text: string, colon: number): Candidate | undefined {
  let start = colon;
  while (start > colon - 5 && /[0-9a-f]/i.test(text[start - 1] ?? ' ')) start--;
  let end = colon;
  while (end < start + longestIpv6Units && /[0-9a-f:.]/i.test(text[end] ?? ' ')) end++;
  while (end > colon && /[.:]/.test(text[end - 1] ?? '') && text.slice(end - 2, end) !== '::') end--;
  const address = text.slice(start, end);
  if (/[\w:.]/.test(text[start - 1] ?? ' ') || /\w/.test(text[end] ?? ' ')) return undefined;
  if (address.length < 6 || !/\d/.test(address) || !isIPv6(address)) return undefined;
  return { type: 'IP_ADDRESS', start, end, confidence: 0.97, rule: 'ip-v6' };
}
