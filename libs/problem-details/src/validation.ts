import { type Check, planOf, type PropertyPlan } from './dto-plan.js';
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
  const properties = instance as Record<string, unknown>;
  const known = knownProperties(dto);
  let position = 0;
  for (const [name, value] of Object.entries(body)) {
    position += 1;
    if (known.has(name)) {
      const held = known.get(name);
      properties[name] = held === undefined ? value : taken(held, value, `${parent}/${name}`, unknown);
    } else if (unknown.length < errorsAtMost) {
      const names = [...known.keys()].join(', ');
      const detail = `property ${position} of this object is not known; known are: ${names}`;
      unknown.push({ pointer: parent, detail });
    }
  }
  return instance;
}

function taken(held: Held, value: unknown, pointer: string, unknown: FieldError[]): unknown {
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

function heldBy(dto: DtoClass, property: string): Held | undefined {
  for (let prototype: unknown = dto.prototype; prototype instanceof Object;) {
    const held = heldByPrototype.get(prototype)?.get(property);
    if (held !== undefined) return held;
    prototype = Object.getPrototypeOf(prototype);
  }
  return undefined;
}

const knownByDto = new WeakMap<object, ReadonlyMap<string, Held | undefined>>();

/** @returns the names of the properties of a DTO, in the order of the alphabet, and what each holds if it has such a mark */
function knownProperties(dto: DtoClass): ReadonlyMap<string, Held | undefined> {
  const found = knownByDto.get(dto);
  if (found !== undefined) return found;
  const names = planOf(dto)
    .map(({ name }) => name)
    .sort();
  const known = new Map(names.map((name) => [name, heldBy(dto, name)] as const));
  knownByDto.set(dto, known);
  return known;
}

const isJsonObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every property, and what it holds; the first thing that is wrong with each. */
function check(instance: object, parent: string, errors: FieldError[]): void {
  for (const property of planOf(instance.constructor as DtoClass)) {
    const value = (instance as Record<string, unknown>)[property.name];
    if (!property.applies(instance, value)) continue;
    const failed = firstFailed(property, value, instance);
    if (failed !== undefined) errors.push({ pointer: `${parent}/${property.name}`, detail: failed.message });
    else checkNested(property, value, parent, errors);
    if (errors.length >= errorsAtMost) return;
  }
}

function firstFailed({ checks }: PropertyPlan, value: unknown, instance: object): Check | undefined {
  for (const one of checks) if (!one.passes(value, instance)) return one;
  return undefined;
}

function checkNested(
  { name, nested }: PropertyPlan,
  value: unknown,
  parent: string,
  errors: FieldError[],
): void {
  if (nested === undefined || value === undefined) return;
  const pointer = `${parent}/${name}`;
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
