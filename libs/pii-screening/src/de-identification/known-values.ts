import type { PiiFinding, PiiType } from '../pii-types.js';
import type { StructuredIdentifier } from './fhir-structure.js';

/** What is searched for again; a date or an age is not the same thing wherever its digits stand. */
const sought: ReadonlySet<PiiType> = new Set<PiiType>([
  'NAME',
  'US_SOCIAL_SECURITY_NUMBER',
  'MEDICAL_RECORD_NUMBER',
  'HEALTH_PLAN_ID',
  'ACCOUNT_NUMBER',
  'DRIVER_ID',
  'DEVICE_ID',
  'OTHER_ID',
  'PHONE',
  'EMAIL',
  'ADDRESS',
]);
/** Shorter ones, such as initials, mean something else elsewhere; letters and digits. */
const shortestName = 2;
const shortestNumber = 4;
/** Alternatives of one pattern. */
const valuesAtATime = 500;

/**
 * Finds again in text what the elements of the same document hold: whoever is named in `Patient.name` is named in the
 * narrative too, and a detector alone may not know the name.
 */
export class KnownValues {
  private readonly types = new Map<string, PiiType>();
  private readonly patterns: RegExp[] = [];

  constructor(identifiers: readonly StructuredIdentifier[]) {
    for (const { type, value } of identifiers) {
      const trimmed = value.trim();
      const length = trimmed.replace(/[^\p{L}\p{N}]/gu, '').length;
      const shortest = type === 'NAME' ? shortestName : shortestNumber;
      // A name written small is a word wherever else it stands.
      if (!sought.has(type) || length < shortest || !/[\p{Lu}\p{Lo}\d@]/u.test(trimmed)) continue;
      this.types.set(trimmed, type);
      if (type === 'NAME') this.types.set(trimmed.toUpperCase(), type);
    }
    const values = [...this.types.keys()].sort((a, b) => b.length - a.length);
    for (let at = 0; at < values.length; at += valuesAtATime) {
      const some = values
        .slice(at, at + valuesAtATime)
        .map((value) => value.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`));
      this.patterns.push(
        new RegExp(String.raw`(?<![\p{L}\p{N}{_])(?:${some.join('|')})(?![\p{L}\p{N}_}])`, 'gu'),
      );
    }
  }

  /** @returns the findings and the known values of a text, in order; what overlaps becomes one */
  join(text: string, findings: readonly PiiFinding[]): PiiFinding[] {
    const all = [...findings, ...this.patterns.flatMap((pattern) => this.matches(text, pattern))];
    all.sort((a, b) => a.start - b.start || b.end - a.end);
    const joined: PiiFinding[] = [];
    for (const finding of all) {
      const last = joined.at(-1);
      if (last === undefined || finding.start >= last.end) joined.push(finding);
      else if (finding.end > last.end) joined[joined.length - 1] = { ...last, end: finding.end };
    }
    return joined;
  }

  private matches(text: string, pattern: RegExp): PiiFinding[] {
    return [...text.matchAll(pattern)].map(({ 0: value, index }) => ({
      type: this.types.get(value) ?? 'OTHER_ID',
      start: index,
      end: index + value.length,
      confidence: 1,
      rule: 'element-of-the-document',
    }));
  }
}
