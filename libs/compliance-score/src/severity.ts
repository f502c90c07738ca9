import type { Classification } from '@app/data-classification';
import type { Concern } from '../../../compliance/hipaa-rules.js';

/** How grave a violation is, as alerts say it. */
export type Severity = 'CRITICAL' | 'HIGH' | 'MEDIUM' | 'INFO';

/** What is known of the data; `unknown`: Config could not be asked. */
export type DataClass = Classification['dataClass'] | 'unknown';

const withPhi: Record<Concern, Severity> = {
  exposure: 'CRITICAL',
  encryption: 'CRITICAL',
  trail: 'HIGH',
  identity: 'HIGH',
  resilience: 'MEDIUM',
  upkeep: 'MEDIUM',
};

const withoutPhi: Record<Concern, Severity> = {
  exposure: 'HIGH',
  encryption: 'MEDIUM',
  // A trail with a hole has it for everybody's data.
  trail: 'HIGH',
  identity: 'MEDIUM',
  resilience: 'INFO',
  upkeep: 'INFO',
};

/** The account itself, its trails and its users reach everything that it holds. */
export const reachesEverything = /^AWS::(::Account|CloudTrail::|IAM::|KMS::|Config::)/;

/** @returns how grave it is; where nothing is known of the data it counts as PHI */
export function severityOf(concern: Concern, dataClass: DataClass, resourceType: string): Severity {
  const isPhi = dataClass === 'PHI' || dataClass === 'unknown' || reachesEverything.test(resourceType);
  return (isPhi ? withPhi : withoutPhi)[concern];
}
