import { isPlainObject } from '../fhir-content.js';
import type { PiiType } from '../pii-types.js';
import { referencedType } from './document-ids.js';

type Properties = Readonly<Record<string, unknown>>;

/** What an object is, by its FHIR R4 data type. Told more readily than for storing: in doubt it identifies. */
export type Meaning = 'human-name' | 'identifier' | 'contact-point' | 'address' | 'reference' | 'other';

/** @param name the property that the object stands under, that of its array if it is in one */
export function meaningOf(object: Properties, name: string): Meaning {
  if (/^name$|HumanName$/.test(name) || 'family' in object || 'given' in object) return 'human-name';
  if (/[iI]dentifier$|^requisition$/.test(name)) return 'identifier';
  if (/^telecom$|ontactPoint$/.test(name) || (name === 'contact' && 'value' in object))
    return 'contact-point';
  if (/^address$|Address$/.test(name)) return 'address';
  const refers = typeof object['reference'] === 'string' || typeof object['display'] === 'string';
  const codes = /[cC]oding$/.test(name) || 'system' in object || 'code' in object;
  return refers && !codes ? 'reference' : 'other';
}

/** Codes of HL7 v2 table 0203 that say what a number is. */
const typesByCode: Readonly<Record<string, PiiType>> = {
  MR: 'MEDICAL_RECORD_NUMBER',
  MRT: 'MEDICAL_RECORD_NUMBER',
  PI: 'MEDICAL_RECORD_NUMBER',
  SS: 'US_SOCIAL_SECURITY_NUMBER',
  DL: 'DRIVER_ID',
  MB: 'HEALTH_PLAN_ID',
  MC: 'HEALTH_PLAN_ID',
  MA: 'HEALTH_PLAN_ID',
  NIIP: 'HEALTH_PLAN_ID',
  SN: 'HEALTH_PLAN_ID',
  AN: 'ACCOUNT_NUMBER',
  BA: 'ACCOUNT_NUMBER',
  SNO: 'DEVICE_ID',
  UDI: 'DEVICE_ID',
};

/** @returns what the value of a FHIR Identifier is, by its type or the end of its system */
export function identifierTypeOf({ type, system }: Properties): PiiType {
  const codings = isPlainObject(type) && Array.isArray(type['coding']) ? (type['coding'] as unknown[]) : [];
  for (const coding of codings) {
    const code = isPlainObject(coding) ? coding['code'] : undefined;
    const known =
      typeof code === 'string' && Object.hasOwn(typesByCode, code) ? typesByCode[code] : undefined;
    if (known !== undefined) return known;
  }
  const end = typeof system === 'string' ? system.toLowerCase() : '';
  if (/us-ssn$|2\.16\.840\.1\.113883\.4\.1$/.test(end)) return 'US_SOCIAL_SECURITY_NUMBER';
  if (/us-(?:mbi|medicare)$/.test(end)) return 'HEALTH_PLAN_ID';
  return end.endsWith('mrn') ? 'MEDICAL_RECORD_NUMBER' : 'OTHER_ID';
}

export function contactTypeOf({ system }: Properties): PiiType {
  if (system === 'email') return 'EMAIL';
  if (system === 'url') return 'URL';
  return system === 'other' ? 'OTHER_ID' : 'PHONE';
}

/** Where organizations are is a subdivision smaller than a state (45 CFR 164.514(b)(2)(i)(B)). */
const placeResources = new Set('Organization Location HealthcareService InsurancePlan Endpoint'.split(' '));
const personResources = new Set(
  'Patient Practitioner PractitionerRole RelatedPerson Person CareTeam Group'.split(' '),
);

/** @returns what a Reference's display or a `name` names; undefined if it is text about something clinical */
export function namedBy(resourceType: string | undefined): PiiType | undefined {
  if (resourceType === undefined || personResources.has(resourceType)) return 'NAME';
  return placeResources.has(resourceType) ? 'ADDRESS' : undefined;
}

/** @returns what the display of a Reference names; a reference that does not say what it refers to may name a person */
export function displayTypeOf({ reference, type }: Properties): PiiType | undefined {
  if (typeof type === 'string') return namedBy(type);
  return namedBy(typeof reference === 'string' ? referencedType(reference) : undefined);
}

/** Elements of FHIR that are one string and identify by what they are. */
const typesByElement: Readonly<Record<string, PiiType>> = {
  serialNumber: 'DEVICE_ID',
  carrierHRF: 'DEVICE_ID',
  carrierAIDC: 'DEVICE_ID',
  distinctIdentifier: 'DEVICE_ID',
  subscriberId: 'HEALTH_PLAN_ID',
  uid: 'OTHER_ID',
  authorString: 'NAME',
  alias: 'NAME',
};

/** @returns what a string element identifies by its name and its object, whatever it holds */
export function elementTypeOf(object: Properties, property: string, name: string): PiiType | undefined {
  if (Object.hasOwn(typesByElement, property)) return typesByElement[property];
  if (property === 'name') {
    const { resourceType } = object;
    if (typeof resourceType === 'string') return namedBy(resourceType);
    return /^(?:agent|class|contact|contributor)$/.test(name) ? 'NAME' : undefined;
  }
  // The mother's maiden name and the like: an extension says in its url what its value is.
  const { url } = object;
  return property === 'valueString' && typeof url === 'string' && /name$/i.test(url) ? 'NAME' : undefined;
}

const yearUnits = /^(?:a|y|yrs?|years?)$/i;
const monthUnits = /^(?:mo|mos|months?)$/i;

export const ageElement = /^age$|Age$|^age(?:In)?Years$/;

/** @returns how many years a Quantity says, if its unit is one of time; Age and Duration look the same */
export function yearsOfQuantity({ value, unit, code }: Properties, name: string): number | undefined {
  if (typeof value !== 'number') return undefined;
  const units = [code, unit].filter((text) => typeof text === 'string');
  if (units.length === 0) return ageElement.test(name) ? value : undefined;
  if (units.some((text) => yearUnits.test(text))) return value;
  return units.some((text) => monthUnits.test(text)) ? value / 12 : undefined;
}
