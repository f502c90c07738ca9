import { describe, expect, it } from '@jest/globals';
import { piiTypes } from './pii-types.js';
import {
  ScreeningPolicyError,
  defaultScreeningPolicies,
  readScreeningPolicies,
} from './screening-policies.js';
import { safeHarborPolicy, storedNotesPolicy } from './screening-policy.js';

/** @returns what is wrong with the policies, one line a place */
function faultsOf(policies: unknown): readonly string[] {
  try {
    readScreeningPolicies(typeof policies === 'string' ? policies : JSON.stringify(policies));
  } catch (error) {
    if (error instanceof ScreeningPolicyError) return error.faults;
    throw error;
  }
  return [];
}

describe('policies of a deployment', () => {
  it('are the defaults where nothing is said', () => {
    expect(readScreeningPolicies('')).toBe(defaultScreeningPolicies);
    expect(readScreeningPolicies(' {} ')).toEqual(defaultScreeningPolicies);
  });

  it('by default block numbers that open accounts, and keep what clinicians need', () => {
    expect(storedNotesPolicy.US_SOCIAL_SECURITY_NUMBER).toBe('BLOCK');
    expect(storedNotesPolicy.CREDIT_DEBIT_CARD_NUMBER).toBe('BLOCK');
    expect(storedNotesPolicy.EMAIL).toBe('ANONYMIZE');
    expect(storedNotesPolicy.NAME).toBe('ALLOW');
  });

  it('for Safe Harbor let none of the types through', () => {
    expect(piiTypes.filter((type) => safeHarborPolicy[type] === 'ALLOW')).toEqual([]);
  });

  it('change the types that they name and no others', () => {
    const policies = readScreeningPolicies('{"stored-notes": {"NAME": "ANONYMIZE", "EMAIL": "BLOCK"}}');
    expect(policies['stored-notes']).toEqual({ ...storedNotesPolicy, NAME: 'ANONYMIZE', EMAIL: 'BLOCK' });
    expect(policies['safe-harbor']).toBe(safeHarborPolicy);
  });

  it('anonymize what a purpose of their own does not name', () => {
    const { research } = readScreeningPolicies('{"research": {"DATE": "ALLOW", "PHONE": "BLOCK"}}');
    expect(research).toEqual({ ...safeHarborPolicy, DATE: 'ALLOW', PHONE: 'BLOCK' });
  });

  it('can tighten Safe Harbor', () => {
    const policies = readScreeningPolicies('{"safe-harbor": {"US_SOCIAL_SECURITY_NUMBER": "BLOCK"}}');
    expect(policies['safe-harbor'].US_SOCIAL_SECURITY_NUMBER).toBe('BLOCK');
    expect(policies['safe-harbor'].NAME).toBe('ANONYMIZE');
  });

  it('cannot be changed once they are read', () => {
    const policies = readScreeningPolicies('{"research": {}}');
    expect(Object.isFrozen(policies)).toBe(true);
    expect(Object.isFrozen(policies['research'])).toBe(true);
  });
});

describe('a wrong policy is refused', () => {
  it.each([
    ['that is no JSON', '{"stored-notes": ', ['the whole: expected JSON']],
    ['that is a list', [], ['the whole: expected an object']],
    ['that is null', null, ['the whole: expected an object']],
    ['of a purpose that is a text', { research: 'ALLOW' }, ['/research: expected an object']],
    ['of a purpose with blanks', { 'Stored Notes': {} }, ['/*: a purpose is a name in kebab-case']],
    ['that is its own prototype', '{"__proto__": {}}', ['/*: a purpose is a name in kebab-case']],
  ])('%s', (_, policies, faults) => {
    expect(faultsOf(policies)).toEqual(faults);
  });

  it('with an unknown type or action, each named by its place', () => {
    const faults = faultsOf({
      'stored-notes': { SSN: 'BLOCK', PHONE: 'MASK', EMAIL: 'BLOCK' },
      x: { '1': 2 },
    });
    expect(faults.map((fault) => fault.split(':')[0])).toEqual([
      '/stored-notes/SSN',
      '/stored-notes/PHONE',
      '/x/*',
    ]);
    expect(faults[1]).toBe('/stored-notes/PHONE: expected one of BLOCK, ANONYMIZE, ALLOW');
  });

  it('that loosens Safe Harbor', () => {
    expect(faultsOf({ 'safe-harbor': { DATE: 'ALLOW' } })).toEqual([
      '/safe-harbor/DATE: safe-harbor lets no identifier through; name a purpose of your own',
    ]);
  });

  it('with a value of which nothing is printed', () => {
    const secret = 'hunter2hunter2';
    for (const policies of [secret, { [`${secret}!`]: {} }, { x: { EMAIL: secret } }, { x: secret }]) {
      const faults = faultsOf(policies);
      expect(faults).toHaveLength(1);
      expect(faults.join()).not.toContain(secret);
    }
  });
});

describe('social security and card numbers', () => {
  const ssn = 'US_SOCIAL_SECURITY_NUMBER';

  it('are let through only where the policy says so twice', () => {
    expect(faultsOf({ 'stored-notes': { [ssn]: 'ALLOW' } })).toHaveLength(1);
    expect(faultsOf({ billing: { CREDIT_DEBIT_CARD_NUMBER: 'ALLOW' } })).toHaveLength(1);
    const policies = readScreeningPolicies(
      JSON.stringify({ 'stored-notes': { [ssn]: 'ALLOW', acknowledged: [ssn] } }),
    );
    expect(policies['stored-notes'][ssn]).toBe('ALLOW');
  });

  it.each([
    ['without the action', { x: { acknowledged: [ssn] } }],
    ['for another type', { x: { EMAIL: 'ALLOW', acknowledged: ['EMAIL'] } }],
    ['that is no list', { x: { [ssn]: 'BLOCK', acknowledged: true } }],
  ])('refuse an acknowledgement %s', (_, policies) => {
    expect(faultsOf(policies).join()).toContain('/x/acknowledged');
  });
});
