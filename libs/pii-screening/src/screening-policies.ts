import { type PiiType, piiTypes } from './pii-types.js';
import {
  type PolicyAction,
  type ScreeningPolicy,
  policyActions,
  policyOf,
  safeHarborPolicy,
  storedNotesPolicy,
} from './screening-policy.js';

/** One policy a purpose; the two that the service itself uses are always there. */
export interface ScreeningPolicies {
  readonly 'stored-notes': ScreeningPolicy;
  readonly 'safe-harbor': ScreeningPolicy;
  readonly [purpose: string]: ScreeningPolicy;
}

export const defaultScreeningPolicies: ScreeningPolicies = Object.freeze({
  'stored-notes': storedNotesPolicy,
  'safe-harbor': safeHarborPolicy,
});

/** The text is no policy. The message names every wrong place by its RFC 6901 pointer, and prints no value. */
export class ScreeningPolicyError extends Error {
  override readonly name = 'ScreeningPolicyError';
  constructor(readonly faults: readonly string[]) {
    super(`The screening policy is wrong:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  }
}

/** The key under which a purpose says that it means to let these through. */
const acknowledgement = 'acknowledged';
/** Letting these through opens a bank account or an identity: one slip in a policy must not be enough. */
const acknowledgedTypes: readonly PiiType[] = ['US_SOCIAL_SECURITY_NUMBER', 'CREDIT_DEBIT_CARD_NUMBER'];
const purposeName = /^[a-z][a-z0-9]*(?:-[a-z0-9]+){0,7}$/;

/**
 * Reads the policies of a deployment: `{"<purpose>": {"<TYPE>": "BLOCK" | "ANONYMIZE" | "ALLOW"}}`. A type that is not
 * named keeps its default; for a purpose of the deployment's own that is ANONYMIZE. `safe-harbor` can only be tightened.
 * ALLOW for a social security or card number counts only if the purpose also names it under `acknowledged`.
 * @param text JSON; empty for the defaults
 * @throws ScreeningPolicyError that lists every wrong place
 */
export function readScreeningPolicies(text: string): ScreeningPolicies {
  if (text.trim() === '') return defaultScreeningPolicies;
  const faults: string[] = [];
  const policies: Record<string, ScreeningPolicy> = {};
  for (const [purpose, named] of entriesOf(parse(text), '', faults)) {
    const pointer = `/${printable(purpose)}`;
    if (purposeName.test(purpose)) policies[purpose] = readPolicy(purpose, named, pointer, faults);
    else faults.push(`${pointer}: a purpose is a name in kebab-case`);
  }
  if (faults.length > 0) throw new ScreeningPolicyError(faults);
  return Object.freeze({ ...defaultScreeningPolicies, ...policies });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // JSON.parse quotes the text in its message: no cause.
    throw new ScreeningPolicyError(['the whole: expected JSON']);
  }
}

function readPolicy(purpose: string, value: unknown, pointer: string, faults: string[]): ScreeningPolicy {
  const named: Partial<Record<PiiType, PolicyAction>> = {};
  let acknowledged: readonly unknown[] = [];
  for (const [key, entry] of entriesOf(value, pointer, faults)) {
    const place = `${pointer}/${printable(key)}`;
    const type = piiTypes.find((known) => known === key);
    const action = policyActions.find((known) => known === entry);
    if (key === acknowledgement) acknowledged = readAcknowledged(entry, place, faults);
    else if (type === undefined) faults.push(`${place}: expected one of ${piiTypes.join(', ')}`);
    else if (action === undefined) faults.push(`${place}: expected one of ${policyActions.join(', ')}`);
    else if (purpose === 'safe-harbor' && action === 'ALLOW')
      faults.push(`${place}: safe-harbor lets no identifier through; name a purpose of your own`);
    else named[type] = action;
  }
  for (const type of acknowledgedTypes) {
    if ((named[type] === 'ALLOW') === acknowledged.includes(type)) continue;
    const place = `${pointer}/${named[type] === 'ALLOW' ? type : acknowledgement}`;
    faults.push(`${place}: ALLOW for ${type} and its name in "${acknowledgement}" go together`);
  }
  const byDefault = Object.hasOwn(defaultScreeningPolicies, purpose)
    ? defaultScreeningPolicies[purpose]
    : undefined;
  return policyOf('ANONYMIZE', { ...byDefault, ...named });
}

function readAcknowledged(value: unknown, place: string, faults: string[]): readonly unknown[] {
  const isList = Array.isArray(value) && value.every((item) => acknowledgedTypes.includes(item as PiiType));
  if (isList) return value;
  faults.push(`${place}: expected a list of ${acknowledgedTypes.join(', ')}`);
  return [];
}

function entriesOf(value: unknown, pointer: string, faults: string[]): [string, unknown][] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Object.entries(value);
  faults.push(`${pointer === '' ? 'the whole' : pointer}: expected an object`);
  return [];
}

/** A key is printed only if it can be a name; anything else may have slipped in from somewhere. */
function printable(key: string): string {
  return /^[A-Za-z][A-Za-z_-]{0,63}$/.test(key) ? key : '*';
}
