import { beforeAll, describe, expect, it } from '@jest/globals';
import type { AutomationDocument } from '../../infra/lib/automation/automation-document.js';
import { alertInput } from '../../apps/compliance-alerter/src/alert-input.js';
import { matchesPattern } from '../support/event-pattern.js';
import { call, delivered, serviceEvent, transformed } from './support/threat-events.js';
import { account, admits, deployed } from './policy-evaluation.js';
import { complianceStacks, type Placed, statementsOf, type Synthesized } from './synthesized.js';

const KEY = `arn:aws:kms:us-east-1:${account}:key/00000000-0000-4000-8000-000000000000`;
const TRAIL = `arn:aws:cloudtrail:us-east-1:${account}:trail/phi-prod-trail`;

let prod: Synthesized;
beforeAll(() => {
  prod = complianceStacks('prod');
});

interface RuleProperties {
  Name: string;
  EventPattern: Record<string, unknown>;
  Targets: {
    Arn: unknown;
    RoleArn?: unknown;
    DeadLetterConfig?: unknown;
    RetryPolicy?: unknown;
    InputTransformer: { InputPathsMap?: Record<string, string>; InputTemplate: string };
  }[];
}
const ruleOf = (name: string) => {
  const found = prod.ofType('AWS::Events::Rule').find(({ Properties }) => Properties?.['Name'] === name);
  if (found === undefined) throw new Error(`There is no rule ${name}`);
  return deployed(found.Properties) as RuleProperties;
};
const takes = (name: string, event: unknown) => matchesPattern(ruleOf(name).EventPattern, event as never);
const inputOf = (name: string, event: object) => {
  const { InputPathsMap: inputPathsMap = {}, InputTemplate: inputTemplate } = ruleOf(name).Targets[0]
    ?.InputTransformer ?? { InputTemplate: '' };
  return transformed({ inputPathsMap, inputTemplate }, event as never);
};

/** After the AWS Config Developer Guide, "Monitoring AWS Config with Amazon EventBridge". */
const complianceChange = (configRuleName: string, resourceType: string, complianceType: string) =>
  serviceEvent('aws.config', 'Config Rules Compliance Change', {
    resourceId: 'vol-0aaaaaaaaaaaaaaaa',
    awsRegion: 'us-east-1',
    awsAccountId: account,
    configRuleName,
    recordVersion: '1.0',
    messageType: 'ComplianceChangeNotification',
    newEvaluationResult: { complianceType },
    resourceType,
  });
const api = (...input: Parameters<typeof call>) => delivered(call(...input));
const onKey = { resource: { arn: KEY, type: 'AWS::KMS::Key' } };

/** What starts a repair, with its parameters; and what looks like it and does not. */
const starts: [string, object, Record<string, string[]>, object][] = [
  [
    'phi-prod-mend-unencrypted-volume',
    complianceChange('phi-prod-phi-encryption', 'AWS::EC2::Volume', 'NON_COMPLIANT'),
    { VolumeId: ['vol-0aaaaaaaaaaaaaaaa'], Scope: ['free'] },
    complianceChange('phi-prod-phi-encryption', 'AWS::EC2::Volume', 'COMPLIANT'),
  ],
  [
    'phi-prod-mend-unencrypted-volume',
    complianceChange('phi-prod-phi-encryption', 'AWS::EC2::Volume', 'NON_COMPLIANT'),
    { VolumeId: ['vol-0aaaaaaaaaaaaaaaa'] },
    complianceChange('phi-prod-phi-encryption', 'AWS::S3::Bucket', 'NON_COMPLIANT'),
  ],
  [
    'phi-prod-mend-trail-stopped',
    api('cloudtrail', 'StopLogging', { name: TRAIL }),
    { TrailName: ['phi-prod-trail'] },
    api('cloudtrail', 'StopLogging', { name: 'somebody-elses' }),
  ],
  [
    'phi-prod-mend-trail-not-validated',
    api('cloudtrail', 'UpdateTrail', { name: 'phi-prod-trail', enableLogFileValidation: false }),
    { TrailName: ['phi-prod-trail'] },
    api('cloudtrail', 'UpdateTrail', { name: 'phi-prod-trail', enableLogFileValidation: true }),
  ],
  [
    'phi-prod-mend-recorder-stopped',
    api('config', 'StopConfigurationRecorder', { configurationRecorderName: 'phi-prod' }),
    { RecorderName: ['phi-prod'] },
    api('config', 'StartConfigurationRecorder', { configurationRecorderName: 'phi-prod' }),
  ],
  [
    'phi-prod-mend-point-in-time-recovery-off',
    api('dynamodb', 'UpdateContinuousBackups', {
      tableName: 'phi-prod-key-store',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: false },
    }),
    { TableName: ['phi-prod-key-store'] },
    api('dynamodb', 'UpdateContinuousBackups', {
      tableName: 'phi-prod-key-store',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    }),
  ],
  [
    'phi-prod-mend-key-rotation-off',
    api('kms', 'DisableKeyRotation', { keyId: KEY }, onKey),
    { KeyId: [KEY] },
    api('kms', 'EnableKeyRotation', { keyId: KEY }, onKey),
  ],
  [
    'phi-prod-mend-key-deletion-scheduled',
    api('kms', 'ScheduleKeyDeletion', { keyId: KEY, pendingWindowInDays: 7 }, onKey),
    { KeyId: [KEY] },
    // It was refused: nothing is to be called off.
    api('kms', 'ScheduleKeyDeletion', { keyId: KEY }, { ...onKey, errorCode: 'AccessDenied' }),
  ],
  [
    'phi-prod-mend-ebs-encryption-off',
    api('ec2', 'DisableEbsEncryptionByDefault'),
    {},
    api('ec2', 'EnableEbsEncryptionByDefault'),
  ],
];

describe('a repair that an event starts', () => {
  it.each(starts)('%s', (name, event, parameters, nearMiss) => {
    expect([takes(name, event), takes(name, nearMiss)]).toEqual([true, false]);
    expect(inputOf(name, event)).toMatchObject({ ...parameters, AutomationAssumeRole: [expect.any(String)] });
  });

  it('has a rule for each of these, and no other', () => {
    const names = prod
      .ofType('AWS::Events::Rule')
      .map(({ Properties }) => String(Properties?.['Name'] ?? ''))
      .filter((name) => name.includes('-mend-'));
    expect(names.sort()).toEqual([...new Set(starts.map(([name]) => name))].sort());
  });

  it('is tried again, and what could not be started lies in the queue of undelivered alerts', () => {
    for (const [name] of starts) {
      const [target] = ruleOf(name).Targets;
      expect([name, JSON.stringify(target?.DeadLetterConfig)]).toEqual([
        name,
        expect.stringContaining('UndeliveredAlerts'),
      ]);
      expect(target?.RetryPolicy).toEqual({ MaximumRetryAttempts: 20, MaximumEventAgeInSeconds: 3600 });
    }
  });

  it('is started by a role that can start this document alone, with its role alone', () => {
    for (const { Properties } of prod
      .ofType('AWS::IAM::ManagedPolicy')
      .filter(({ id }) => id.includes('StarterPermissions'))) {
      const statements = statementsOf(Properties?.['PolicyDocument']);
      expect(statements.map(({ sid, actions }) => [sid, actions])).toEqual([
        ['Start', ['ssm:StartAutomationExecution']],
        ['HandOnItsRole', ['iam:PassRole']],
      ]);
      expect(statements[1]?.conditions).toEqual({
        StringEquals: { 'iam:PassedToService': 'ssm.amazonaws.com' },
      });
      for (const { resources } of statements) expect(resources).toHaveLength(1);
    }
  });
});

describe('a repair that a rule of AWS Config starts', () => {
  const configurations = () => prod.ofType('AWS::Config::RemediationConfiguration');
  const properties = ({ Properties }: Placed) => deployed(Properties) as Record<string, unknown>;

  it('belongs to a rule that stands outside of the pack, and is made after it', () => {
    const rules = new Map(
      prod
        .ofType('AWS::Config::ConfigRule')
        .map(({ id, Properties }) => [String(Properties?.['ConfigRuleName']), id]),
    );
    expect(configurations().length).toBe(11);
    for (const one of configurations()) {
      const rule = rules.get(String(properties(one)['ConfigRuleName']));
      expect([one.id, rule]).toEqual([one.id, expect.any(String)]);
      expect(one.DependsOn).toContain(rule);
    }
  });

  it('runs by itself, three times at most in a day, under the role of its document', () => {
    for (const one of configurations()) {
      const { Automatic, MaximumAutomaticAttempts, RetryAttemptSeconds, Parameters } = properties(one);
      expect([Automatic, MaximumAutomaticAttempts, RetryAttemptSeconds]).toEqual([true, 3, 86_400]);
      expect(Parameters).toMatchObject({
        AutomationAssumeRole: { StaticValue: { Values: [expect.any(String)] } },
      });
    }
  });

  it('hands the resource on under the name that the document has for it', () => {
    const documents = new Map(
      prod
        .ofType('AWS::SSM::Document')
        .map(({ Properties }) => [
          Properties?.['Name'],
          (Properties?.['Content'] as AutomationDocument | undefined)?.parameters,
        ]),
    );
    for (const one of configurations()) {
      const { TargetId, Parameters } = properties(one) as {
        TargetId: string;
        Parameters: Record<string, { ResourceValue?: unknown }>;
      };
      const known = documents.get(TargetId) ?? {};
      expect(Object.keys(Parameters).filter((name) => !(name in known))).toEqual([]);
      // What has no default is given.
      const needed = Object.keys(known).filter((name) => known[name]?.default === undefined);
      expect([one.id, needed.filter((name) => !(name in Parameters))]).toEqual([one.id, []]);
    }
  });
});

/** After the AWS Systems Manager User Guide, "Amazon EventBridge event examples for Systems Manager". */
const automation = (Definition: string, Status: string) =>
  serviceEvent(
    'aws.ssm',
    'EC2 Automation Execution Status-change Notification',
    {
      ExecutionId: '333ba70b-2333-48db-b17e-a5e69c6f4d1c',
      Definition,
      DefinitionVersion: 1.0,
      Status,
      StartTime: 'Nov 29, 2024 7:43:20 PM',
      EndTime: 'Nov 29, 2024 7:43:26 PM',
      Time: 5753.0,
      ExecutedBy: `arn:aws:sts::${account}:assumed-role/x/y`,
    },
    [`arn:aws:ssm:us-east-1:${account}:automation-execution/333ba70b-2333-48db-b17e-a5e69c6f4d1c`],
  );

describe('people hear', () => {
  it.each(['Failed', 'TimedOut', 'Cancelled', 'Rejected'])('of a repair that ended as %s', (status) => {
    const event = automation('phi-prod-encrypt-volume', status);
    expect(takes('phi-prod-repair-failed', event)).toBe(true);
    const notice = alertInput(inputOf('phi-prod-repair-failed', event));
    expect(notice).toMatchObject({
      type: 'notice',
      kind: 'remediation',
      id: 'repair-failed',
      severity: 'HIGH',
      resource: 'phi-prod-encrypt-volume',
      status,
      link: expect.stringContaining('/automation/execution/333ba70b-2333-48db-b17e-a5e69c6f4d1c'),
      withheld: [],
    });
  });

  it("of nobody else's automation, nor of one that succeeded", () => {
    expect(takes('phi-prod-repair-failed', automation('AWS-RunPatchBaseline', 'Failed'))).toBe(false);
    expect(takes('phi-prod-repair-failed', automation('phi-prod-encrypt-volume', 'Success'))).toBe(false);
  });

  it('that a key was to be deleted and is disabled now', () => {
    const event = automation('phi-prod-key-deletion', 'Success');
    expect(takes('phi-prod-key-rescued', event)).toBe(true);
    expect(takes('phi-prod-key-rescued', automation('phi-prod-key-rotation', 'Success'))).toBe(false);
    expect(alertInput(inputOf('phi-prod-key-rescued', event))).toMatchObject({ id: 'key-rescued' });
  });
});

describe('approvals', () => {
  const topic = () => prod.ofType('AWS::SNS::Topic').find(({ id }) => id.startsWith('RemediationApprovals'));

  it('are asked for by an encrypted topic whose name Systems Manager accepts', () => {
    expect(topic()?.Properties?.['TopicName']).toBe('Automation-phi-prod-approvals');
    expect(JSON.stringify(topic()?.Properties?.['KmsMasterKeyId'])).toContain('KeysAlerts');
  });

  it.each([
    ['phi-prod-volume-encryption', true],
    ['phi-prod-task', false],
  ])('under a key that %s may use for it: %s', (role, may) => {
    const key = prod.ofType('AWS::KMS::Key').find(({ id }) => id.startsWith('KeysAlerts'));
    const keys = { 'kms:ViaService': 'sns.us-east-1.amazonaws.com' };
    const statements = statementsOf(key?.Properties?.['KeyPolicy']);
    for (const action of ['kms:GenerateDataKey', 'kms:Decrypt'])
      expect(admits(statements, { principal: { role }, action, keys })).toBe(may);
  });
});

describe('the key of volumes', () => {
  it.each([
    ['through EC2', { 'kms:ViaService': 'ec2.us-east-1.amazonaws.com' }, true],
    ['through another service', { 'kms:ViaService': 's3.us-east-1.amazonaws.com' }, false],
    ['directly', {}, false],
  ])('is used by whoever has a volume in the account, %s: %j %s', (_how, keys, may) => {
    const key = prod.ofType('AWS::KMS::Key').find(({ id }) => id.startsWith('KeysVolumes'));
    const statements = statementsOf(key?.Properties?.['KeyPolicy']);
    const principal = { role: 'anybody' };
    for (const action of ['kms:Decrypt', 'kms:GenerateDataKeyWithoutPlaintext'])
      expect(admits(statements, { principal, action, keys: keys as Record<string, string> })).toBe(may);
    const grant = { ...keys, 'kms:GrantIsForAWSResource': 'true' } as Record<string, string>;
    expect(admits(statements, { principal, action: 'kms:CreateGrant', keys: grant })).toBe(may);
  });
});

describe('where AWS Config does not watch the account', () => {
  it('no recorder is started, and rules that are not there start nothing', () => {
    const { settings } = prod;
    const without = complianceStacks('dev', {
      accountConfig: { ...settings.accountConfig, recorder: 'none', hipaaPack: false, aggregator: undefined },
    });
    const named = without.ofType('AWS::SSM::Document').map(({ Properties }) => Properties?.['Name']);
    expect(named).toContain('phi-dev-trail-logging');
    expect(named).not.toContain('phi-dev-config-recorder');
    expect(without.ofType('AWS::Config::RemediationConfiguration')).toEqual([]);
  });
});
