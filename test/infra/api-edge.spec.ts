import { describe, expect, it } from '@jest/globals';
import type { ApiSettings } from '../../infra/lib/api-settings.js';
import { exampleAccount, settingsOf } from '../../infra/lib/settings.js';
import { deployed } from './policy-evaluation.js';
import { withoutDomain } from './support/deployment-cache.js';
import { allSynthesized, type Statement, statementsOf, type Synthesized } from './synthesized.js';

const { api } = settingsOf('dev', exampleAccount);
const devWith = (change: Partial<ApiSettings>) =>
  ({ environment: 'dev', change: { ...withoutDomain, api: { ...api, ...change } } }) as const;
const { prod, dev, restricted, undocumented, blocking } = allSynthesized({
  prod: { environment: 'prod' },
  dev: { environment: 'dev', change: withoutDomain },
  restricted: devWith({ clientCidrs: ['192.0.2.0/24'] }),
  undocumented: devWith({ publishesDocumentation: false }),
  blocking: devWith({ bedrock: { ...api.bedrock!, suspicionAction: 'BLOCK' } }),
});

type Properties = Record<string, unknown>;
const inApi = (side: Synthesized, type: string) => side.ofType(type).filter(({ stack }) => stack === 'Api');
const properties = (side: Synthesized, type: string): Properties[] =>
  inApi(side, type).map(({ Properties = {} }) => Properties);
const only = (side: Synthesized, type: string): Properties => {
  const [one, ...more] = properties(side, type);
  if (one === undefined || more.length > 0) throw new Error(`not one ${type}`);
  return one;
};

describe('the API', () => {
  const stage = (side: Synthesized) => only(side, 'AWS::ApiGateway::Stage');

  // 45 CFR 164.312(e)(1), 164.312(e)(2)(i), 164.312(e)(2)(ii).
  it('takes TLS 1.2 or later, under its own name alone where it has one', () => {
    for (const side of [dev, prod])
      expect(only(side, 'AWS::ApiGateway::RestApi')).toMatchObject({
        SecurityPolicy: 'SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09',
        EndpointAccessMode: 'STRICT',
        EndpointConfiguration: { Types: ['REGIONAL'] },
        DisableExecuteApiEndpoint: side === prod,
      });
    expect(only(prod, 'AWS::ApiGateway::DomainName')).toMatchObject({
      DomainName: 'phi.example.org',
      RegionalCertificateArn: prod.settings.certificateArn,
      SecurityPolicy: 'SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09',
    });
    expect(inApi(dev, 'AWS::ApiGateway::DomainName')).toEqual([]);
  });

  it('is bound in requests a second, caches nothing, and logs no body', () => {
    expect(stage(prod)['MethodSettings']).toEqual([
      {
        HttpMethod: '*',
        ResourcePath: '/*',
        CachingEnabled: false,
        DataTraceEnabled: false,
        LoggingLevel: 'ERROR',
        MetricsEnabled: true,
        ThrottlingRateLimit: 500,
        ThrottlingBurstLimit: 1_000,
      },
    ]);
    expect(only(prod, 'AWS::ApiGateway::UsagePlan')).toMatchObject({ Throttle: { RateLimit: 250 } });
  });

  it('logs the pattern of a path, and nothing that a caller words', () => {
    const { Format } = stage(prod)['AccessLogSetting'] as { Format: string };
    expect(Format).toContain('$context.resourcePath');
    expect(Format).not.toMatch(
      /context\.path|querystring|userAgent|header|body|validationError|authorizer\.claims\.(?!sub")/i,
    );
  });

  it('refuses what is not TLS, and strange addresses where the settings name known ones', () => {
    const denials = (side: Synthesized): Statement[] =>
      statementsOf(only(side, 'AWS::ApiGateway::RestApi')['Policy']).filter(
        ({ effect }) => effect === 'Deny',
      );
    expect(denials(prod).map(({ conditions }) => conditions)).toEqual([
      { Bool: { 'aws:SecureTransport': 'false' } },
    ]);
    expect(denials(restricted).map(({ conditions }) => conditions)).toContainEqual({
      NotIpAddress: { 'aws:SourceIp': ['192.0.2.0/24'] },
    });
  });

  it('is deployed anew when its document or its policy changes', () => {
    const deployment = (side: Synthesized) => inApi(side, 'AWS::ApiGateway::Deployment')[0]?.id;
    expect(deployment(restricted)).not.toBe(deployment(dev));
    expect(deployment(undocumented)).not.toBe(deployment(dev));
    // Another model of screening is nothing to the API.
    expect(deployment(blocking)).toBe(deployment(dev));
  });

  it('serves its documentation in dev alone', () => {
    const paths = (side: Synthesized) =>
      Object.keys((only(side, 'AWS::ApiGateway::RestApi')['Body'] as { paths: object }).paths);
    expect(paths(dev)).toContain('/docs');
    expect(paths(prod)).not.toContain('/docs');
  });
});

// 45 CFR 164.308(a)(5)(ii)(B), protection from malicious software.
describe('the firewall', () => {
  interface Rule {
    Name: string;
    OverrideAction?: object;
    Action?: object;
    Statement: {
      RateBasedStatement?: { Limit: number };
      ManagedRuleGroupStatement?: { RuleActionOverrides?: { Name: string; ActionToUse: object }[] };
    };
    VisibilityConfig: { SampledRequestsEnabled: boolean };
  }
  const rules = () => only(prod, 'AWS::WAFv2::WebACL')['Rules'] as Rule[];

  it('blocks by every rule, but counts what two rules say of bodies', () => {
    for (const { OverrideAction, Action } of rules())
      expect(Action ?? OverrideAction).toEqual(Action ? { Block: {} } : { None: {} });
    const counted = rules().flatMap(
      ({ Statement }) => Statement.ManagedRuleGroupStatement?.RuleActionOverrides ?? [],
    );
    expect(counted).toEqual(
      ['SizeRestrictions_BODY', 'CrossSiteScripting_BODY'].map((Name) => ({
        Name,
        ActionToUse: { Count: {} },
      })),
    );
    expect(rules().some(({ Statement }) => Statement.RateBasedStatement?.Limit === 10_000)).toBe(true);
  });

  it('keeps no body, no cursor and no token, in logs and samples neither', () => {
    const { DataProtectionConfig, VisibilityConfig } = only(prod, 'AWS::WAFv2::WebACL') as {
      DataProtectionConfig: { DataProtections: { Field: { FieldType: string }; Action: string }[] };
      VisibilityConfig: { SampledRequestsEnabled: boolean };
    };
    expect(
      DataProtectionConfig.DataProtections.map(({ Field, Action }) => `${Field.FieldType} ${Action}`),
    ).toEqual(['BODY SUBSTITUTION', 'QUERY_STRING SUBSTITUTION', 'SINGLE_HEADER SUBSTITUTION']);
    for (const visibility of [VisibilityConfig, ...rules().map((rule) => rule.VisibilityConfig)])
      expect(visibility.SampledRequestsEnabled).toBe(false);
  });

  it('stands before the stage', () => {
    const { ResourceArn } = only(prod, 'AWS::WAFv2::WebACLAssociation');
    expect(String(deployed(ResourceArn))).toMatch(
      /^arn:aws:apigateway:us-east-1::\/restapis\/<.*>\/stages\/<.*>$/,
    );
  });
});

describe('the guardrail', () => {
  interface Guardrail {
    KmsKeyArn: unknown;
    SensitiveInformationPolicyConfig: {
      PiiEntitiesConfig: { Type: string; Action: string; InputAction: string }[];
    };
    ContentPolicyConfig: { FiltersConfig: { Type: string; InputAction: string }[] };
    TopicPolicyConfig: { TopicsConfig: { Type: string; InputAction: string }[] };
  }
  const guardrail = (side: Synthesized) => only(side, 'AWS::Bedrock::Guardrail') as unknown as Guardrail;

  it('blocks social security and card numbers, anonymizes phone, email and address, and watches for the rest', () => {
    const { PiiEntitiesConfig } = guardrail(prod).SensitiveInformationPolicyConfig;
    const withAction = (wanted: string) =>
      PiiEntitiesConfig.filter(({ Action, InputAction }) => Action === wanted && InputAction === wanted).map(
        ({ Type }) => Type,
      );
    expect(withAction('BLOCK')).toEqual(['US_SOCIAL_SECURITY_NUMBER', 'CREDIT_DEBIT_CARD_NUMBER']);
    expect(withAction('ANONYMIZE')).toEqual(['PHONE', 'EMAIL', 'ADDRESS']);
    expect(withAction('NONE')).toContain('NAME');
    expect(JSON.stringify(guardrail(prod).KmsKeyArn)).toContain('RuntimeKey');
  });

  it('judges prompt attacks and a topic with the action of the settings', () => {
    for (const side of [dev, blocking]) {
      const action = side.settings.api.bedrock?.suspicionAction;
      const { ContentPolicyConfig, TopicPolicyConfig } = guardrail(side);
      expect(ContentPolicyConfig.FiltersConfig).toMatchObject([
        { Type: 'PROMPT_ATTACK', InputAction: action },
      ]);
      expect(TopicPolicyConfig.TopicsConfig).toMatchObject([{ Type: 'DENY', InputAction: action }]);
    }
    expect([dev, blocking].map(({ settings }) => settings.api.bedrock?.suspicionAction)).toEqual([
      'NONE',
      'BLOCK',
    ]);
  });

  it('gets a new version when its definition changes, and none otherwise', () => {
    const version = (side: Synthesized) => inApi(side, 'AWS::Bedrock::GuardrailVersion')[0]?.id;
    expect(version(blocking)).not.toBe(version(dev));
    expect(version(prod)).toBe(version(dev));
  });
});
