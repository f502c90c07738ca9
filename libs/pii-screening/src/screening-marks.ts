/** How a property of a DTO is screened. */
export type ScreeningMark = 'text' | 'content';

const marksByPrototype = new WeakMap<object, Map<string, ScreeningMark>>();

function mark(kind: ScreeningMark): PropertyDecorator {
  return (prototype, property) => {
    const marks = marksByPrototype.get(prototype) ?? new Map<string, ScreeningMark>();
    marks.set(String(property), kind);
    marksByPrototype.set(prototype, marks);
  };
}

/** The property is prose: a string, or an array of strings. Nothing in it is exempt, whatever it looks like. */
export function FreeText(): PropertyDecorator {
  return mark('text');
}

/**
 * The property is JSON in the shape of a FHIR resource: every string, name and long number in it is screened, but for
 * FHIR's typed elements. Properties without a mark are screened like this too, so that a forgotten mark hides nothing.
 */
export function FhirContent(): PropertyDecorator {
  return mark('content');
}

const notScreened = new WeakSet<object>();

/**
 * Class decorator: there is nothing in this DTO to keep out of the store. A search is only compared with, and a search
 * for a phone number has to hold one; members of a care team are staff, named by their tokens.
 */
export function NotScreened(): ClassDecorator {
  return (constructor) => void notScreened.add(constructor.prototype as object);
}

export function isNotScreened(dto: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(dto);
  return isObject(prototype) && notScreened.has(prototype);
}

/** @returns the mark of a property of a DTO instance, inherited ones included */
export function markOf(instance: object, property: string): ScreeningMark {
  for (let prototype: unknown = Object.getPrototypeOf(instance); isObject(prototype);) {
    const found = marksByPrototype.get(prototype)?.get(property);
    if (found !== undefined) return found;
    prototype = Object.getPrototypeOf(prototype);
  }
  return 'content';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
