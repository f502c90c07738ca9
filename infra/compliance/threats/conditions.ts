/** Path of the role behind a session, in a record of CloudTrail. Users and the root user have none. */
export const ROLE_NAME = 'userIdentity.sessionContext.sessionIssuer.userName';

type Value = string | number | boolean;

/** Lists in a record. A metric filter has no word for "one of them": it looks at the first few. */
const lists: Record<string, readonly number[]> = { resources: [0], 'requestParameters.names': [0, 1, 2] };

/** A condition on a field of a record of CloudTrail; paths are those of the record. */
export type Condition =
  /** One of these values; in an array, one element is enough. */
  | { path: string; is: readonly Value[] }
  /** Text that is like one of these, `*` being anything. */
  | { path: string; like: readonly string[] }
  /** Text that is like none of these, or no text at all. */
  | { path: string; unlike: readonly string[] }
  | { path: string; exists: false }
  /** One of several. */
  | { either: readonly Condition[] };

type Pattern = Record<string, unknown>;

/**
 * @returns a part of an event pattern, below `detail`
 * @see Amazon EventBridge User Guide, "Comparison operators for use in event patterns"
 */
export function eventPatternOf(conditions: readonly Condition[]): Pattern {
  const alternatives = conditions.flatMap((condition) => {
    if ('either' in condition) return [condition.either.map((one) => eventPatternOf([one]))];
    // "Anything but" asks for a value: a user, who has no role, would be overlooked.
    if ('unlike' in condition)
      return [
        [
          leaf(condition.path, [{ 'anything-but': { wildcard: condition.unlike } }]),
          leaf(condition.path, [{ exists: false }]),
        ],
      ];
    return [];
  });
  const plain = conditions.flatMap((condition) => {
    if ('is' in condition) return [leaf(condition.path, condition.is)];
    if ('like' in condition)
      return [
        leaf(
          condition.path,
          condition.like.map((wildcard) => ({ wildcard })),
        ),
      ];
    if ('exists' in condition) return [leaf(condition.path, [{ exists: false }])];
    return [];
  });
  const merged = plain.reduce<Pattern>(merge, {});
  // An object has one `$or`; further ones stand in the alternatives of the first.
  return alternatives.reduceRight<Pattern>(
    (rest, some) => ({ ...pickPlain(rest), $or: some.map((one) => merge(one, pickOr(rest))) }),
    merged,
  );
}

const pickPlain = ({ $or: _, ...plain }: Pattern): Pattern => plain;
const pickOr = ({ $or }: Pattern): Pattern => ($or === undefined ? {} : { $or });

/** @returns `{"a": {"b": values}}` of `a.b` */
function leaf(path: string, values: readonly unknown[]): Pattern {
  const [name = '', ...rest] = path.split('.');
  return { [name]: rest.length === 0 ? values : leaf(rest.join('.'), values) };
}

function merge(one: Pattern, other: Pattern): Pattern {
  const merged = { ...one };
  for (const [name, value] of Object.entries(other)) {
    const present = merged[name];
    if (present === undefined) merged[name] = value;
    else if (isObject(present) && isObject(value)) merged[name] = merge(present, value);
    else throw new Error(`two conditions on ${name}`);
  }
  return merged;
}

const isObject = (value: unknown): value is Pattern =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * @returns the same condition as a term of a metric filter
 * @see Amazon CloudWatch Logs User Guide, "Filter pattern syntax for metric filters", JSON log events
 */
export function filterTermOf(condition: Condition): string {
  if ('either' in condition) return anyOf(condition.either.map(filterTermOf));
  const [list, places] = Object.entries(lists).find(([name]) => condition.path.startsWith(name)) ?? ['', []];
  if (places.length > 0)
    return anyOf(
      places.map((place) =>
        termOf({ ...condition, path: condition.path.replace(list, `${list}[${place}]`) }),
      ),
    );
  return termOf(condition);
}

function termOf(condition: Exclude<Condition, { either: unknown }>): string {
  const path = `$.${condition.path}`;
  if ('is' in condition)
    return anyOf(
      condition.is.map((value) =>
        typeof value === 'boolean' ? `${path} IS ${value ? 'TRUE' : 'FALSE'}` : `${path} = ${quoted(value)}`,
      ),
    );
  if ('like' in condition) return anyOf(condition.like.map((value) => `${path} = ${quoted(value)}`));
  if ('unlike' in condition) {
    const others = allOf(condition.unlike.map((value) => `${path} != ${quoted(value)}`));
    return anyOf([others, `${path} NOT EXISTS`]);
  }
  return `${path} NOT EXISTS`;
}

const quoted = (value: Value): string => (typeof value === 'string' ? `"${value}"` : String(value));

export const anyOf = (terms: readonly string[]): string => joined(terms, '||');
export const allOf = (terms: readonly string[]): string => joined(terms, '&&');

const joined = (terms: readonly string[], operator: string): string =>
  terms.length === 1 ? (terms[0] ?? '') : terms.map((term) => `(${term})`).join(operator);
