/** Types that number something of a person; data sets know them as one kind, "ID". */
export const numberTypes: readonly string[] = [
  'MEDICAL_RECORD_NUMBER',
  'HEALTH_PLAN_ID',
  'ACCOUNT_NUMBER',
  'OTHER_ID',
  'DRIVER_ID',
  'LICENSE_PLATE',
  'VEHICLE_IDENTIFICATION_NUMBER',
  'DEVICE_ID',
];

/** Every other type of the detector. */
const otherTypes: readonly string[] = [
  'US_SOCIAL_SECURITY_NUMBER',
  'CREDIT_DEBIT_CARD_NUMBER',
  'PHONE',
  'EMAIL',
  'ADDRESS',
  'NAME',
  'DATE',
  'AGE',
  'URL',
  'IP_ADDRESS',
];

/** What a data set's label stands for: the types of ours that are right, or nothing that counts either way. */
export type Meaning = readonly string[] | 'neutral';

/** Label names of public data sets, as they are spelled there. */
const meaningsByName: Readonly<Record<string, Meaning>> = {
  SSN: ['US_SOCIAL_SECURITY_NUMBER'],
  US_SSN: ['US_SOCIAL_SECURITY_NUMBER'],
  SOCIAL_SECURITY_NUMBER: ['US_SOCIAL_SECURITY_NUMBER'],
  CREDIT_CARD: ['CREDIT_DEBIT_CARD_NUMBER'],
  PHONE_NUMBER: ['PHONE'],
  FAX: ['PHONE'],
  FAX_NUMBER: ['PHONE'],
  EMAIL_ADDRESS: ['EMAIL'],
  LOCATION: ['ADDRESS'],
  GEOGRAPHIC_LOCATION: ['ADDRESS'],
  PERSON: ['NAME'],
  DATE_TIME: ['DATE'],
  IP: ['IP_ADDRESS'],
  DOMAIN_NAME: ['URL'],
  ID: numberTypes,
  UNIQUE_IDENTIFIER: numberTypes,
  HEALTH_PLAN_BENEFICIARY_NUMBER: numberTypes,
  US_DRIVER_LICENSE: numberTypes,
  IBAN_CODE: numberTypes,
  LICENSE: numberTypes,
  VEHICLE: numberTypes,
  DEVICE: numberTypes,
  // No identifiers, or out of scope: whether they are found says nothing.
  ORGANIZATION: 'neutral',
  TITLE: 'neutral',
  PREFIX: 'neutral',
};

/**
 * @param type coarse label of a span
 * @param raw the data set's own name for it; the more exact of the two counts
 * @throws Error for a label that is neither a type of ours nor in the table
 */
export function meaningOf(type: string, raw: string | undefined): Meaning {
  for (const name of [raw, type]) {
    if (name === undefined) continue;
    // Where a set has names of its own, an "MRN" and an "account" are one kind to it.
    if (raw !== undefined && numberTypes.includes(name)) return numberTypes;
    if (numberTypes.includes(name) || otherTypes.includes(name)) return [name];
    if (Object.hasOwn(meaningsByName, name)) return meaningsByName[name] ?? 'neutral';
  }
  throw new Error('a label of the file is not known; add it to pii-labels.ts');
}

/** A line of the result: the types that it counts as one. */
export interface ScoreClass {
  readonly name: string;
  readonly types: ReadonlySet<string>;
}

const single = (name: string): ScoreClass => ({ name, types: new Set([name]) });

/** All numbers of a person together. */
export const idClass: ScoreClass = { name: 'ID (any number)', types: new Set(numberTypes) };

/** @param labelsNumbersApart whether the labels tell a record number from an account */
export function scoreClasses(labelsNumbersApart: boolean): readonly ScoreClass[] {
  return [...otherTypes.map(single), idClass, ...(labelsNumbersApart ? numberTypes.map(single) : [])];
}
