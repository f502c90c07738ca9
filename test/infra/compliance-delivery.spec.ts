import { describe, expect, it } from '@jest/globals';
import type { SNSEvent } from 'aws-lambda';
import { readFileSync } from 'node:fs';
import { alertInput } from '../../apps/compliance-alerter/src/alert-input.js';
import { noticeAlert } from '../../apps/compliance-alerter/src/alert.js';
import { alertMessage } from '../../apps/compliance-alerter/src/alert-message.js';
import { canaryArrival } from '../../infra/lambda/alert-canary/canary-arrival.js';
import { complianceChangePatterns } from '../../infra/lib/constructs/compliance/compliance-changes.js';
import { deployed } from './policy-evaluation.js';
import { type Placed, statementsOf, synthesized } from './synthesized.js';

const dev = synthesized('dev');
const inCompliance = (type: string) => dev.ofType(type).filter(({ stack }) => stack === 'Compliance');
const properties = ({ Properties = {} }: Placed) => Properties;
const ruleNamed = (name: string) => {
  const rule = inCompliance('AWS::Events::Rule').find(({ Properties }) => Properties?.['Name'] === name);
  if (rule === undefined) throw new Error(`no rule is named ${name}`);
  return properties(rule);
};

interface RuleTarget {
  DeadLetterConfig?: { Arn: unknown };
  RetryPolicy?: { MaximumRetryAttempts: number; MaximumEventAgeInSeconds: number };
  InputTransformer?: { InputPathsMap: Record<string, string>; InputTemplate: string };
}
const targetsOf = (rule: Record<string, unknown>) => rule['Targets'] as RuleTarget[];

describe('each rule of the compliance stack', () => {
  /** Those that lead to the alerter. */
  const rules = inCompliance('AWS::Events::Rule')
    .map(properties)
    .filter(({ EventPattern }) => EventPattern !== undefined);

  it('has a name that the alerter admits', () => {
    const permissions = inCompliance('AWS::Lambda::Permission')
      .map(properties)
      .filter(({ Principal }) => Principal === 'events.amazonaws.com');
    expect(permissions.map(({ SourceArn }) => deployed(SourceArn))).toContain(
      'arn:aws:events:us-east-1:111122223333:rule/phi-dev-*',
    );
    for (const { Name } of rules) expect(Name).toMatch(/^phi-dev-/);
  });

  it('repeats what its target did not take, and keeps it in the queue of undelivered alerts', () => {
    expect(rules.length).toBeGreaterThanOrEqual(3);
    for (const rule of rules)
      for (const { DeadLetterConfig, RetryPolicy } of targetsOf(rule)) {
        expect([rule['Name'], JSON.stringify(DeadLetterConfig)]).toEqual([
          rule['Name'],
          expect.stringContaining('UndeliveredAlertsQueue'),
        ]);
        expect(RetryPolicy?.MaximumRetryAttempts).toBeGreaterThan(0);
      }
  });
});

/** Matches as EventBridge does, as far as these patterns go: every named member has one of the listed values. */
function matches(pattern: object, event: unknown): boolean {
  return Object.entries(pattern).every(([name, wanted]) => {
    const value = (event as Record<string, unknown> | undefined)?.[name];
    return Array.isArray(wanted) ? wanted.includes(value) : matches(wanted as object, value);
  });
}

describe('compliance changes', () => {
  const events = (
    JSON.parse(readFileSync('test/fixtures/config/compliance-changes.json', 'utf8')) as {
      valid: { name: string; event: unknown }[];
    }
  ).valid;
  const matched = (pattern: object) =>
    events.filter(({ event }) => matches(pattern, event)).map(({ name }) => name);

  it('reach the alerter as they are', () => {
    for (const what of ['violations', 'recoveries'] as const) {
      const rule = ruleNamed(`phi-dev-compliance-${what}`);
      expect(rule['EventPattern']).toEqual(complianceChangePatterns[what]);
      expect(targetsOf(rule)[0]?.InputTransformer).toBeUndefined();
    }
  });

  it('are told apart: what was lost, what is back, and what nobody needs to hear', () => {
    expect(matched(complianceChangePatterns.recoveries)).toEqual(['the same volume, encrypted since']);
    expect(matched(complianceChangePatterns.violations)).toHaveLength(events.length - 2);
    expect(matched(complianceChangePatterns.violations)).not.toContain('a result that is not there yet');
  });
});

describe('the canary', () => {
  const rule = ruleNamed('phi-dev-alert-canary');
  const [schedule] = inCompliance('AWS::Scheduler::Schedule').map(properties);

  it('is put on the bus every five minutes, as the event that its rule matches', () => {
    const target = schedule?.['Target'] as { EventBridgeParameters: { Source: string; DetailType: string } };
    expect(schedule?.['ScheduleExpression']).toBe('rate(5 minutes)');
    const { Source, DetailType } = target.EventBridgeParameters;
    expect(matches(rule['EventPattern'] as object, { source: Source, 'detail-type': DetailType })).toBe(true);
    expect(matches(rule['EventPattern'] as object, { source: 'aws.config' })).toBe(false);
    const policy = inCompliance('AWS::IAM::ManagedPolicy').find(({ id }) =>
      id.startsWith('CanaryPermissions'),
    );
    expect(statementsOf(policy?.Properties?.['PolicyDocument'])).toMatchObject([
      { actions: ['events:PutEvents'], conditions: { StringEquals: { 'events:source': Source } } },
      { actions: ['sqs:SendMessage'] },
    ]);
  });

  /** What EventBridge makes of an input transformer. */
  const transformed = (event: Record<string, string>): string => {
    const { InputPathsMap = {}, InputTemplate = '' } = targetsOf(rule)[0]?.InputTransformer ?? {};
    return InputTemplate.replace(/<(\w+)>/g, (_all, name: string) => {
      const path = InputPathsMap[name];
      if (path === undefined) throw new Error(`the template names ${name}, which has no path`);
      return event[path.slice(2)] ?? '';
    });
  };
  const event = {
    id: '8d9f0c2e-1b7a-4f0e-9d61-9f6f2c3b7a10',
    time: '2026-11-03T09:15:27Z',
    account: '111122223333',
    region: 'us-east-1',
  };
  const arrived = async (message: string, seconds: number) => {
    const lines: string[] = [];
    const now = () => Date.parse(event.time) + seconds * 1000;
    const records = { Records: [{ Sns: { Message: message } }] } as unknown as SNSEvent;
    await canaryArrival({ now, log: (line) => lines.push(line) })(records);
    return lines;
  };
  const published = () => {
    const notice = alertInput(JSON.parse(transformed(event)));
    if (notice.type !== 'notice') throw new Error('the canary is no notice');
    const { message, attributes } = alertMessage(noticeAlert(notice));
    return { ...(JSON.parse(message) as { default: string }), attributes };
  };

  it('goes the whole way: rule, alerter, message, and what is counted', async () => {
    const { default: json, attributes } = published();
    const [subscription] = inCompliance('AWS::SNS::Subscription').map(properties);
    expect(subscription).toMatchObject({
      Protocol: 'lambda',
      FilterPolicy: { kind: [attributes.kind] },
      RedrivePolicy: { deadLetterTargetArn: expect.anything() },
    });
    expect(await arrived(json, 2)).toEqual(['{"message":"canary arrived","seconds":2,"isSlow":false}\n']);
    expect(await arrived(json, 31)).toEqual(['{"message":"canary arrived","seconds":31,"isSlow":true}\n']);
  });

  it('is no other alert', async () => {
    const alert = JSON.parse(published().default) as Record<string, unknown>;
    expect(await arrived(JSON.stringify({ ...alert, kind: 'threat' }), 2)).toEqual([]);
  });

  it('is counted by a filter that finds its line, and missed within 15 minutes, when nothing comes at all', () => {
    const filters = inCompliance('AWS::Logs::MetricFilter')
      .filter(({ id }) => id.startsWith('Canary'))
      .map(properties);
    expect(filters.map(({ FilterPattern }) => FilterPattern).toSorted()).toEqual([
      '{ $.isSlow IS TRUE }',
      '{ $.message = "canary arrived" }',
    ]);
    const missing = inCompliance('AWS::CloudWatch::Alarm')
      .map(properties)
      .find(({ MetricName }) => MetricName === 'AlertPathCompleted');
    expect(missing).toMatchObject({
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      Period: 300,
      EvaluationPeriods: 3,
      TreatMissingData: 'breaching',
    });
    expect(JSON.stringify(missing?.['AlarmActions'])).toContain('AlarmsTopic');
  });
});

describe('alarms on delivery', () => {
  const alarms = dev.ofType('AWS::CloudWatch::Alarm').map(properties);
  const text = JSON.stringify(alarms);

  it.each([
    ['events that no target took', 'SELECT SUM(FailedInvocations) FROM SCHEMA(\\"AWS/Events\\", RuleName)'],
    ['the queue of undelivered alerts', 'ApproximateNumberOfMessagesVisible'],
    ['subscribers that do not take messages', 'NumberOfNotificationsFailed'],
  ])('look at %s', (_what, metric) => expect(text).toContain(metric));

  it('look at the alerter itself', () => {
    const own = alarms.find(
      ({ MetricName, Dimensions }) =>
        MetricName === 'Errors' && JSON.stringify(Dimensions).includes('Alerter'),
    );
    expect(own).toMatchObject({ Statistic: 'Sum', Threshold: 1 });
  });

  it('are raised within five minutes, and only the canary takes silence for a fault', () => {
    for (const { Period, TreatMissingData, MetricName, OKActions } of inCompliance('AWS::CloudWatch::Alarm')
      .filter(({ id }) => /^(Alerts|Canary)/.test(id))
      .map(properties)
      .filter(({ MetricName }) => MetricName !== undefined)) {
      expect([MetricName, Number(Period) <= 300]).toEqual([MetricName, true]);
      expect([MetricName, TreatMissingData]).toEqual([
        MetricName,
        MetricName === 'AlertPathCompleted' ? 'breaching' : 'notBreaching',
      ]);
      expect(OKActions).toHaveLength(1);
    }
  });
});

describe("the alerter's function", () => {
  it('hands what it could not do to the queue of undelivered alerts', () => {
    expect(inCompliance('AWS::Lambda::EventInvokeConfig').map(properties)).toMatchObject([
      {
        MaximumRetryAttempts: 2,
        DestinationConfig: { OnFailure: { Destination: expect.anything() } },
      },
    ]);
  });

  it('remembers in a table with point-in-time recovery and an end', () => {
    expect(inCompliance('AWS::DynamoDB::Table').map(properties)).toMatchObject([
      {
        TableName: 'phi-dev-alerts',
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      },
    ]);
  });

  it('may do what it does: publish, remember, hand over, and look at configurations', () => {
    const policy = inCompliance('AWS::IAM::ManagedPolicy').find(({ id }) =>
      id.startsWith('AlertsAlerterPermissions'),
    );
    expect(
      statementsOf(policy?.Properties?.['PolicyDocument'])
        .flatMap(({ actions }) => actions)
        .toSorted(),
    ).toEqual([
      'config:GetResourceConfigHistory',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'sns:Publish',
      'sqs:SendMessage',
    ]);
  });
});
