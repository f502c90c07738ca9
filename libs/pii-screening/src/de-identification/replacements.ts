import { NormalizedText } from '../normalized-text.js';
import type { PiiType } from '../pii-types.js';
import { type ScreeningPolicy, safeHarborPolicy } from '../screening-policy.js';
import { statePattern } from '../rules/address-words.js';
import { yearsOf } from './date-year.js';
import { isPublicUri } from './public-uri.js';
import { safeZipDigits } from './zip-code.js';

export interface DeidentificationOptions {
  /** What it allows stays; what it blocks is replaced like the rest, since nothing is stored. Safe Harbor if absent. */
  readonly policy?: ScreeningPolicy;
  /** Numbered tags, the same for the same value within one document: `{NAME_1}` instead of `{NAME}`. */
  readonly surrogates?: boolean;
  /** The day from which ages are counted; today if absent. */
  readonly asOf?: Date;
}

/** Ages above it are told as `90+`, and so is what tells them (45 CFR 164.514(b)(2)(i)(C)). */
const oldestAge = 89;
/** What an element that can only hold a number says instead of `90+`. */
export const firstAggregatedAge = oldestAge + 1;
const aggregatedAge = `${firstAggregatedAge}+`;
/** Age with its unit as it stands in text: the unit may stay, it is the number that identifies. */
const ageWithUnit = /^(\d{1,3})([\s-]*(?:years?|yrs?|y\/?o|y)?[\s.-]*(?:old|of age)?)$/i;
const spelledOverEightyNine = /^(?:ninety|(?:an?|one) hundred|nonagenarian|centenarian)\b/i;
const zipAtEnd = new RegExp(String.raw`(?:^|\b${statePattern}[\s,]+)(\d{5}(?:-\d{4})?)$`);

/** What stands in the place of an identifier, throughout one document. */
export class Replacements {
  private readonly thisYear: number;
  private readonly surrogates: boolean;
  private readonly policy: ScreeningPolicy;
  /** Numbers given to values, by type and folded value. */
  private readonly numbers = new Map<PiiType, Map<string, number>>();

  constructor({ policy = safeHarborPolicy, surrogates = false, asOf = new Date() }: DeidentificationOptions) {
    this.policy = policy;
    this.thisYear = asOf.getUTCFullYear();
    this.surrogates = surrogates;
  }

  /** @returns whether values of this type may stay */
  allows(type: PiiType): boolean {
    return this.policy[type] === 'ALLOW';
  }

  /**
   * @param value the identifier's text
   * @returns the tag of its type, or the part of it that Safe Harbor lets stay: a date's year, `90+` for an age over 89, the
   *   first three digits of a ZIP code behind the tag of its address; undefined if it may stay as it is: an age up to 89, the URI of a
   *   terminology
   */
  of(type: PiiType, value: string): string | undefined {
    if (this.allows(type)) return undefined;
    if (type === 'DATE') return this.ofDate(value) ?? this.tag(type, value);
    if (type === 'AGE') return this.ofAge(value);
    if (type === 'ADDRESS') return this.ofAddress(value);
    if (type === 'URL' && isPublicUri(value)) return undefined;
    return this.tag(type, value);
  }

  /** @returns `{TYPE}`, or `{TYPE_n}` with the number of this value */
  tag(type: PiiType, value: string): string {
    if (!this.surrogates) return `{${type}}`;
    const folded = foldValue(value);
    const known = this.numbers.get(type) ?? new Map<string, number>();
    this.numbers.set(type, known);
    const number = known.get(folded) ?? known.size + 1;
    known.set(folded, number);
    return `{${type}_${number}}`;
  }

  /** @returns the year or years of a date; undefined if it names none, or one that tells an age over 89 */
  ofDate(value: string): string | undefined {
    const years = yearsOf(value, this.thisYear);
    // Who was born in the year that lies ninety back may have turned ninety.
    const tellsAge = years.some((year) => this.thisYear - year > oldestAge);
    return years.length === 0 || tellsAge ? undefined : years.join('-');
  }

  private ofAge(value: string): string | undefined {
    const text = NormalizedText.of(value).text.trim();
    const [, number = '', unit = ''] = ageWithUnit.exec(text) ?? [];
    if (number !== '') return Number(number) > oldestAge ? aggregatedAge + unit : undefined;
    return spelledOverEightyNine.test(text) ? aggregatedAge : this.tag('AGE', value);
  }

  private ofAddress(value: string): string {
    const folded = NormalizedText.of(value).text.trim();
    const zip = zipAtEnd.exec(folded)?.[1] ?? '';
    const area = safeZipDigits(zip);
    if (area === undefined) return this.tag('ADDRESS', value);
    return zip === folded ? area : `${this.tag('ADDRESS', value)} ${area}`;
  }
}

/** Case, blanks and compatibility forms do not make another person. */
function foldValue(value: string): string {
  return NormalizedText.of(value).text.toLowerCase().replace(/\s+/g, ' ').trim();
}

/** @returns whether an age in years has to be told as `90+` */
export function isAggregatedAge(years: number): boolean {
  return years > oldestAge;
}
