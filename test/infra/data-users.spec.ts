import { Scopes } from '@app/authorization';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { PreTokenGenerationV2TriggerEvent } from 'aws-lambda';
import { limitScopes, scopesByGroup } from '../../infra/lambda/token-scopes/limit-scopes.js';
import { withoutCallbacks } from './support/deployment-cache.js';
import { dataStack, synthesized, type Synthesized } from './synthesized.js';

let dev: Synthesized;
let prod: Synthesized;
beforeAll(() => {
  dev = dataStack('dev');
  prod = dataStack('prod');
});

const poolOf = ({ ofType }: Synthesized) => ofType('AWS::Cognito::UserPool')[0];
const clientsOf = ({ ofType }: Synthesized) =>
  ofType('AWS::Cognito::UserPoolClient').map(({ Properties = {} }) => Properties);
const flowsOf = (client: Record<string, unknown>) => client['AllowedOAuthFlows'] as string[];

/** Scopes as tokens carry them: identifier of the resource server, slash, name. */
const scopesOf = ({ ofType }: Synthesized) =>
  ofType('AWS::Cognito::UserPoolResourceServer').flatMap(({ Properties }) =>
    ((Properties?.['Scopes'] ?? []) as { ScopeName: string }[]).map(
      ({ ScopeName }) => `${String(Properties?.['Identifier'])}/${ScopeName}`,
    ),
  );
/** @returns the scopes that a client may ask for, with the resource servers' names put in */
const allowed = (client: Record<string, unknown>) =>
  (client['AllowedOAuthScopes'] as unknown[]).map((scope) =>
    typeof scope === 'string'
      ? scope
      : (scope as { 'Fn::Join': [string, unknown[]] })['Fn::Join'][1]
          .map((part) =>
            typeof part === 'string' ? part : /Scopes(system|user|phi)/.exec(JSON.stringify(part))?.[1],
          )
          .join(''),
  );

describe('the user pool', () => {
  // 45 CFR 164.312(d), 164.308(a)(5)(ii)(D).
  it('asks everybody for a second factor, by an application and not by text message', () => {
    expect(poolOf(dev)?.Properties).toMatchObject({
      MfaConfiguration: 'ON',
      EnabledMfas: ['SOFTWARE_TOKEN_MFA'],
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      Policies: { PasswordPolicy: { MinimumLength: 14 } },
    });
  });

  it('watches sign-ins in prod, where it outlives its stack', () => {
    expect(poolOf(prod)).toMatchObject({
      Properties: { UserPoolAddOns: { AdvancedSecurityMode: 'ENFORCED' }, DeletionProtection: 'ACTIVE' },
      DeletionPolicy: 'Retain',
    });
  });

  it('gives services client credentials and a secret, and people a code without one', () => {
    const [service, ...moreServices] = clientsOf(dev).filter((client) =>
      flowsOf(client).includes('client_credentials'),
    );
    const [person, ...morePersons] = clientsOf(dev).filter((client) => flowsOf(client).includes('code'));
    expect([moreServices, morePersons]).toEqual([[], []]);
    expect(service).toMatchObject({ AllowedOAuthFlows: ['client_credentials'], GenerateSecret: true });
    expect(person).toMatchObject({ AllowedOAuthFlows: ['code'], GenerateSecret: false });
    // RFC 9700, 2.1.2: no implicit grant.
    expect(clientsOf(dev).flatMap(flowsOf)).not.toContain('implicit');
  });

  it('gives a service `system/` scopes alone, and a person none of them', () => {
    const service = clientsOf(dev).find((client) => flowsOf(client).includes('client_credentials')) ?? {};
    const person = clientsOf(dev).find((client) => flowsOf(client).includes('code')) ?? {};
    expect(allowed(service).sort()).toEqual(
      scopesOf(dev)
        .filter((scope) => scope.startsWith('system/'))
        .sort(),
    );
    expect(allowed(person).sort()).toEqual(
      ['openid', ...scopesOf(dev).filter((scope) => !scope.startsWith('system/'))].sort(),
    );
  });

  it('has no client for people where there is no address to return to', () => {
    expect(clientsOf(synthesized('dev', withoutCallbacks, 'data'))).toHaveLength(1);
  });
});

describe('scopes', () => {
  it('each permit something in the service: it reads them as Cognito writes them', () => {
    for (const scope of scopesOf(dev)) {
      const scopes = new Scopes([scope]);
      const permits =
        scopes.levelsForAnyType('r').length > 0 ||
        scopes.levels('AuditEvent', 'r').length > 0 ||
        (['erase', 'emergency-access', 'review', 'restricted', 'screen'] as const).some((one) =>
          scopes.permitsOperation(one),
        );
      expect({ scope, permits }).toEqual({ scope, permits: true });
    }
  });

  it('reach every operation of the service', () => {
    const all = new Scopes(scopesOf(dev));
    for (const permission of ['c', 'r', 'u', 'd', 's'] as const) {
      expect(all.levels('Patient', permission)).toEqual(['system', 'user']);
      expect(all.levels('Observation', permission)).toEqual(['system', 'user']);
    }
    expect(all.levels('AuditEvent', 's')).toEqual(['user']);
    for (const operation of ['erase', 'emergency-access', 'review', 'restricted', 'screen'] as const) {
      expect(all.permitsOperation(operation)).toBe(true);
    }
  });

  it('are within what Cognito takes: no slash and no quote in a name', () => {
    for (const scope of scopesOf(dev))
      expect(scope).toMatch(/^[a-z]+\/[\x21\x23-\x2e\x30-\x5b\x5d-\x7e]{1,256}$/);
  });
});

describe('a token', () => {
  const tokenOf = async (groups: string[] | undefined, scopes: string[]) => {
    const event = {
      version: '2',
      triggerSource: 'TokenGeneration_HostedAuth',
      region: 'us-east-1',
      userPoolId: 'us-east-1_x',
      userName: 'someone',
      callerContext: { awsSdkVersion: '1', clientId: 'client' },
      request: {
        userAttributes: { sub: 'someone' },
        groupConfiguration: groups === undefined ? {} : { groupsToOverride: groups },
        scopes,
      },
      response: { claimsAndScopeOverrideDetails: {} },
    } as PreTokenGenerationV2TriggerEvent;
    const { accessTokenGeneration } = (await limitScopes(event)).response.claimsAndScopeOverrideDetails;
    expect(accessTokenGeneration?.scopesToAdd).toBeUndefined();
    const suppressed = accessTokenGeneration?.scopesToSuppress ?? [];
    return scopes.filter((scope) => !suppressed.includes(scope));
  };
  const everything = () => ['openid', ...scopesOf(dev)];

  // 45 CFR 164.308(a)(3)(ii)(A), 164.308(a)(4)(ii)(B): by the group that somebody was put into.
  it('of a clinician lets him treat and break the glass, and neither erase nor review', async () => {
    const scopes = await tokenOf(['clinicians'], everything());
    expect(scopes).toContain('user/Patient.cruds');
    expect(scopes).toContain('phi/emergency-access');
    expect(scopes.filter((scope) => /erase|review|AuditEvent|^system/.test(scope))).toEqual([]);
  });

  it('of a privacy officer lets him read the trail, review and erase, and read no record', async () => {
    expect((await tokenOf(['privacy-officers'], everything())).sort()).toEqual(
      ['openid', 'phi/erase', 'phi/review', 'user/AuditEvent.rs'].sort(),
    );
  });

  it.each([
    ['in no group', []],
    ['of whom Cognito names no groups', undefined],
    ['in a group that we do not know', ['visitors', 'constructor', '__proto__']],
  ])('of somebody %s permits nothing', async (_who, groups) => {
    expect(await tokenOf(groups, everything())).toEqual(['openid']);
  });

  // 45 CFR 164.308(a)(3)(ii)(B): no more than the group was cleared for.
  it('of a person holds no scope that only his application has', async () => {
    const scopes = await tokenOf(
      ['clinicians', 'privacy-officers'],
      [...everything(), 'aws.cognito.signin.user.admin'],
    );
    expect(scopes.filter((scope) => /^system|^aws/.test(scope))).toEqual([]);
  });

  it('never gets around the function: the pool calls it, and each of its groups is one', () => {
    expect(poolOf(dev)?.Properties?.['LambdaConfig']).toEqual({
      PreTokenGenerationConfig: {
        LambdaArn: { 'Fn::GetAtt': [expect.stringMatching(/^UsersTokenScopes/), 'Arn'] },
        LambdaVersion: 'V2_0',
      },
    });
    // Version 2 comes with this plan and the one above it.
    expect(poolOf(dev)?.Properties?.['UserPoolTier']).toBe('ESSENTIALS');
    expect(
      dev
        .ofType('AWS::Cognito::UserPoolGroup')
        .map(({ Properties }) => Properties?.['GroupName'])
        .sort(),
    ).toEqual(Object.keys(scopesByGroup).sort());
    expect(
      Object.values(scopesByGroup)
        .flat()
        .filter((scope) => !scopesOf(dev).includes(scope)),
    ).toEqual([]);
  });
});
