import fc from 'fast-check';
import type { OpenApi } from './openapi-routes.js';

/** What of JSON Schema the document uses for what comes in. */
export interface InputSchema {
  $ref?: string;
  allOf?: InputSchema[];
  type?: string;
  enum?: unknown[];
  properties?: Record<string, InputSchema>;
  required?: string[];
  additionalProperties?: unknown;
  items?: InputSchema;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  pattern?: string;
  format?: string;
  example?: unknown;
}

const itemsAtMost = 3;
const levelsAtMost = 6;

/** @returns values that the schema permits; what only code can tell (calendar days, known words) may still be wrong */
export function valid(schema: InputSchema, document: OpenApi, levels = levelsAtMost): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice('#/components/schemas/'.length);
    return valid(document.components.schemas[name] as InputSchema, document, levels);
  }
  const [first] = schema.allOf ?? [];
  if (first !== undefined) return valid(first, document, levels);
  const example = schema.example === undefined ? [] : [{ weight: 3, arbitrary: fc.constant(schema.example) }];
  return fc.oneof(...example, { weight: 2, arbitrary: ofType(schema, document, levels) });
}

function ofType(schema: InputSchema, document: OpenApi, levels: number): fc.Arbitrary<unknown> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case 'object':
      return objects(schema, document, levels);
    case 'array':
      return fc.array(valid(schema.items ?? {}, document, levels - 1), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? itemsAtMost, itemsAtMost),
      });
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -1000, max: Math.min(schema.maximum ?? 1000, 2 ** 31 - 1) });
    case 'number':
      return fc.double({ min: schema.minimum ?? -1e6, max: schema.maximum ?? 1e6, noNaN: true });
    default:
      return strings(schema);
  }
}

function strings({ pattern, format, minLength = 0, maxLength = 64 }: InputSchema): fc.Arbitrary<unknown> {
  if (format === 'uuid') return fc.uuid();
  if (pattern === undefined)
    return fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, 64) });
  return fc
    .stringMatching(new RegExp(pattern, 'u'), { size: 'small' })
    .filter(({ length }) => length >= minLength && length <= maxLength);
}

function objects(schema: InputSchema, document: OpenApi, levels: number): fc.Arbitrary<unknown> {
  const { properties = {}, required = [] } = schema;
  if (Object.keys(properties).length === 0)
    return fc.object({ maxDepth: 2, key: fc.string({ minLength: 1 }) });
  const known = Object.entries(properties).filter(([name]) => levels > 0 || required.includes(name));
  const model = Object.fromEntries(known.map(([name, inner]) => [name, valid(inner, document, levels - 1)]));
  return fc.record(model, { requiredKeys: required.filter((name) => name in model) });
}

/** Values that something has choked on somewhere; each can be told from others by `mark`. */
export const hostile = (mark: string): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.constantFrom<unknown>(null, true, 0, -1, 1e308, 2 ** 53, [], {}, [[]], '', ' '),
    fc.constantFrom(
      `${mark}\u0000${mark}`,
      `\ud800${mark}`,
      `${mark}\r\nset-cookie: ${mark}=1`,
      `../../${mark}/etc/passwd`,
      `' OR '${mark}'='${mark}`,
      `<script>${mark}</script>`,
      `\${jndi:ldap://${mark}}`,
      `{{${mark}}}`,
      mark.repeat(7000),
    ),
    fc.constantFrom<unknown>(
      { __proto__: null, [mark]: 1 },
      { constructor: { prototype: { [mark]: mark } } },
      Object.fromEntries(['toString', 'valueOf', 'then', 'toJSON'].map((name) => [name, mark])),
      { $ref: mark, $where: mark },
      nested(200, mark),
    ),
    fc.string({ unit: 'binary', maxLength: 40 }).map((text) => `${mark}${text}`),
  );

const nested = (levels: number, mark: string): unknown =>
  levels === 0 ? mark : levels % 2 === 0 ? [nested(levels - 1, mark)] : { a: nested(levels - 1, mark) };

/** @returns `value` with one place of it replaced by something hostile, or with a member that is not known */
export function spoiled(value: unknown, mark: string): fc.Arbitrary<unknown> {
  return fc.tuple(fc.nat(), hostile(mark), fc.boolean()).map(([place, wrong, added]) => {
    const places = placesOf(value);
    const path = places[place % places.length] as readonly (string | number)[];
    return replaced(value, added ? [...path, mark] : path, wrong);
  });
}

function placesOf(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...inner.flatMap(([name, one]) => placesOf(one, [...path, name as string | number]))];
}

function replaced(value: unknown, [name, ...rest]: readonly (string | number)[], wrong: unknown): unknown {
  if (name === undefined) return wrong;
  if (Array.isArray(value)) return value.map((one, n) => (n === name ? replaced(one, rest, wrong) : one));
  if (typeof value !== 'object' || value === null) return wrong;
  const members = value as Record<string, unknown>;
  return { ...members, [name]: replaced(members[name], rest, wrong) };
}
