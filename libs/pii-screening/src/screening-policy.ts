import { type PiiType, piiTypes } from './pii-types.js';

/** BLOCK refuses the request, ANONYMIZE replaces the span by `{TYPE}`, ALLOW leaves it. */
export const policyActions = ['BLOCK', 'ANONYMIZE', 'ALLOW'] as const;

export type PolicyAction = (typeof policyActions)[number];

export type ScreeningPolicy = Readonly<Record<PiiType, PolicyAction>>;

/** @returns the policy that does `action` with every type but those that are named */
export function policyOf(
  action: PolicyAction,
  named: Readonly<Partial<Record<PiiType, PolicyAction>>> = {},
): ScreeningPolicy {
  const all = Object.fromEntries(piiTypes.map((type) => [type, action])) as Record<PiiType, PolicyAction>;
  return Object.freeze({ ...all, ...named });
}

/** For text that is stored with a patient. Names, dates and record numbers stay, because clinicians need them. */
export const storedNotesPolicy: ScreeningPolicy = policyOf('ALLOW', {
  US_SOCIAL_SECURITY_NUMBER: 'BLOCK',
  CREDIT_DEBIT_CARD_NUMBER: 'BLOCK',
  PHONE: 'ANONYMIZE',
  EMAIL: 'ANONYMIZE',
  ADDRESS: 'ANONYMIZE',
});

/** For text that leaves as de-identified: nothing of the 18 identifiers stays (45 CFR 164.514(b)(2)). */
export const safeHarborPolicy: ScreeningPolicy = policyOf('ANONYMIZE');
