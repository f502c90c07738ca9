const uuid = /^(urn:uuid:)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;
const reference =
  /^(?:https?:\/\/[^\s?]*\/)?([A-Z][A-Za-z]{2,40})\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/;
/** A search instead of an id: `Practitioner?identifier=...|...`. */
const conditionalReference = /^([A-Z][A-Za-z]{2,40})\?/;

/**
 * New ids for one document. An id of somebody's system is a unique identifying number (45 CFR 164.514(b)(2)(i)(R)); the
 * same id gets the same new one, so that what the document links stays linked. UUIDs become UUIDs.
 */
export class DocumentIds {
  private readonly numbers = new Map<string, number>();

  /** @param id a resource's or element's id, a UUID, or a `urn:uuid:` */
  of(id: string): string {
    const [, prefix = '', bare] = uuid.exec(id) ?? [];
    if (bare === undefined) return `id-${this.number(id)}`;
    const number = this.number(bare.toLowerCase());
    return `${prefix}00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  }

  /** @returns the reference to the renamed resource, without server and version; undefined if it is no reference */
  ofReference(value: string): string | undefined {
    if (uuid.test(value)) return this.of(value);
    if (value.startsWith('#')) return `#${this.of(value.slice(1))}`;
    const [, type, id] = reference.exec(value) ?? [];
    if (type !== undefined && id !== undefined) return `${type}/${this.of(id)}`;
    const searched = conditionalReference.exec(value)?.[1];
    return searched === undefined ? undefined : `${searched}/${this.of(value)}`;
  }

  private number(id: string): number {
    const known = this.numbers.get(id) ?? this.numbers.size + 1;
    this.numbers.set(id, known);
    return known;
  }
}

export function isUuid(value: string): boolean {
  return uuid.test(value);
}

/** @returns the type of resource that a reference names, if it names one */
export function referencedType(value: string): string | undefined {
  return reference.exec(value)?.[1] ?? conditionalReference.exec(value)?.[1];
}
