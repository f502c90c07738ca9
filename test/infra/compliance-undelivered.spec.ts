import { describe, expect, it } from '@jest/globals';
import { account, admits } from './policy-evaluation.js';
import { statementsOf, synthesized } from './synthesized.js';

const dev = synthesized('dev');

interface Target {
  DeadLetterConfig?: { Arn: unknown };
  RetryPolicy?: { MaximumRetryAttempts: number; MaximumEventAgeInSeconds: number };
}

/** Events that rules and schedules hand on, in every stack. */
describe.each([
  ['dev', dev],
  ['prod', synthesized('prod')],
])('each target of a rule or a schedule of %s', (_, { ofType, stacks }) => {
  const targets = [
    ...ofType('AWS::Events::Rule').flatMap(({ path, Properties = {} }) =>
      (Properties['Targets'] as Target[]).map((target) => ({ from: path, name: Properties['Name'], target })),
    ),
    ...ofType('AWS::Scheduler::Schedule').map(({ path, Properties = {} }) => ({
      from: path,
      name: Properties['Name'],
      target: Properties['Target'] as Target,
    })),
  ];
  const queue = ofType('AWS::SQS::Queue').find(({ path }) => path.startsWith('Data/UndeliveredAlerts/'))!.id;

  it('leaves what was not taken in the queue of undelivered alerts, and says how often it is tried', () => {
    expect(
      ofType('AWS::Events::Rule').filter(({ Properties }) => Properties?.['ScheduleExpression']),
    ).toHaveLength(5);
    for (const { from, target } of targets)
      expect([from, JSON.stringify(target.DeadLetterConfig), target.RetryPolicy]).toEqual([
        from,
        expect.stringContaining(queue),
        { MaximumRetryAttempts: expect.any(Number), MaximumEventAgeInSeconds: expect.any(Number) },
      ]);
  });

  it('is one whose rule the queue admits: by its name, or by that of its stack, with which CloudFormation begins a name', () => {
    const policy = ofType('AWS::SQS::QueuePolicy').find(({ Properties }) =>
      JSON.stringify(Properties?.['Queues']).includes(queue),
    );
    const statements = statementsOf(policy?.Properties?.['PolicyDocument']);
    for (const { from, name } of targets) {
      const rule = String(name ?? `${stacks[from.split('/')[0] ?? '']?.name}-Schedule`);
      const admitted = (ruleName: string) =>
        admits(statements, {
          principal: { service: 'events.amazonaws.com' },
          action: 'sqs:SendMessage',
          keys: {
            'aws:SecureTransport': 'true',
            'aws:SourceArn': `arn:aws:events:us-east-1:${account}:rule/${ruleName}`,
          },
        });
      expect([from, admitted(rule), admitted(`other-${rule}`)]).toEqual([from, true, false]);
    }
  });

  it("and is told of by the queue's alarm at its first message", () => {
    const alarm = ofType('AWS::CloudWatch::Alarm').find(({ path }) =>
      path.startsWith('Data/UndeliveredAlerts/Waiting'),
    );
    expect(alarm?.Properties).toMatchObject({
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Statistic: 'Maximum',
      Threshold: 1,
      AlarmActions: [expect.anything()],
    });
    expect(JSON.stringify(alarm?.Properties?.['Dimensions'])).toContain(queue);
  });
});

describe('the schedule of canaries', () => {
  // EventBridge Scheduler uses the queue as its role, through SQS.
  it.each([
    ['phi-dev-alert-canary', true],
    ['phi-dev-task', false],
  ])(
    'may leave one that did not get on the bus in the queue, which is under our key: role %s %s',
    (role, may) => {
      const key = dev.ofType('AWS::KMS::Key').find(({ id }) => id.startsWith('KeysAlerts'));
      const through = (service: string) =>
        admits(statementsOf(key?.Properties?.['KeyPolicy']), {
          principal: { role },
          action: 'kms:GenerateDataKey',
          keys: { 'kms:ViaService': `${service}.us-east-1.amazonaws.com` },
        });
      expect([through('sqs'), through('sns')]).toEqual([may, false]);
      const policies = dev
        .ofType('AWS::IAM::ManagedPolicy')
        .filter(({ path }) => path.startsWith('Compliance/Canary/'));
      expect(JSON.stringify(policies)).toContain('sqs:SendMessage');
    },
  );
});
