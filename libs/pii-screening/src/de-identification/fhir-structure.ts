import { invalidField } from '@app/problem-details';
import { deepestLevel } from '../content-walker.js';
import { isPlainObject } from '../fhir-content.js';
import type { PiiType } from '../pii-types.js';
import { pointerSegment } from '../pointers.js';
import { statePattern } from '../rules/address-words.js';
import { DocumentIds, isUuid } from './document-ids.js';
import {
  type Meaning,
  ageElement,
  contactTypeOf,
  displayTypeOf,
  elementTypeOf,
  identifierTypeOf,
  meaningOf,
  yearsOfQuantity,
} from './fhir-meaning.js';
import { isPublicUri } from './public-uri.js';
import { type Replacements, firstAggregatedAge, isAggregatedAge } from './replacements.js';
import { safeZipDigits } from './zip-code.js';

const wholeDate = /^\d{4}-\d{2}(?:-\d{2}(?:T\S{5,24})?)?$/;
const dateElement =
  /(?:[dD]ate|DateTime|Period|Instant)$|^(?:start|end|issued|recorded|sent|received|timestamp|time|authored)/;
const stateName = new RegExp(`^(?:US-)?${statePattern}$`);
/** What is taken away altogether. */
const removed = Symbol('removed');
/** @see https://hl7.org/fhir/R4/extension-data-absent-reason.html */
const masked = {
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'masked' }],
};

/** An object on the way down, and where it stands. */
interface Holder {
  readonly object: Readonly<Record<string, unknown>>;
  readonly name: string;
  readonly meaning: Meaning;
}

/** A value that an element held because holding it is what it is for. */
export interface StructuredIdentifier {
  readonly type: PiiType;
  readonly value: string;
  readonly pointer: string;
}

/** Copies a FHIR resource without what its elements identify by their meaning; free text is left for the detector. */
export class FhirStructure {
  readonly found: StructuredIdentifier[] = [];
  /** Ids that were renamed: to be sought in text, but no news to anybody. */
  readonly renamed: StructuredIdentifier[] = [];
  private readonly ids = new DocumentIds();
  private level = 0;

  constructor(private readonly replacements: Replacements) {}

  /** @throws Problem `validation-failed` for JSON nested too deeply */
  copy(resource: object): Record<string, unknown> {
    return this.copyObject(resource as Record<string, unknown>, '', '');
  }

  private copyObject(
    object: Record<string, unknown>,
    name: string,
    pointer: string,
  ): Record<string, unknown> {
    const holder: Holder = { object, name, meaning: meaningOf(object, name) };
    const copy: [string, unknown][] = [];
    for (const [property, value] of Object.entries(object)) {
      const place = `${pointer}/${pointerSegment(property)}`;
      const kept = this.copyValue(value, property, holder, place);
      if (kept !== removed) copy.push([property, kept]);
      else if (typeof value === 'string') copy.push([`_${property}`, masked]);
    }
    return Object.fromEntries(copy);
  }

  private copyValue(value: unknown, property: string, holder: Holder, pointer: string): unknown {
    const removedType = removedAs(value, property, holder);
    // What nobody can read stays under no policy.
    if (removedType === 'OTHER_ID' || (removedType !== undefined && !this.replacements.allows(removedType))) {
      this.found.push({ type: removedType, value: '', pointer });
      return removed;
    }
    if (typeof value === 'number') return this.copyNumber(value, property, pointer);
    if (typeof value === 'string') return this.copyString(value, property, holder, pointer);
    if (typeof value !== 'object' || value === null) return value;
    if (this.level >= deepestLevel) throw invalidField(pointer, 'JSON is nested too deeply here.');
    this.level++;
    const copy = isPlainObject(value)
      ? (this.copyQuantity(value, property, pointer) ?? this.copyObject(value, property, pointer))
      : this.copyArray(value as unknown[], property, holder, pointer);
    this.level--;
    return copy;
  }

  private copyArray(items: readonly unknown[], property: string, holder: Holder, pointer: string): unknown[] {
    return items.flatMap((item, at) => {
      const kept = this.copyValue(item, property, holder, `${pointer}/${at}`);
      return kept === removed ? [] : [kept];
    });
  }

  private copyNumber(value: number, property: string, pointer: string): number {
    if (!ageElement.test(property) || !isAggregatedAge(value) || this.replacements.allows('AGE'))
      return value;
    this.found.push({ type: 'AGE', value: '', pointer });
    return firstAggregatedAge;
  }

  private copyQuantity(quantity: Record<string, unknown>, name: string, pointer: string): object | undefined {
    const years = yearsOfQuantity(quantity, name);
    if (years === undefined || !isAggregatedAge(years) || this.replacements.allows('AGE')) return undefined;
    this.found.push({ type: 'AGE', value: '', pointer });
    const { unit, system, code } = quantity;
    const value = quantity['value'] === years ? firstAggregatedAge : firstAggregatedAge * 12;
    return { value, comparator: '>=', ...defined({ unit, system, code }) };
  }

  private copyString(value: string, property: string, holder: Holder, pointer: string): unknown {
    if (value === '') return value;
    const type = identifiedBy(value, property, holder);
    if (type !== undefined) return this.replace(type, value, pointer);
    if (holder.meaning === 'address' && property === 'postalCode')
      return this.copyPostalCode(value, holder, pointer);
    const id = this.copyId(value, property);
    if (id !== undefined && !this.replacements.allows('OTHER_ID')) {
      this.renamed.push({ type: 'OTHER_ID', value, pointer });
      return id;
    }
    if (isDate(value, property)) return this.copyDate(value, pointer);
    if (property === 'url' && holder.name.endsWith('xtension')) return value;
    return /^(?:https?|ftp):\/\/\S+$|^urn:\S+$/i.test(value) && !isPublicUri(value)
      ? this.replace('URL', value, pointer)
      : value;
  }

  private copyPostalCode(value: string, { object }: Holder, pointer: string): string {
    const { country } = object;
    const isAmerican = typeof country !== 'string' || /^(?:US|USA|United States.*)$/i.test(country.trim());
    const area = isAmerican ? safeZipDigits(value) : undefined;
    return area === undefined
      ? this.replace('ADDRESS', value, pointer)
      : this.replaceBy(area, 'ADDRESS', value, pointer);
  }

  private copyId(value: string, property: string): string | undefined {
    if (property === 'id') return this.ids.of(value);
    if (property === 'reference' || property === 'fullUrl') return this.ids.ofReference(value);
    if (isUuid(value)) return this.ids.of(value);
    return property === 'url' && !isPublicUri(value) ? this.ids.ofReference(value) : undefined;
  }

  private copyDate(value: string, pointer: string): unknown {
    const year = this.replacements.ofDate(value);
    if (year === value || this.replacements.allows('DATE')) return value;
    this.found.push({ type: 'DATE', value: '', pointer });
    return year ?? removed;
  }

  private replace(type: PiiType, value: string, pointer: string): string {
    const replacement =
      type === 'AGE' ? this.replacements.of(type, value) : this.replacements.tag(type, value);
    return replacement === undefined ? value : this.replaceBy(replacement, type, value, pointer);
  }

  private replaceBy(replacement: string, type: PiiType, value: string, pointer: string): string {
    if (this.replacements.allows(type)) return value;
    this.found.push({ type, value, pointer });
    return replacement;
  }
}

/** @returns what a string is because of the element that it stands in */
function identifiedBy(
  value: string,
  property: string,
  { object, name, meaning }: Holder,
): PiiType | undefined {
  if (meaning === 'human-name')
    return /^(?:family|given|text|prefix|suffix)$/.test(property) ? 'NAME' : undefined;
  if (meaning === 'identifier') return property === 'value' ? identifierTypeOf(object) : undefined;
  if (meaning === 'contact-point') return property === 'value' ? contactTypeOf(object) : undefined;
  if (meaning === 'address') {
    if (property === 'state') return stateName.test(value.trim()) ? undefined : 'ADDRESS';
    return /^(?:line|text|city|district)$/.test(property) ? 'ADDRESS' : undefined;
  }
  if (meaning === 'reference' && property === 'display') return displayTypeOf(object);
  if (ageElement.test(property) && /^\d{1,3}$/.test(value)) return 'AGE';
  return elementTypeOf(object, property, name);
}

/** @returns what an element that is taken away altogether would tell; undefined if it stays */
function removedAs(value: unknown, property: string, { object, meaning }: Holder): PiiType | undefined {
  // 164.514(b)(2)(i)(Q): full-face photographs; what cannot be read may be one.
  if (property === 'photo') return 'OTHER_ID';
  if (property === 'data' || property === 'hash') return isUnreadable(object) ? 'OTHER_ID' : undefined;
  // Coordinates are smaller than any ZIP code.
  if (property === 'position') return isPlainObject(value) && 'latitude' in value ? 'ADDRESS' : undefined;
  return property === 'extension' && meaning === 'address' ? 'ADDRESS' : undefined;
}

/** An attachment or a signature whose bytes are not text. */
function isUnreadable({ contentType, sigFormat, data }: Holder['object']): boolean {
  if (typeof data !== 'string') return false;
  return (
    typeof sigFormat === 'string' || (typeof contentType === 'string' && !/^\s*text\//i.test(contentType))
  );
}

function isDate(value: string, property: string): boolean {
  return wholeDate.test(value) || (/^\d{4}$/.test(value) && dateElement.test(property));
}

function defined(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
