import type { PreTokenGenerationV2TriggerEvent } from 'aws-lambda';

/**
 * What each group of the user pool may ask for. Whoever is in no group gets a token with nothing but his name.
 * 45 CFR 164.308(a)(4)(ii)(B), access authorization; 164.502(b), minimum necessary.
 */
export const scopesByGroup: Record<string, readonly string[]> = {
  clinicians: [
    'user/Patient.rs',
    'user/Patient.cruds',
    'user/*.rs',
    'user/*.cruds',
    'phi/emergency-access',
    'phi/screen',
  ],
  'privacy-officers': ['user/AuditEvent.rs', 'phi/review', 'phi/erase'],
};

const forEverybody = ['openid'];

/**
 * Cognito gives everybody who can sign in each scope that his client may ask for. This takes away what none of his groups has.
 * It takes away and adds nothing: a fault here can refuse, and cannot grant. If it fails, Cognito issues no token.
 * @see Amazon Cognito Developer Guide, "Pre token generation Lambda trigger", version 2
 */
export async function limitScopes(
  event: PreTokenGenerationV2TriggerEvent,
): Promise<PreTokenGenerationV2TriggerEvent> {
  const { scopes = [], groupConfiguration } = event.request;
  const groups = groupConfiguration.groupsToOverride ?? [];
  const permitted = new Set([
    ...forEverybody,
    ...groups.flatMap((group) => (Object.hasOwn(scopesByGroup, group) ? (scopesByGroup[group] ?? []) : [])),
  ]);
  event.response = {
    claimsAndScopeOverrideDetails: {
      accessTokenGeneration: { scopesToSuppress: scopes.filter((scope) => !permitted.has(scope)) },
    },
  };
  return event;
}
