import { Aws, Duration } from 'aws-cdk-lib';
import {
  AccountRecovery,
  FeaturePlan,
  LambdaVersion,
  Mfa,
  OAuthScope,
  ResourceServerScope,
  StandardThreatProtectionMode,
  UserPool,
  UserPoolClient,
  UserPoolClientIdentityProvider,
  type UserPoolDomain,
  UserPoolOperation,
} from 'aws-cdk-lib/aws-cognito';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { scopesByGroup } from '../../lambda/token-scopes/limit-scopes.js';
import type { Names } from '../names.js';
import { dataRemoval } from '../data-removal.js';
import type { Settings } from '../settings.js';
import { PhiFunction } from './phi-function.js';

/**
 * The scopes that the pool can issue, by resource server. Cognito joins identifier and name with a slash, so that SMART's
 * `user/Patient.rs` is the scope `Patient.rs` of the server `user`.
 * @see SMART App Launch 2.2, "Scopes for requesting FHIR resources"
 */
export const smartScopes: Record<string, readonly (readonly [name: string, description: string])[]> = {
  system: [
    ['*.cruds', 'Everything clinical, for a service without a person'],
    ['*.rs', 'Read and search everything clinical'],
  ],
  user: [
    ['Patient.rs', 'Read and search the patients of the person'],
    ['Patient.cruds', 'Everything with the patients of the person'],
    ['*.rs', "Read and search the records of the person's patients"],
    ['*.cruds', "Everything with the records of the person's patients"],
    ['AuditEvent.rs', 'Read the audit trail and its reports'],
  ],
  phi: [
    ['erase', 'Erase a patient by destroying his key'],
    ['emergency-access', 'Break the glass'],
    ['review', 'Review emergency accesses'],
    ['screen', 'Have text screened'],
    ['restricted', 'Find restricted patients, for a service without a person'],
  ],
};

/**
 * Who may sign in. People: MFA by authenticator app always, no sign-up by oneself, authorization code with PKCE, the scopes of
 * their groups. Services: client credentials, `system/` scopes. 45 CFR 164.312(d), person or entity authentication.
 */
export class PhiUserPool extends Construct {
  readonly userPool: UserPool;
  readonly domain: UserPoolDomain;
  /** For people; absent without an address to return to. */
  readonly personClient: UserPoolClient | undefined;
  readonly serviceClient: UserPoolClient;
  /** Every scope in full, `user/Patient.rs`. */
  readonly scopes: readonly string[];

  constructor(scope: Construct, id: string, names: Names, settings: Settings, logKey: IKey) {
    super(scope, id);
    const { callbackUrls, userPool } = settings;
    const { threatProtection } = userPool;
    this.userPool = new UserPool(this, 'Pool', {
      userPoolName: names.prefix,
      mfa: Mfa.REQUIRED,
      // A text message can be intercepted (NIST SP 800-63B, 5.1.3.3).
      mfaSecondFactor: { otp: true, sms: false },
      selfSignUpEnabled: false,
      signInAliases: { email: true },
      signInCaseSensitive: false,
      autoVerify: { email: true },
      keepOriginal: { email: true },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      // 45 CFR 164.308(a)(5)(ii)(D), password management.
      passwordPolicy: {
        minLength: 14,
        requireDigits: true,
        requireLowercase: true,
        requireUppercase: true,
        requireSymbols: true,
        passwordHistorySize: threatProtection ? 12 : undefined,
        tempPasswordValidity: Duration.days(1),
      },
      featurePlan: threatProtection ? FeaturePlan.PLUS : FeaturePlan.ESSENTIALS,
      standardThreatProtectionMode: threatProtection
        ? StandardThreatProtectionMode.FULL_FUNCTION
        : StandardThreatProtectionMode.NO_ENFORCEMENT,
      deletionProtection: settings.retainsData,
      removalPolicy: dataRemoval(settings),
    });
    this.#limitScopes(names, settings, logKey);
    this.domain = this.userPool.addDomain('Domain', {
      cognitoDomain: { domainPrefix: `${names.prefix}-${Aws.ACCOUNT_ID}` },
    });

    const oauth = Object.entries(smartScopes).map(([identifier, scopes]) => {
      const named = scopes.map(
        ([scopeName, scopeDescription]) => new ResourceServerScope({ scopeName, scopeDescription }),
      );
      const server = this.userPool.addResourceServer(`Scopes-${identifier}`, { identifier, scopes: named });
      return { identifier, scopes: named.map((one) => OAuthScope.resourceServer(server, one)) };
    });
    const scopesOf = (wanted: (identifier: string) => boolean) =>
      oauth.filter(({ identifier }) => wanted(identifier)).flatMap(({ scopes }) => scopes);
    this.serviceClient = this.#serviceClient(scopesOf((identifier) => identifier === 'system'));
    this.personClient =
      callbackUrls.length === 0
        ? undefined
        : this.#personClient(
            scopesOf((identifier) => identifier !== 'system'),
            [...callbackUrls],
          );
    this.scopes = Object.entries(smartScopes).flatMap(([identifier, scopes]) =>
      scopes.map(([name]) => `${identifier}/${name}`),
    );
  }

  /** Groups, and the function that leaves a person the scopes of his groups. */
  #limitScopes(names: Names, settings: Settings, logKey: IKey): void {
    for (const [groupName, scopes] of Object.entries(scopesByGroup)) {
      this.userPool.addGroup(`Group-${groupName}`, {
        groupName,
        description: `May ask for ${scopes.join(', ')}`,
      });
    }
    const limiter = new PhiFunction(this, 'TokenScopes', {
      settings,
      source: 'token-scopes',
      description: 'Leaves a token the scopes of its groups',
      logGroupName: `${names.logGroupPrefix}token-scopes`,
      logKey,
      permissions: [],
      // Cognito waits for five seconds.
      timeout: Duration.seconds(5),
    });
    this.userPool.addTrigger(
      UserPoolOperation.PRE_TOKEN_GENERATION_CONFIG,
      limiter.function,
      LambdaVersion.V2_0,
    );
  }

  #serviceClient(scopes: OAuthScope[]): UserPoolClient {
    return this.userPool.addClient('Service', {
      generateSecret: true,
      oAuth: { flows: { clientCredentials: true }, scopes },
      accessTokenValidity: Duration.minutes(15),
      enableTokenRevocation: true,
      supportedIdentityProviders: [UserPoolClientIdentityProvider.COGNITO],
    });
  }

  #personClient(scopes: OAuthScope[], callbackUrls: string[]): UserPoolClient {
    return this.userPool.addClient('Person', {
      // A browser keeps no secret; the code is bound by PKCE instead (RFC 7636).
      generateSecret: false,
      oAuth: {
        flows: { authorizationCodeGrant: true },
        scopes: [OAuthScope.OPENID, ...scopes],
        callbackUrls,
      },
      // 45 CFR 164.312(a)(2)(iii), and 164.308(a)(3)(ii)(C): who has left has a token for a quarter of an hour at most.
      accessTokenValidity: Duration.minutes(15),
      idTokenValidity: Duration.minutes(15),
      refreshTokenValidity: Duration.hours(8),
      enableTokenRevocation: true,
      preventUserExistenceErrors: true,
      supportedIdentityProviders: [UserPoolClientIdentityProvider.COGNITO],
    });
  }
}
