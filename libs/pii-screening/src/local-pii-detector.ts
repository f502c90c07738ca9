import { setImmediate } from 'node:timers/promises';
import { type DetectionScope, everyIdentifier } from './detection-scope.js';
import { NormalizedText } from './normalized-text.js';
import { PiiDetector } from './pii-detector.js';
import type { PiiFinding, PiiType } from './pii-types.js';
import { findAges } from './rules/age.rule.js';
import { findCardNumbers } from './rules/card-number.rule.js';
import { findDates } from './rules/date.rule.js';
import { findEmailAddresses } from './rules/email.rule.js';
import { findLabelledIds, labelledIdTypes } from './rules/labelled-id.rule.js';
import { findIpAddresses, findUrls } from './rules/network-address.rule.js';
import { findPersonNames } from './rules/person-name.rule.js';
import { findPhoneNumbers } from './rules/phone.rule.js';
import { findPlaces } from './rules/place.rule.js';
import { findPostalAddresses } from './rules/postal-address.rule.js';
import { type Candidate, type Rule, ScannedText } from './rules/rule.js';
import { findSelfEvidentNumbers, selfEvidentTypes } from './rules/self-evident-number.rule.js';
import { findSocialSecurityNumbers } from './rules/social-security-number.rule.js';

/**
 * Where candidates overlap, the earlier type names the span. A number that is plainly called a record or plan number is
 * one, whatever it looks like; if those are not asked for, the same digits are what they look like.
 */
const typesByRank: readonly PiiType[] = [
  'MEDICAL_RECORD_NUMBER',
  'HEALTH_PLAN_ID',
  'ACCOUNT_NUMBER',
  'DRIVER_ID',
  'LICENSE_PLATE',
  'VEHICLE_IDENTIFICATION_NUMBER',
  'DEVICE_ID',
  'OTHER_ID',
  'US_SOCIAL_SECURITY_NUMBER',
  'CREDIT_DEBIT_CARD_NUMBER',
  'EMAIL',
  'URL',
  'PHONE',
  'IP_ADDRESS',
  'ADDRESS',
  'DATE',
  'NAME',
  'AGE',
];
const rankOfType = new Map(typesByRank.map((type, rank) => [type, rank]));

const rules: readonly { readonly find: Rule; readonly types: readonly PiiType[] }[] = [
  { find: findSocialSecurityNumbers, types: ['US_SOCIAL_SECURITY_NUMBER'] },
  { find: findCardNumbers, types: ['CREDIT_DEBIT_CARD_NUMBER'] },
  { find: findEmailAddresses, types: ['EMAIL'] },
  { find: findUrls, types: ['URL'] },
  { find: findPhoneNumbers, types: ['PHONE'] },
  { find: findIpAddresses, types: ['IP_ADDRESS'] },
  { find: findLabelledIds, types: labelledIdTypes },
  { find: findSelfEvidentNumbers, types: selfEvidentTypes },
  { find: findPostalAddresses, types: ['ADDRESS'] },
  { find: findDates, types: ['DATE'] },
  { find: findPersonNames, types: ['NAME'] },
  { find: findAges, types: ['AGE'] },
];

/** What a replaced span reveals about its neighbours is settled after a round or two; this bounds it. */
const mostRounds = 4;
/** What is written further away from a candidate decides nothing about it; words and labels are looked for in less. */
const edgeUnits = 160;
/** Text that is scanned before other requests get their turn, UTF-16 code units. */
const sliceUnits = 256 * 1024;
/** The rules for numbers and addresses find nothing without one of these. */
const anchor = /[0-9@]|\b(?:at|arroba)\b|[([{<]\s?at/i;
const anyLetter = /[a-z0-9]/i;

/**
 * Deterministic detector: patterns over bounded windows, check digits and context words; no network, no model, no state.
 * Time is linear in the length of the text for any text.
 */
export class LocalPiiDetector extends PiiDetector {
  override detect(text: string, scope?: DetectionScope): Promise<PiiFinding[]> {
    try {
      return Promise.resolve(this.detectSync(text, scope));
    } catch (cause) {
      return Promise.reject(cause);
    }
  }

  override async detectAll(texts: readonly string[], scope?: DetectionScope): Promise<PiiFinding[][]> {
    const results: PiiFinding[][] = [];
    let scannedUnits = 0;
    for (const text of texts) {
      results.push(this.detectSync(text, scope));
      scannedUnits += text.length;
      if (scannedUnits < sliceUnits) continue;
      scannedUnits = 0;
      await setImmediate();
    }
    return results;
  }

  /**
   * @param scope what to look for; everything if it is left out
   * @returns findings in UTF-16 code units of `text`, end exclusive, not overlapping, in order
   */
  detectSync(text: string, scope: DetectionScope = everyIdentifier): PiiFinding[] {
    const find = rulesFor(scope);
    let normalized = NormalizedText.of(text);
    let windows = [{ start: 0, end: normalized.text.length }];
    const findings: PiiFinding[] = [];
    for (let round = 0; round < mostRounds && find.anchor.test(normalized.text); round++) {
      const scanned = normalized.text;
      const spans = resolveOverlaps(windows.flatMap((window) => scan(scanned, window, find, scope)));
      if (spans.length === 0) break;
      for (const { type, start, end, confidence, rule } of spans) {
        findings.push({ type, ...normalized.sourceSpan(start, end), confidence, rule });
      }
      // Masked and scanned again, so that the masked text, sent back later, holds nothing that was not found today.
      normalized = normalized.withMasked(spans);
      windows = windowsAround(spans, normalized.text);
    }
    return findings.sort((a, b) => a.start - b.start);
  }
}

interface ScopedRules {
  readonly rules: readonly Rule[];
  readonly anchor: RegExp;
}

const scopedRules = new WeakMap<DetectionScope, ScopedRules>();

function rulesFor(scope: DetectionScope): ScopedRules {
  const known = scopedRules.get(scope);
  if (known !== undefined) return known;
  const wanted = rules
    .filter(({ types }) => types.some((type) => scope.types.has(type)))
    .map(({ find }) => find);
  if (scope.bareLocations && scope.types.has('ADDRESS'))
    wanted.push((scanned) => scanned.placesBy(findPlaces));
  const readsWords =
    ['NAME', 'DATE', 'URL', 'AGE'].some((type) => scope.types.has(type as PiiType)) || scope.bareLocations;
  const scoped = { rules: wanted, anchor: readsWords ? anyLetter : anchor };
  scopedRules.set(scope, scoped);
  return scoped;
}

interface Window {
  readonly start: number;
  readonly end: number;
}

/** Finds candidates of one window; those that a window's cut edge may have made are left out. */
function scan(
  text: string,
  { start, end }: Window,
  find: ScopedRules,
  { types }: DetectionScope,
): Candidate[] {
  const isWhole = start === 0 && end === text.length;
  const scanned = new ScannedText(isWhole ? text : text.slice(start, end));
  const candidates = find.rules.flatMap((rule) => rule(scanned).filter(({ type }) => types.has(type)));
  if (isWhole) return candidates;
  const from = start === 0 ? 0 : start + edgeUnits;
  const to = end === text.length ? end : end - edgeUnits;
  return candidates
    .map((candidate) => ({ ...candidate, start: candidate.start + start, end: candidate.end + start }))
    .filter((candidate) => candidate.start >= from && candidate.end <= to);
}

/** No rule looks further than `edgeUnits` around a candidate, so a mask changes nothing beyond these windows. */
function windowsAround(spans: readonly Candidate[], text: string): Window[] {
  const windows: { start: number; end: number }[] = [];
  let shrunk = 0;
  for (const span of spans) {
    const at = span.start - shrunk;
    shrunk += span.end - span.start - 1;
    const start = Math.max(0, at - 2 * edgeUnits);
    const end = Math.min(text.length, at + 1 + 2 * edgeUnits);
    const last = windows.at(-1);
    if (last !== undefined && start <= last.end) last.end = end;
    else windows.push({ start, end });
  }
  return windows;
}

/** Overlapping candidates become one span over all of them, named by the highest rank: no half of either is left behind. */
function resolveOverlaps(candidates: readonly Candidate[]): Candidate[] {
  const rankOf = ({ type }: Candidate) => rankOfType.get(type) ?? typesByRank.length;
  const ranked = candidates.toSorted((a, b) => a.start - b.start || rankOf(a) - rankOf(b));
  const resolved: Candidate[] = [];
  for (const next of ranked) {
    const last = resolved.at(-1);
    if (last === undefined || next.start >= last.end) {
      resolved.push(next);
      continue;
    }
    const named = rankOf(next) < rankOf(last) ? next : last;
    resolved[resolved.length - 1] = { ...named, start: last.start, end: Math.max(last.end, next.end) };
  }
  return resolved;
}
