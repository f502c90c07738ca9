import {
  additionalRules,
  type Concern,
  packRules,
  phiEncryptionRule,
  ruleNameOf,
} from '../../../compliance/hipaa-rules.js';

/** What is known of a rule beside its name. */
export interface RuleFacts {
  concern: Concern;
  /** Of 45 CFR. */
  paragraphs: readonly string[];
}

const known = new Map<string, RuleFacts>([
  ...[...packRules, ...additionalRules].map((rule) => [ruleNameOf(rule.identifier), rule] as const),
  [phiEncryptionRule.name, phiEncryptionRule],
]);

/** Of a rule that somebody else made: that the account is watched at all is 45 CFR 164.308(a)(1)(ii)(D). */
const ofOthers: RuleFacts = { concern: 'upkeep', paragraphs: ['164.308(a)(1)(ii)(D)'] };

/**
 * @param ruleName as Config tells it: ours begin with the deployment's prefix, those of a conformance pack end with its id
 * @param prefix `phi-<stage>-`
 */
export function ruleFacts(ruleName: string, prefix: string): RuleFacts {
  return known.get(plainRuleName(ruleName, prefix)) ?? ofOthers;
}

/** @returns the name without the deployment's prefix and without what a conformance pack adds: `encrypted-volumes` */
export function plainRuleName(ruleName: string, prefix: string): string {
  const own = ruleName.startsWith(prefix) ? ruleName.slice(prefix.length) : ruleName;
  return own.replace(/-conformance-pack-[a-z0-9]+$/, '');
}
