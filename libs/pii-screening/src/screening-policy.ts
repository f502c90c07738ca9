import { type PiiType, piiTypes } from './pii-types.js';

/** BLOCK refuses the request, ANONYMIZE replaces the span by `{TYPE}`, ALLOW leaves it. */
export type PolicyAction = 'BLOCK' | 'ANONYMIZE' | 'ALLOW';

export type ScreeningPolicy = Readonly<Record<PiiType, PolicyAction>>;

const allowAll = Object.fromEntries(piiTypes.map((type) => [type, 'ALLOW'])) as Record<PiiType, PolicyAction>;

/** For text that is stored with a patient. Names, dates and record numbers stay, because clinicians need them. */
export const storedNotesPolicy: ScreeningPolicy = Object.freeze({
  ...allowAll,
  US_SOCIAL_SECURITY_NUMBER: 'BLOCK',
  CREDIT_DEBIT_CARD_NUMBER: 'BLOCK',
  PHONE: 'ANONYMIZE',
  EMAIL: 'ANONYMIZE',
  ADDRESS: 'ANONYMIZE',
});
