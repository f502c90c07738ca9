import { beforeAll, describe, expect, it } from '@jest/globals';
import { account, type AccessRequest, admits } from './policy-evaluation.js';
import { dataStack, type Statement, statementsOf, type Synthesized } from './synthesized.js';

let dev: Synthesized;
beforeAll(() => {
  dev = dataStack('dev', { keyAdministratorRoleArns: [`arn:aws:iam::${account}:role/key-officer`] });
});

const keyNames = ['Records', 'Audit', 'Parameters', 'Alerts', 'Signing', 'Volumes'];
const keyOf = (name: string) => dev.ofType('AWS::KMS::Key').find(({ id }) => id.startsWith(`Keys${name}`));
const policyOf = (name: string): Statement[] => statementsOf(keyOf(name)?.Properties?.['KeyPolicy']);

/** Everything that reads or makes ciphertext, data keys or signatures, or lets somebody else do it. */
const uses = [
  'kms:Encrypt',
  'kms:Decrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:GenerateDataKeyPair',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
  'kms:Sign',
  'kms:CreateGrant',
];
const task = { role: 'phi-dev-task' };
const operator = { role: 'phi-dev-operator' };
const archiver = { role: 'phi-dev-audit-archiver' };
const alerter = { role: 'phi-dev-compliance-alerter' };
const stranger = { role: 'phi-other-task' };
const officer = { role: 'key-officer' };
const deployer = { role: `cdk-hnb659fds-cfn-exec-role-${account}-us-east-1` };
const row = {
  'kms:EncryptionContext:tablename': 'phi-dev-key-store',
  'kms:EncryptionContext:branch-key-id': 'a',
};
const through = (service: string) => ({ 'kms:ViaService': `${service}.us-east-1.amazonaws.com` });
const parameter = {
  'kms:EncryptionContext:PARAMETER_ARN': `arn:aws:ssm:us-east-1:${account}:parameter/phi/dev/x`,
};

describe('each key', () => {
  it.each(keyNames)('%s has an alias of the stage', (name) => {
    const alias = dev
      .ofType('AWS::KMS::Alias')
      .find(({ Properties }) => Properties?.['AliasName'] === `alias/phi-dev-${name.toLowerCase()}`);
    expect(JSON.stringify(alias?.Properties?.['TargetKeyId'])).toContain(keyOf(name)?.id);
  });

  it.each(keyNames.filter((name) => name !== 'Signing'))('%s is rotated once a year', (name) => {
    expect(keyOf(name)?.Properties).toMatchObject({ EnableKeyRotation: true, RotationPeriodInDays: 365 });
  });

  it.each(keyNames)(
    '%s is administered by the account and its officers, who can use it for nothing',
    (name) => {
      const statements = policyOf(name);
      for (const principal of [officer, deployer]) {
        expect(admits(statements, { principal, action: 'kms:ScheduleKeyDeletion' })).toBe(true);
        expect(admits(statements, { principal, action: 'kms:PutKeyPolicy' })).toBe(true);
        expect(uses.filter((action) => admits(statements, { principal, action }))).toEqual([]);
      }
      // With the context of a row and through services too, for who is no deployer.
      const keys = { ...row, ...parameter, 'kms:GrantIsForAWSResource': 'true' };
      for (const service of ['dynamodb', 'ssm', 'sqs', 'backup']) {
        const used = uses.filter((action) =>
          admits(statements, { principal: officer, action, keys: { ...keys, ...through(service) } }),
        );
        expect({ [service]: used }).toEqual({ [service]: [] });
      }
    },
  );

  it.each(keyNames)('%s gives nobody all actions', (name) => {
    expect(policyOf(name).flatMap(({ actions }) => actions.filter((action) => action.includes('*')))).toEqual(
      [],
    );
  });

  it('outlives its stack in prod', () => {
    const keys = dataStack('prod')
      .ofType('AWS::KMS::Key')
      .filter(({ stack }) => stack === 'Data');
    expect(new Set(keys.map(({ DeletionPolicy }) => DeletionPolicy))).toEqual(new Set(['Retain']));
  });
});

/** Each control with what passes and what is refused. */
const cases: [key: string, what: string, request: AccessRequest, admitted: boolean][] = [
  [
    'Records',
    'the service wraps a branch key',
    { principal: task, action: 'kms:GenerateDataKeyWithoutPlaintext', keys: row },
    true,
  ],
  [
    'Records',
    'the service unwraps a branch key',
    { principal: task, action: 'kms:Decrypt', keys: row },
    true,
  ],
  [
    'Records',
    'an operator rewraps one',
    { principal: operator, action: 'kms:ReEncryptFrom', keys: row },
    true,
  ],
  ['Records', 'the service looks behind the alias', { principal: task, action: 'kms:DescribeKey' }, true],
  [
    'Records',
    'another role unwraps a branch key',
    { principal: stranger, action: 'kms:Decrypt', keys: row },
    false,
  ],
  [
    'Records',
    "the service unwraps another key store's key",
    {
      principal: task,
      action: 'kms:Decrypt',
      keys: { ...row, 'kms:EncryptionContext:tablename': 'phi-prod-key-store' },
    },
    false,
  ],
  [
    'Records',
    'the service decrypts what is of no patient',
    {
      principal: task,
      action: 'kms:Decrypt',
      keys: { 'kms:EncryptionContext:tablename': 'phi-dev-key-store' },
    },
    false,
  ],
  ['Records', 'the service decrypts without a context', { principal: task, action: 'kms:Decrypt' }, false],
  [
    'Records',
    'the service takes a plaintext data key',
    { principal: task, action: 'kms:GenerateDataKey', keys: row },
    false,
  ],
  [
    'Records',
    'DynamoDB decrypts its table for the service',
    { principal: task, action: 'kms:Decrypt', keys: through('dynamodb') },
    true,
  ],
  [
    'Records',
    'DynamoDB decrypts the stream for the archiver',
    { principal: archiver, action: 'kms:Decrypt', keys: through('dynamodb') },
    true,
  ],
  [
    'Records',
    'DynamoDB decrypts its table for a stranger',
    { principal: stranger, action: 'kms:Decrypt', keys: through('dynamodb') },
    false,
  ],
  [
    'Records',
    'S3 encrypts under it',
    { principal: task, action: 'kms:GenerateDataKey', keys: through('s3') },
    false,
  ],
  [
    'Records',
    'CloudFormation lets DynamoDB keep a grant',
    {
      principal: deployer,
      action: 'kms:CreateGrant',
      keys: { ...through('dynamodb'), 'kms:GrantIsForAWSResource': 'true' },
    },
    true,
  ],
  [
    'Records',
    'CloudFormation makes a grant for a person',
    { principal: deployer, action: 'kms:CreateGrant', keys: through('dynamodb') },
    false,
  ],
  [
    'Parameters',
    'Parameter Store decrypts for the service',
    { principal: task, action: 'kms:Decrypt', keys: { ...through('ssm'), ...parameter } },
    true,
  ],
  [
    'Parameters',
    'Parameter Store decrypts for a stranger',
    { principal: stranger, action: 'kms:Decrypt', keys: { ...through('ssm'), ...parameter } },
    false,
  ],
  [
    'Parameters',
    'the service decrypts by itself',
    { principal: task, action: 'kms:Decrypt', keys: parameter },
    false,
  ],
  [
    'Parameters',
    "another stage's parameter",
    {
      principal: task,
      action: 'kms:Decrypt',
      keys: {
        ...through('ssm'),
        'kms:EncryptionContext:PARAMETER_ARN': `arn:aws:ssm:us-east-1:${account}:parameter/phi/prod/x`,
      },
    },
    false,
  ],
  [
    'Signing',
    'the service signs a checkpoint',
    { principal: task, action: 'kms:Sign', keys: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256' } },
    true,
  ],
  ['Signing', 'an operator verifies one', { principal: operator, action: 'kms:GetPublicKey' }, true],
  [
    'Signing',
    'a command of an operator signs one of its own chain',
    { principal: operator, action: 'kms:Sign', keys: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256' } },
    true,
  ],
  [
    'Signing',
    'the archiver signs one',
    { principal: archiver, action: 'kms:Sign', keys: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256' } },
    false,
  ],
  [
    'Alerts',
    'an alarm is published',
    { principal: { service: 'cloudwatch.amazonaws.com' }, action: 'kms:GenerateDataKey' },
    true,
  ],
  [
    'Alerts',
    'a rule publishes',
    { principal: { service: 'events.amazonaws.com' }, action: 'kms:Decrypt' },
    true,
  ],
  [
    'Alerts',
    'SNS encrypts an alert that a topic of ours could not deliver',
    {
      principal: { service: 'sns.amazonaws.com' },
      action: 'kms:GenerateDataKey',
      keys: { 'aws:SourceArn': `arn:aws:sns:us-east-1:${account}:phi-dev-alerts` },
    },
    true,
  ],
  [
    'Alerts',
    "SNS encrypts what another stage's topic could not",
    {
      principal: { service: 'sns.amazonaws.com' },
      action: 'kms:GenerateDataKey',
      keys: { 'aws:SourceArn': `arn:aws:sns:us-east-1:${account}:phi-prod-alerts` },
    },
    false,
  ],
  [
    'Alerts',
    'SNS encrypts what the alerter publishes',
    { principal: alerter, action: 'kms:GenerateDataKey', keys: through('sns') },
    true,
  ],
  [
    'Alerts',
    'SNS encrypts what somebody else publishes',
    { principal: task, action: 'kms:GenerateDataKey', keys: through('sns') },
    false,
  ],
  ['Alerts', 'the alerter decrypts by itself', { principal: alerter, action: 'kms:Decrypt' }, false],
  [
    'Audit',
    "Config delivers this account's history",
    {
      principal: { service: 'config.amazonaws.com' },
      action: 'kms:GenerateDataKey',
      keys: { 'aws:SourceAccount': account },
    },
    true,
  ],
  [
    'Audit',
    "Config delivers another account's",
    {
      principal: { service: 'config.amazonaws.com' },
      action: 'kms:GenerateDataKey',
      keys: { 'aws:SourceAccount': '444455556666' },
    },
    false,
  ],
  [
    'Alerts',
    'another service',
    { principal: { service: 'ec2.amazonaws.com' }, action: 'kms:Decrypt' },
    false,
  ],
  [
    'Audit',
    'our log group',
    {
      principal: { service: 'logs.us-east-1.amazonaws.com' },
      action: 'kms:Encrypt',
      keys: {
        'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:us-east-1:${account}:log-group:/phi/dev/service`,
      },
    },
    true,
  ],
  [
    'Audit',
    'any other log group',
    {
      principal: { service: 'logs.us-east-1.amazonaws.com' },
      action: 'kms:Encrypt',
      keys: {
        'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:us-east-1:${account}:log-group:/phi/prod/service`,
      },
    },
    false,
  ],
  [
    'Audit',
    'S3 decrypts the archive for whoever IAM lets read it',
    { principal: stranger, action: 'kms:Decrypt', keys: through('s3') },
    true,
  ],
  ['Audit', 'whoever IAM lets decrypts by himself', { principal: stranger, action: 'kms:Decrypt' }, false],
  [
    'Audit',
    "our trail's files",
    {
      principal: { service: 'cloudtrail.amazonaws.com' },
      action: 'kms:GenerateDataKey',
      keys: {
        'aws:SourceArn': `arn:aws:cloudtrail:us-east-1:${account}:trail/phi-dev-trail`,
        'kms:EncryptionContext:aws:cloudtrail:arn': `arn:aws:cloudtrail:us-east-1:${account}:trail/phi-dev-trail`,
      },
    },
    true,
  ],
  [
    'Audit',
    "another account's trail",
    {
      principal: { service: 'cloudtrail.amazonaws.com' },
      action: 'kms:GenerateDataKey',
      keys: {
        'aws:SourceArn': 'arn:aws:cloudtrail:us-east-1:444455556666:trail/theirs',
        'kms:EncryptionContext:aws:cloudtrail:arn': 'arn:aws:cloudtrail:us-east-1:444455556666:trail/theirs',
      },
    },
    false,
  ],
];

// 45 CFR 164.308(a)(3)(i), 164.312(a)(1): who administers a key cannot use it, and who uses it is named.
describe('the key', () => {
  it.each(cases)('%s: %s', (key, _what, request, admitted) => {
    expect(admits(policyOf(key), request)).toBe(admitted);
  });
});
