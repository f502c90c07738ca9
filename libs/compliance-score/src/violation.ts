import type { Concern } from '../../../compliance/hipaa-rules.js';
import { plainRuleName, ruleFacts } from './rule-facts.js';
import { type DataClass, reachesEverything } from './severity.js';

/** From where a violation can be used. */
export type Exposure = 'internet' | 'network' | 'account' | 'internal';
/** What somebody needs who wants to use it. */
export type Exploitability = 'nothing' | 'credentials' | 'insider' | 'another fault';

/** A resource that breaks a rule, with what its risk is made of. */
export interface Violation {
  /** As it is told: without prefix and suffix. */
  rule: string;
  resourceType: string;
  resourceId: string;
  dataClass: DataClass;
  exposure: Exposure;
  exploitability: Exploitability;
  /** At least so long. */
  ageDays: number;
}

interface Weakness {
  exposure: Exposure;
  exploitability: Exploitability;
}

const byConcern: Record<Concern, Weakness> = {
  // Some of them are open to everybody; the others weaken what stands before them.
  exposure: { exposure: 'network', exploitability: 'credentials' },
  encryption: { exposure: 'internal', exploitability: 'insider' },
  trail: { exposure: 'account', exploitability: 'another fault' },
  identity: { exposure: 'account', exploitability: 'credentials' },
  resilience: { exposure: 'internal', exploitability: 'another fault' },
  upkeep: { exposure: 'internal', exploitability: 'another fault' },
};

/** Rules whose violation lets anybody in, by their names: nothing else has to go wrong. */
const open = /public|unrestricted|incoming|open-only|direct-internet/;

/** Stands for the rules of a resource of which only is known that it breaks some. */
export const someRule = 'some rule';

/** @returns what a rule's violation makes possible */
export function weaknessOf(rule: string, concern: Concern): Weakness {
  if (rule === someRule) return { exposure: 'network', exploitability: 'credentials' };
  return concern === 'exposure' && open.test(rule)
    ? { exposure: 'internet', exploitability: 'nothing' }
    : byConcern[concern];
}

/** What Config tells of a violation, and what is known of the data. */
export interface FoundViolation {
  /** As Config names it. */
  ruleName: string;
  resourceType: string;
  resourceId: string;
  dataClass: DataClass;
  /** Since when at the latest; unknown: since now. */
  openSince: Date | undefined;
}

const MILLISECONDS_PER_DAY = 24 * 3600 * 1000;

/** @param prefix of this deployment's own rules, `phi-<stage>-` */
export function violationOf(found: FoundViolation, now: Date, prefix: string): Violation {
  const { ruleName, resourceType, resourceId, dataClass, openSince = now } = found;
  const rule = plainRuleName(ruleName, prefix);
  return {
    rule,
    resourceType,
    resourceId,
    // A trail, a key or a user reaches all that the account holds.
    dataClass: reachesEverything.test(resourceType) ? 'PHI' : dataClass,
    ...weaknessOf(rule, ruleFacts(ruleName, prefix).concern),
    ageDays: Math.max(0, (now.getTime() - openSince.getTime()) / MILLISECONDS_PER_DAY),
  };
}

/** A rule can stand alone and in a pack: each violation once, with the longer age. */
export function distinctViolations(violations: readonly Violation[]): Violation[] {
  const distinct = new Map<string, Violation>();
  for (const violation of violations) {
    const key = JSON.stringify([violation.rule, violation.resourceType, violation.resourceId]);
    const other = distinct.get(key);
    if (other === undefined || other.ageDays < violation.ageDays) distinct.set(key, violation);
  }
  return [...distinct.values()];
}
