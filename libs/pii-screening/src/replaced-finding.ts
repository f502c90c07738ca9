import type { PiiFinding } from './pii-types.js';

/** A finding and what is to be written in its place, `{TYPE}` if nothing else is said. */
export interface ReplacedFinding extends PiiFinding {
  readonly replacement?: string;
}

/** @returns what is written in the place of a finding */
export function replacementOf({ type, replacement }: ReplacedFinding): string {
  return replacement ?? `{${type}}`;
}
