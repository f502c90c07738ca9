import { setImmediate } from 'node:timers/promises';
import { DigitGroups } from './digit-groups.js';
import { NormalizedText } from './normalized-text.js';
import { PiiDetector } from './pii-detector.js';
import type { PiiFinding } from './pii-types.js';
import { findCardNumbers } from './rules/card-number.rule.js';
import { findEmailAddresses } from './rules/email.rule.js';
import { findPhoneNumbers } from './rules/phone.rule.js';
import { findPostalAddresses } from './rules/postal-address.rule.js';
import type { Candidate, Rule } from './rules/rule.js';
import { findSocialSecurityNumbers } from './rules/social-security-number.rule.js';

/** Where candidates overlap, the type of the earlier rule names the span. */
const rulesByRank: readonly Rule[] = [
  findSocialSecurityNumbers,
  findCardNumbers,
  findEmailAddresses,
  findPhoneNumbers,
  findPostalAddresses,
];

/** What a replaced span reveals about its neighbours is settled after a round or two; this bounds it. */
const mostRounds = 4;
/** Text that is scanned before other requests get their turn, UTF-16 code units. */
const sliceUnits = 256 * 1024;
/** None of the rules finds anything without one of these. */
const anchor = /[0-9@]|\b(?:at|arroba)\b|[([{<]\s?at/i;

/**
 * Deterministic detector: patterns over bounded windows, check digits and context words; no network, no model, no state.
 * Time is linear in the length of the text for any text.
 */
export class LocalPiiDetector extends PiiDetector {
  override detect(text: string): Promise<PiiFinding[]> {
    try {
      return Promise.resolve(this.detectSync(text));
    } catch (cause) {
      return Promise.reject(cause);
    }
  }

  override async detectAll(texts: readonly string[]): Promise<PiiFinding[][]> {
    const results: PiiFinding[][] = [];
    let scannedUnits = 0;
    for (const text of texts) {
      results.push(this.detectSync(text));
      scannedUnits += text.length;
      if (scannedUnits < sliceUnits) continue;
      scannedUnits = 0;
      await setImmediate();
    }
    return results;
  }

  /** @returns findings in UTF-16 code units of `text`, end exclusive, not overlapping, in order */
  detectSync(text: string): PiiFinding[] {
    let normalized = NormalizedText.of(text);
    const findings: PiiFinding[] = [];
    for (let round = 0; round < mostRounds && anchor.test(normalized.text); round++) {
      const spans = resolveOverlaps(scan(normalized.text));
      if (spans.length === 0) break;
      for (const { type, start, end, confidence, rule } of spans) {
        findings.push({ type, ...normalized.sourceSpan(start, end), confidence, rule });
      }
      // Masked and scanned again, so that the masked text, sent back later, holds nothing that was not found today.
      normalized = normalized.withMasked(spans);
    }
    return findings.sort((a, b) => a.start - b.start);
  }
}

function scan(text: string): Candidate[][] {
  const scanned = { text, groups: new DigitGroups(text) };
  return rulesByRank.map((rule) => rule(scanned));
}

/** Overlapping candidates become one span over all of them, named by the highest rank: no half of either is left behind. */
function resolveOverlaps(byRank: readonly Candidate[][]): Candidate[] {
  const ranked = byRank.flatMap((candidates, rank) => candidates.map((candidate) => ({ candidate, rank })));
  ranked.sort((a, b) => a.candidate.start - b.candidate.start || a.rank - b.rank);
  const resolved: { candidate: Candidate; rank: number }[] = [];
  for (const next of ranked) {
    const last = resolved.at(-1);
    if (last === undefined || next.candidate.start >= last.candidate.end) {
      resolved.push(next);
      continue;
    }
    const named = next.rank < last.rank ? next : last;
    const start = last.candidate.start;
    const end = Math.max(last.candidate.end, next.candidate.end);
    resolved[resolved.length - 1] = { candidate: { ...named.candidate, start, end }, rank: named.rank };
  }
  return resolved.map(({ candidate }) => candidate);
}
