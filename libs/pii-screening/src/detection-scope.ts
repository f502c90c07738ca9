import { type PiiType, piiTypes } from './pii-types.js';
import type { ScreeningPolicy } from './screening-policy.js';

/** What a detection is to look for. What is not asked for costs nothing and is not found. */
export interface DetectionScope {
  readonly types: ReadonlySet<PiiType>;
  /**
   * Whether a city or a facility counts as an ADDRESS without a street, a box, a state or a ZIP code beside it. Those who
   * read a patient's notes need to know which hospital is meant; outside of the record it narrows down who he is.
   */
  readonly bareLocations: boolean;
}

/** Everything that identifies somebody, as Safe Harbor lists it (45 CFR 164.514(b)(2)). */
export const everyIdentifier: DetectionScope = Object.freeze({
  types: new Set(piiTypes),
  bareLocations: true,
});

/** @returns what a policy acts on. One that lets names pass needs no hospital hidden. */
export function scopeOf(policy: ScreeningPolicy): DetectionScope {
  const types = new Set(piiTypes.filter((type) => policy[type] !== 'ALLOW'));
  return Object.freeze({ types, bareLocations: types.has('NAME') });
}
