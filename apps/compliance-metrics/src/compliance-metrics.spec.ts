import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { ConfigServiceClient } from '@aws-sdk/client-config-service';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { gunzipSync } from 'node:zlib';
import {
  type HttpEndpoint,
  httpEndpoint,
  localClient,
  type ReceivedRequest,
} from '../../../test/infra/http-endpoint.js';
import { complianceMetricsHandler } from './compliance-metrics.js';

const NOW = new Date('2026-11-28T12:00:00Z');
const seconds = (time: string) => Date.parse(time) / 1000;

interface State {
  time: string;
  broken: Record<string, 'COMPLIANT' | 'NON_COMPLIANT'>;
}

/** AWS Config as far as the function asks it, with answers after the AWS Config API Reference. */
class ConfigService {
  rules: Record<string, 'COMPLIANT' | 'NON_COMPLIANT' | 'INSUFFICIENT_DATA' | 'NOT_APPLICABLE'> = {};
  broken: { rule: string; type: string; id: string; recorded: string }[] = [];
  tags: Record<string, Record<string, string>> = {};
  histories: Record<string, State[]> = {};
  mended: { type: string; id: string }[] = [];
  refused: string | undefined;
  readonly expressions: string[] = [];

  answer({ headers, body }: ReceivedRequest): { status: number; body: string } {
    const operation = String(headers['x-amz-target']).split('.')[1] ?? '';
    const input = JSON.parse(body.toString()) as Record<string, unknown>;
    if (operation === this.refused) return refusal('AccessDeniedException');
    const answer = this.#answers[operation]?.(input);
    if (answer === undefined) return refusal('ResourceNotDiscoveredException');
    return { status: 200, body: JSON.stringify(answer) };
  }

  readonly #answers: Record<string, (input: Record<string, unknown>) => unknown> = {
    DescribeComplianceByConfigRule: ({ NextToken }) => {
      // In pages of two.
      const names = Object.keys(this.rules);
      const from = Number(NextToken ?? 0);
      return {
        ComplianceByConfigRules: names.slice(from, from + 2).map((ConfigRuleName) => ({
          ConfigRuleName,
          Compliance: { ComplianceType: this.rules[ConfigRuleName] },
        })),
        ...(from + 2 < names.length && { NextToken: String(from + 2) }),
      };
    },
    GetComplianceDetailsByConfigRule: ({ ConfigRuleName, ComplianceTypes }) => {
      if (String(ComplianceTypes) !== 'NON_COMPLIANT') throw new Error('only violations are asked for');
      return {
        EvaluationResults: this.broken
          .filter(({ rule }) => rule === ConfigRuleName)
          .map(({ rule, type, id, recorded }) => ({
            EvaluationResultIdentifier: {
              EvaluationResultQualifier: { ConfigRuleName: rule, ResourceType: type, ResourceId: id },
              OrderingTimestamp: seconds(recorded),
            },
            ComplianceType: 'NON_COMPLIANT',
            ResultRecordedTime: seconds(recorded),
            ConfigRuleInvokedTime: seconds(recorded),
          })),
      };
    },
    SelectResourceConfig: ({ Expression }) => {
      this.expressions.push(String(Expression));
      if (String(Expression).includes('AWS::Config::ResourceCompliance'))
        return {
          Results: this.mended.map(({ type, id }) =>
            JSON.stringify({ configuration: { targetResourceType: type, targetResourceId: id } }),
          ),
        };
      const type = /resourceType = '([^']+)'/.exec(String(Expression))?.[1];
      const rows = Object.entries(this.tags).flatMap(([key, tags]) => {
        const resourceId = key.slice(String(type).length + 1);
        return key.startsWith(`${type}/`) && String(Expression).includes(`'${resourceId}'`)
          ? [
              {
                resourceType: type,
                resourceId,
                tags: Object.entries(tags).map(([k, value]) => ({ tag: `${k}=${value}`, key: k, value })),
              },
            ]
          : [];
      });
      return { Results: rows.map((row) => JSON.stringify(row)) };
    },
    GetResourceConfigHistory: ({ resourceType, resourceId }) => {
      if (resourceType !== 'AWS::Config::ResourceCompliance')
        throw new Error('only the history of compliance is asked for');
      const states = this.histories[String(resourceId)];
      return (
        states && {
          configurationItems: states.map(({ time, broken }) => ({
            configurationItemCaptureTime: seconds(time),
            resourceType,
            resourceId,
            configuration: JSON.stringify({
              complianceType: Object.values(broken).includes('NON_COMPLIANT') ? 'NON_COMPLIANT' : 'COMPLIANT',
              configRuleList: Object.entries(broken).map(([configRuleName, complianceType]) => ({
                configRuleName,
                complianceType,
              })),
            }),
          })),
        }
      );
    },
  };
}

const refusal = (__type: string) => ({ status: 400, body: JSON.stringify({ __type, message: 'no' }) });

interface Datum {
  MetricName: string;
  Value: number;
  Unit: string;
  Timestamp: number;
  Dimensions?: { Name: string; Value: string }[];
}

let service: ConfigService;
let scores: { day: string; score: number }[];
let config: HttpEndpoint;
let cloudWatch: HttpEndpoint;
let published: Datum[];
let namespaces: string[];

beforeEach(async () => {
  service = new ConfigService();
  [scores, published, namespaces] = [[], [], []];
  config = await httpEndpoint((request) => ({
    ...service.answer(request),
    headers: { 'content-type': 'application/x-amz-json-1.1' },
  }));
  cloudWatch = await httpEndpoint(({ headers, body }) => {
    const text = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    const input = JSON.parse(text.toString()) as { Namespace?: string; MetricData?: Datum[] };
    const isPut = String(headers['x-amz-target']).endsWith('.PutMetricData');
    if (isPut) {
      namespaces.push(input.Namespace ?? '');
      published.push(...(input.MetricData ?? []));
    }
    const results = {
      Id: 'score',
      Label: 'RiskScore',
      StatusCode: 'Complete',
      Timestamps: scores.map(({ day }) => seconds(`${day}T00:00:00Z`)),
      Values: scores.map(({ score }) => score),
    };
    return {
      status: 200,
      headers: { 'content-type': 'application/x-amz-json-1.0' },
      body: isPut ? '{}' : JSON.stringify({ MetricDataResults: [results] }),
    };
  });
});
afterEach(() => Promise.all([config.close(), cloudWatch.close()]));

const run = (ruleMetrics = true) =>
  complianceMetricsHandler({
    config: new ConfigServiceClient(localClient(config.url)),
    cloudWatch: new CloudWatchClient(localClient(cloudWatch.url)),
    namespace: 'Phi/test/Compliance',
    ruleNamePrefix: 'phi-test-',
    ruleMetrics,
    now: () => NOW,
    log: () => undefined,
  })();
const valueOf = (name: string, dimension?: string): number | undefined =>
  published.find(
    ({ MetricName, Dimensions = [] }) => MetricName === name && Dimensions[0]?.Value === dimension,
  )?.Value;

/** An account with a public bucket, two unencrypted volumes, and a trail that was stopped for four hours. */
function account(): void {
  service.rules = {
    'phi-test-encrypted-volumes': 'NON_COMPLIANT',
    'phi-test-s3-bucket-public-read-prohibited': 'NON_COMPLIANT',
    'encrypted-volumes-conformance-pack-abc123def': 'COMPLIANT',
    'cloud-trail-enabled-conformance-pack-abc123def': 'COMPLIANT',
    'elb-logging-enabled-conformance-pack-abc123def': 'INSUFFICIENT_DATA',
  };
  service.broken = [
    {
      rule: 'phi-test-encrypted-volumes',
      type: 'AWS::EC2::Volume',
      id: 'vol-1',
      recorded: '2026-11-28T06:00:00Z',
    },
    {
      rule: 'phi-test-encrypted-volumes',
      type: 'AWS::EC2::Volume',
      id: 'vol-2',
      recorded: '2026-11-28T06:00:00Z',
    },
    {
      rule: 'phi-test-s3-bucket-public-read-prohibited',
      type: 'AWS::S3::Bucket',
      id: 'bucket',
      recorded: '2026-11-27T06:00:00Z',
    },
  ];
  service.tags = {
    'AWS::EC2::Volume/vol-1': { DataClassification: 'PHI' },
    'AWS::EC2::Volume/vol-2': { DataClassification: 'Public' },
    'AWS::S3::Bucket/bucket': { PHI: 'yes' },
  };
  const volumes = 'phi-test-encrypted-volumes';
  service.histories = {
    'AWS::EC2::Volume/vol-1': [
      { time: '2026-11-20T12:00:00Z', broken: { [volumes]: 'NON_COMPLIANT' } },
      { time: '2026-10-01T12:00:00Z', broken: { [volumes]: 'COMPLIANT' } },
    ],
    'AWS::CloudTrail::Trail/trail': [
      { time: '2026-11-25T14:00:00Z', broken: { 'cloud-trail-enabled': 'COMPLIANT' } },
      { time: '2026-11-25T10:00:00Z', broken: { 'cloud-trail-enabled': 'NON_COMPLIANT' } },
    ],
  };
  service.mended = [{ type: 'AWS::CloudTrail::Trail', id: 'trail' }];
}

describe('what is published', () => {
  beforeEach(account);

  it('is the risk, by a worst resource that is a public bucket with PHI', async () => {
    await run();
    expect(namespaces).toEqual(['Phi/test/Compliance']);
    expect(valueOf('RiskScore')).toBeGreaterThan(80);
    expect(valueOf('RiskScore')).toBeLessThan(90);
    expect(new Set(published.map(({ Timestamp }) => Timestamp))).toEqual(new Set([NOW.getTime() / 1000]));
  });

  it('counts violations by severity, with a zero where there is none', async () => {
    await run();
    const bySeverity = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'].map((one) => valueOf('OpenViolations', one));
    // The bucket and the volume hold PHI; the other volume says that it does not.
    expect(bySeverity).toEqual([2, 0, 1, 0]);
  });

  it('counts them by age: since the rule was broken, or else since Config recorded it', async () => {
    await run();
    const ages = ['under-1-day', '1-to-7-days', '7-to-30-days', 'over-30-days'];
    expect(ages.map((age) => valueOf('OpenViolationsByAge', age))).toEqual([1, 1, 1, 0]);
  });

  it('is the time that repairs took', async () => {
    await run();
    expect(valueOf('MeanTimeToRepairHours')).toBe(4);
  });

  it('leaves rules out that judge nothing', async () => {
    await run();
    expect([valueOf('CompliantRules'), valueOf('NonCompliantRules')]).toEqual([2, 2]);
    expect(valueOf('RuleCompliant', 'elb-logging-enabled')).toBeUndefined();
  });

  it('calls a rule kept if it is kept alone and in the pack', async () => {
    await run();
    expect(valueOf('RuleCompliant', 'encrypted-volumes')).toBe(0);
    expect(valueOf('RuleCompliant', 'cloud-trail-enabled')).toBe(1);
  });

  it('is the part of the rules behind each paragraph that are kept', async () => {
    await run();
    expect(valueOf('CompliancePercentByParagraph', '164.312(a)(2)(iv)')).toBe(50);
    expect(valueOf('CompliancePercentByParagraph', '164.312(e)(1)')).toBe(0);
  });

  it('has no metric of each rule where those are switched off', async () => {
    await run(false);
    expect(published.some(({ MetricName }) => MetricName === 'RuleCompliant')).toBe(false);
    expect(valueOf('CompliantRules')).toBe(2);
  });

  it('foretells a week from the daily scores, the one of today among them', async () => {
    scores = Array.from({ length: 10 }, (_, index) => ({
      day: `2026-11-${String(18 + index)}`,
      score: 10 + index,
    }));
    await run();
    // Ten days that rise by one, and a jump today that does not turn them.
    expect(valueOf('RiskScoreForecast')).toBeGreaterThan(20);
    expect(valueOf('RiskScoreForecast')).toBeLessThan(40);
  });

  it('foretells nothing from fewer than seven days', async () => {
    scores = [{ day: '2026-11-27', score: 10 }];
    await run();
    expect(valueOf('RiskScoreForecast')).toBeUndefined();
  });

  it('names no resource', async () => {
    await run();
    expect(JSON.stringify(published)).not.toMatch(/vol-1|bucket"/);
  });
});

describe('what is not known', () => {
  beforeEach(account);

  it('counts as PHI: a resource that Config does not record', async () => {
    service.tags = {};
    await run();
    expect(valueOf('OpenViolations', 'CRITICAL')).toBe(3);
  });

  it('of an id that could end a text of the query is not asked', async () => {
    service.broken = service.broken.slice(0, 1).map((one) => ({ ...one, id: "x' OR resourceId LIKE '%" }));
    await run();
    expect(service.expressions.filter((one) => one.includes('LIKE'))).toEqual([]);
    expect(valueOf('OpenViolations', 'CRITICAL')).toBe(1);
  });

  it.each([
    'DescribeComplianceByConfigRule',
    'GetComplianceDetailsByConfigRule',
    'SelectResourceConfig',
    'GetResourceConfigHistory',
  ])('because %s is refused fails the function, and nothing is published', async (operation) => {
    service.refused = operation;
    await expect(run()).rejects.toThrow('no');
    expect(published).toEqual([]);
  });
});

it('an account without a violation has a score of 0, and says so', async () => {
  service.rules = { 'phi-test-encrypted-volumes': 'COMPLIANT' };
  await run();
  expect([valueOf('RiskScore'), valueOf('OpenViolations', 'CRITICAL')]).toEqual([0, 0]);
});
