/**
 * RFC 7396, section 2: objects merge, `null` removes, everything else replaces.
 * @returns a new document; neither argument is changed
 */
export function mergePatch<T extends object>(target: T, patch: object): T {
  const result = { ...target } as Record<string, unknown>;
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    if (value === null) delete result[name];
    else if (isObject(value)) result[name] = mergePatch(isObject(result[name]) ? result[name] : {}, value);
    else result[name] = value;
  }
  return result as T;
}

/** @returns whether the patch sets or removes what stands at the place: objects merge, everything else replaces */
export function isReplaced(patch: unknown, [name, ...inner]: readonly string[]): boolean {
  if (name === undefined || !isObject(patch)) return true;
  const value = Object.hasOwn(patch, name) ? (patch as Record<string, unknown>)[name] : undefined;
  return value !== undefined && isReplaced(value, inner);
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
