import { type PiiType, piiTypes } from './pii-types.js';

/** Types that a typed element may hold, because holding them is what it is for. */
export type Exemption = ReadonlySet<PiiType>;

const everything: Exemption = new Set(piiTypes);
/** Codes and ids are opaque tokens; but one in the shape of a social security number is one, and ids end up in URLs. */
const tokenTypes: Exemption = new Set(piiTypes.filter((type) => type !== 'US_SOCIAL_SECURITY_NUMBER'));
const urlTypes: Exemption = new Set<PiiType>(['PHONE', 'ADDRESS', 'URL']);
const nameTypes: Exemption = new Set<PiiType>(['NAME']);
const addressTypes: Exemption = new Set<PiiType>(['ADDRESS']);
const phoneTypes: Exemption = new Set<PiiType>(['PHONE']);
const emailTypes: Exemption = new Set<PiiType>(['EMAIL']);

/** An object of the content and the name it stands under (that of its array, if it is in one). */
export interface Holder {
  readonly object: Readonly<Record<string, unknown>>;
  readonly name: string;
}

const keys = (list: string) => new Set(list.split(' '));
const identifierKeys = keys('id extension use type system value period assigner');
const contactPointKeys = keys('id extension system value use rank period');
const addressKeys = keys('id extension use type text line city district state postalCode country period');
const humanNameKeys = keys('id extension use text family given prefix suffix period');
const codingKeys = keys('id extension system version code display userSelected');
const quantityKeys = keys('id extension value comparator unit system code');

const uri = /^(?:urn:(?:oid|uuid|ietf|iso):\S{1,200}|https?:\/\/\S{1,2000})$/;
/** One token, or up to five in print groups: with a digit each, or a few capitals. */
const identifierValue =
  /^(?:[^\s<>"]{1,64}|(?=.{1,64}$)(?:[A-Z]{1,4}|[A-Za-z./-]{0,12}\d[A-Za-z0-9./-]{0,20})(?: (?:[A-Z]{1,4}|[A-Za-z./-]{0,12}\d[A-Za-z0-9./-]{0,20})){1,4})$/;
const codeValue = /^[^\s@]{1,64}$/;
const fhirId = /^[A-Za-z0-9.-]{1,64}$/;
const reference =
  /^(?:#[A-Za-z0-9.-]{1,64}|(?:https?:\/\/[^\s@?]{1,200}\/)?[A-Z][A-Za-z]{2,40}\/[A-Za-z0-9.-]{1,64}(?:\/_history\/[A-Za-z0-9.-]{1,64})?|urn:(?:uuid|oid):[A-Za-z0-9.-]{1,128})$/;
const phoneValue = /^\+?[\d\s().\-/]{3,24}(?:\s?(?:x|ext\.?|#)\s?\d{1,6})?$/i;
const emailValue = /^[^\s@]{1,64}@[^\s@]{1,253}$/;

const dateTime =
  /^\d{4}(?:-\d{2}(?:-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})?)?)?)?$/;
const uuid = /^(?:urn:uuid:)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Five arcs at least: four could be a phone number with dots. */
const oid = /^(?:urn:oid:)?[0-2](?:\.(?:0|[1-9]\d{0,38})){4,40}$/;

/** A date, dateTime, instant, UUID or OID: nothing else fits into these forms, so they need no reading. */
export function isOpaqueByForm(value: string): boolean {
  return dateTime.test(value) || (value.length >= 36 && uuid.test(value)) || oid.test(value);
}

/**
 * What a string of the content may hold without being touched. An element counts as typed if its name and its whole
 * shape are those of the FHIR R4 data type: a name alone exempts nothing, nor does a shape under an invented name.
 * @returns undefined if the string is screened for everything
 * @see https://hl7.org/fhir/R4/datatypes.html
 */
export function exemptionOf(holder: Holder, property: string, value: string): Exemption | undefined {
  if (property === 'id') return fhirId.test(value) ? tokenTypes : undefined;
  if (property === 'reference') return reference.test(value) ? tokenTypes : undefined;
  if (property === 'code') return isCoded(holder.object) && codeValue.test(value) ? tokenTypes : undefined;
  if (uri.test(value)) return urlTypes;
  if (isIdentifier(holder))
    return property === 'value' && identifierValue.test(value) ? everything : undefined;
  if (isContactPoint(holder))
    return property === 'value' ? contactExemption(holder.object['system'], value) : undefined;
  if (isAddress(holder)) return addressTypes;
  return isHumanName(holder) ? nameTypes : undefined;
}

function isCoded(object: Holder['object']): boolean {
  const { system } = object;
  return (
    typeof system === 'string' &&
    uri.test(system) &&
    (hasOnly(object, codingKeys) || hasOnly(object, quantityKeys))
  );
}

function isIdentifier({ object, name }: Holder): boolean {
  if (!/^(?:identifier|requisition)$|Identifier$/.test(name) || !hasOnly(object, identifierKeys))
    return false;
  const { system, type, use } = object;
  return (typeof system === 'string' && uri.test(system)) || isPlainObject(type) || typeof use === 'string';
}

function isContactPoint({ object, name }: Holder): boolean {
  return (
    /^(?:telecom|contact|contactPoint|valueContactPoint)$/.test(name) && hasOnly(object, contactPointKeys)
  );
}

function contactExemption(system: unknown, value: string): Exemption | undefined {
  switch (system) {
    case 'phone':
    case 'fax':
    case 'pager':
    case 'sms':
      return phoneValue.test(value) ? phoneTypes : undefined;
    case 'email':
      return emailValue.test(value) ? emailTypes : undefined;
    default:
      return undefined;
  }
}

function isAddress({ object, name }: Holder): boolean {
  return /^address$|Address$/.test(name) && hasOnly(object, addressKeys);
}

function isHumanName({ object, name }: Holder): boolean {
  return /^name$|HumanName$/.test(name) && hasOnly(object, humanNameKeys);
}

function hasOnly(object: Holder['object'], allowed: ReadonlySet<string>): boolean {
  for (const key in object) {
    // `_value` carries extensions of the primitive `value`; a DTO instance has its absent elements as undefined.
    if (object[key] !== undefined && !allowed.has(key.startsWith('_') ? key.slice(1) : key)) return false;
  }
  return true;
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
