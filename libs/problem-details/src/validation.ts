import { planOf, type PropertyPlan } from './dto-plan.js';
import { type FieldError, Problem } from './problem.js';
import { problemTypes } from './problem-types.js';

/** At most this many places are listed; a body that is wrong everywhere needs no longer answer. */
const errorsAtMost = 50;

type DtoClass = new () => object;
type HeldType = DtoClass | NumberConstructor;

interface Held {
  type: () => HeldType;
  itemsAtMost: number;
}

const heldByPrototype = new WeakMap<object, Map<string, Held>>();

/**
 * Property decorator: the property holds a DTO, an array of them, or (in a query, where all is text) a number.
 * What has no such mark is taken over as it is.
 * @param itemsAtMost of an array: what comes after them is refused without being looked at
 */
export function Holds(type: () => HeldType, itemsAtMost = 1): PropertyDecorator {
  return (prototype, property) => {
    const held = heldByPrototype.get(prototype) ?? new Map<string, Held>();
    heldByPrototype.set(prototype, held.set(String(property), { type, itemsAtMost }));
  };
}

/**
 * Turns a parsed JSON body into an instance of its DTO, or says every place that is wrong.
 * Unknown properties are refused. Neither a value nor an unknown property's name is repeated: both are the caller's text.
 * @throws Problem `validation-failed` with `errors: [{pointer, detail}]`
 */
export function validateDto<T extends object>(dto: new () => T, body: unknown): T {
  if (!isJsonObject(body)) {
    throw new Problem(problemTypes.validationFailed, {
      errors: [{ pointer: '', detail: 'must be a JSON object' }],
    });
  }
  const errors: FieldError[] = [];
  const instance = instantiate(dto, body, '', errors);
  check(instance, '', errors);
  if (errors.length > 0) {
    throw new Problem(problemTypes.validationFailed, { errors: errors.slice(0, errorsAtMost) });
  }
  return instance;
}

/**
 * Takes over what the DTO declares, and nothing else: how deep it goes is decided by the DTO, not by the body, and JSON
 * content keeps every name (`class-transformer` loses `toString`, stumbles over `constructor` and recurses into everything).
 */
function instantiate<T extends object>(
  dto: new () => T,
  body: object,
  parent: string,
  unknown: FieldError[],
): T {
  const instance = new dto();
  const known = knownProperties(dto);
  for (const [position, [name, value]] of Object.entries(body).entries()) {
    if (known.has(name)) {
      Reflect.set(instance, name, taken(heldBy(instance, name), value, `${parent}/${name}`, unknown));
    } else if (unknown.length < errorsAtMost) {
      const detail = `property ${position + 1} of this object is not known; known are: ${[...known].join(', ')}`;
      unknown.push({ pointer: parent, detail });
    }
  }
  return instance;
}

function taken(held: Held | undefined, value: unknown, pointer: string, unknown: FieldError[]): unknown {
  if (held === undefined) return value;
  const type = held.type();
  if (type === Number) return typeof value === 'string' ? Number(value) : value;
  if (isJsonObject(value)) return instantiate(type as DtoClass, value, pointer, unknown);
  if (!Array.isArray(value)) return value;
  // One more than there may be, so that validation still sees that there are too many, but never a million.
  return value.slice(0, held.itemsAtMost + 1).map((item: unknown, index) => {
    if (isJsonObject(item)) return instantiate(type as DtoClass, item, `${pointer}/${index}`, unknown);
    // class-validator would look for objects in an array within the array.
    return Array.isArray(item) ? null : item;
  });
}

function heldBy(instance: object, property: string): Held | undefined {
  for (let prototype: unknown = Object.getPrototypeOf(instance); prototype instanceof Object;) {
    const held = heldByPrototype.get(prototype)?.get(property);
    if (held !== undefined) return held;
    prototype = Object.getPrototypeOf(prototype);
  }
  return undefined;
}

const knownByDto = new WeakMap<object, ReadonlySet<string>>();

/** @returns the names of the properties of a DTO, in the order of the alphabet */
function knownProperties(dto: DtoClass): ReadonlySet<string> {
  const found = knownByDto.get(dto);
  if (found !== undefined) return found;
  const names = new Set(
    planOf(dto)
      .map(({ name }) => name)
      .sort(),
  );
  knownByDto.set(dto, names);
  return names;
}

const isJsonObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every property, and what it holds; the first thing that is wrong with each. */
function check(instance: object, parent: string, errors: FieldError[]): void {
  for (const property of planOf(instance.constructor as DtoClass)) {
    const value: unknown = Reflect.get(instance, property.name);
    if (!property.applies(instance, value)) continue;
    const failed = property.checks.find(({ passes }) => !passes(value, instance));
    const pointer = `${parent}/${property.name}`;
    if (failed !== undefined) errors.push({ pointer, detail: failed.message });
    else checkNested(property, value, pointer, errors);
    if (errors.length >= errorsAtMost) return;
  }
}

function checkNested({ nested }: PropertyPlan, value: unknown, pointer: string, errors: FieldError[]): void {
  if (nested === undefined || value === undefined) return;
  if (!Array.isArray(value)) {
    if (isJsonObject(value)) check(value, pointer, errors);
    else errors.push({ pointer, detail: nested });
    return;
  }
  for (const [index, item] of value.entries()) {
    if (isJsonObject(item)) check(item, `${pointer}/${index}`, errors);
    else errors.push({ pointer: `${pointer}/${index}`, detail: nested });
  }
}
