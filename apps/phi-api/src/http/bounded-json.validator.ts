import { ValidateBy } from 'class-validator';

/** Deeper or larger than any FHIR resource; what comes after may recurse. */
const depthAtMost = 40;
const nodesAtMost = 100_000;

/** @returns whether `value` is a JSON object within the bounds, without recursion of its own */
export function isBoundedJson(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  let level: object[] = [value];
  let nodes = 0;
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > depthAtMost) return false;
    const inner = level.flatMap((node) => Object.values(node) as unknown[]);
    nodes += inner.length;
    if (nodes > nodesAtMost) return false;
    level = inner.filter((node): node is object => typeof node === 'object' && node !== null);
  }
  return true;
}

export function IsBoundedJson(): PropertyDecorator {
  return ValidateBy(
    { name: 'isBoundedJson', validator: { validate: isBoundedJson } },
    { message: `must be a JSON object of at most ${depthAtMost} levels and ${nodesAtMost} values` },
  );
}
