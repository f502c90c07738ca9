import { isJsonObject, type JsonObject } from './json.js';

/** One element that is taken over: a primitive, or a complex type, which may be a list with a maximum. */
type Rule =
  | 'primitive'
  | 'primitives'
  | { readonly one: Shape }
  | { readonly list: Shape; readonly max: number };
type Shape = Readonly<Record<string, Rule>>;

const period: Shape = { start: 'primitive', end: 'primitive' };
const coding: Shape = {
  system: 'primitive',
  version: 'primitive',
  code: 'primitive',
  display: 'primitive',
  userSelected: 'primitive',
};
/** The service sets no maximum here; the number only keeps one hostile file from making an endless request. */
const codings: Rule = { list: coding, max: 100 };
const codeableConcept: Shape = { coding: codings, text: 'primitive' };
const humanName: Shape = {
  use: 'primitive',
  text: 'primitive',
  family: 'primitive',
  given: 'primitives',
  prefix: 'primitives',
  suffix: 'primitives',
  period: { one: period },
};
const contactPoint: Shape = {
  system: 'primitive',
  value: 'primitive',
  use: 'primitive',
  rank: 'primitive',
  period: { one: period },
};
const address: Shape = {
  use: 'primitive',
  type: 'primitive',
  text: 'primitive',
  line: 'primitives',
  city: 'primitive',
  district: 'primitive',
  state: 'primitive',
  postalCode: 'primitive',
  country: 'primitive',
  period: { one: period },
};
const identifier: Shape = {
  use: 'primitive',
  type: { one: codeableConcept },
  system: 'primitive',
  value: 'primitive',
  period: { one: period },
};

/** The elements that a patient of the service has, and how many of each. */
const patient: Shape = {
  identifier: { list: identifier, max: 10 },
  active: 'primitive',
  name: { list: humanName, max: 5 },
  telecom: { list: contactPoint, max: 10 },
  gender: 'primitive',
  birthDate: 'primitive',
  deceasedDateTime: 'primitive',
  address: { list: address, max: 10 },
  maritalStatus: { one: codeableConcept },
  contact: {
    list: {
      relationship: { list: codeableConcept, max: 100 },
      name: { one: humanName },
      telecom: { list: contactPoint, max: 10 },
      address: { one: address },
      gender: 'primitive',
      period: { one: period },
    },
    max: 10,
  },
  communication: { list: { language: { one: codeableConcept }, preferred: 'primitive' }, max: 10 },
  meta: { one: { security: codings } },
};

export interface MappedPatient {
  /** Body of `PUT /v1/patients/{patientId}`. */
  readonly body: Record<string, unknown>;
  /** What did not go over as it was; element names and numbers only. */
  readonly warnings: readonly string[];
}

/**
 * Takes over the elements that a patient of the service has, and no others: extensions, element ids, `_element`
 * siblings, references. Nothing is lost by that, because the whole resource is kept as a record beside it.
 * @param resource a FHIR R4 Patient
 */
export function mapPatient(resource: JsonObject): MappedPatient {
  const warnings: string[] = [];
  return { body: pick(resource, patient, 'Patient', warnings) ?? {}, warnings };
}

/** @returns undefined for an object with nothing to take over: an empty one is not valid FHIR */
function pick(
  source: JsonObject,
  shape: Shape,
  path: string,
  warnings: string[],
): Record<string, unknown> | undefined {
  const target: Record<string, unknown> = {};
  for (const [name, rule] of Object.entries(shape)) {
    const value = source[name];
    if (value === undefined || value === null) continue;
    const taken = take(value, rule, `${path}.${name}`, warnings);
    if (taken !== undefined) target[name] = taken;
  }
  return Object.keys(target).length === 0 ? undefined : target;
}

function take(value: unknown, rule: Rule, path: string, warnings: string[]): unknown {
  if (rule === 'primitive')
    return typeof value === 'object' ? misshapen(path, 'a single value', warnings) : value;
  if (rule === 'primitives') {
    if (!Array.isArray(value)) return misshapen(path, 'a list', warnings);
    // A null holds the place of a value that has only an extension.
    const values = value.filter((item) => item !== null && typeof item !== 'object');
    return values.length === 0 ? undefined : values;
  }
  if ('one' in rule) {
    return isJsonObject(value)
      ? pick(value, rule.one, path, warnings)
      : misshapen(path, 'an object', warnings);
  }
  if (!Array.isArray(value)) return misshapen(path, 'a list', warnings);
  const items: Record<string, unknown>[] = [];
  for (const item of value) {
    const picked = isJsonObject(item)
      ? pick(item, rule.list, path, warnings)
      : misshapen(path, 'a list of objects', warnings);
    if (picked !== undefined) items.push(picked);
  }
  if (items.length > rule.max) {
    warnings.push(`${path}: the first ${rule.max} of ${items.length} are in the patient, all in the record`);
    items.length = rule.max;
  }
  return items.length === 0 ? undefined : items;
}

function misshapen(path: string, expected: string, warnings: string[]): undefined {
  warnings.push(`${path}: not ${expected}; it is in the record, but not in the patient`);
  return undefined;
}
