import { beforeAll, describe, expect, it } from '@jest/globals';
import { account, admits } from './policy-evaluation.js';
import { dataStack, type Statement, statementsOf, type Synthesized } from './synthesized.js';

let dev: Synthesized;
let prod: Synthesized;
beforeAll(() => {
  dev = dataStack('dev');
  prod = dataStack('prod');
});

const bucketOf = ({ ofType }: Synthesized, name: 'AuditArchive' | 'AccessLogs') =>
  ofType('AWS::S3::Bucket').find(({ id }) => id.startsWith(name));
const policyOf = (name: 'AuditArchive' | 'AccessLogs'): Statement[] =>
  statementsOf(
    dev.ofType('AWS::S3::BucketPolicy').find(({ id }) => id.startsWith(name))?.Properties?.['PolicyDocument'],
  );
const secure = { 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3' };

// 45 CFR 164.312(c)(1), 164.316(b)(1)(ii): the record is kept as it was made.
describe('the archive of the audit trail', () => {
  it('is locked for six years in prod, and not even the root user can delete from it', () => {
    expect(bucketOf(prod, 'AuditArchive')?.Properties).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: {
        ObjectLockEnabled: 'Enabled',
        // 45 CFR 164.316(b)(2)(i), six years with their leap days
        Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 2192 } },
      },
      VersioningConfiguration: { Status: 'Enabled' },
    });
  });

  it('is locked for a day in dev, where somebody has to clean up', () => {
    expect(bucketOf(dev, 'AuditArchive')?.Properties).toMatchObject({
      ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 1 } } },
    });
  });

  it('goes to Glacier, and ends after its lock', () => {
    for (const [one, lockDays] of [
      [prod, 2192],
      [dev, 1],
    ] as const) {
      const { Rules } = (bucketOf(one, 'AuditArchive')?.Properties?.['LifecycleConfiguration'] ?? {
        Rules: [],
      }) as {
        Rules: {
          ExpirationInDays: number;
          Transitions: { StorageClass: string; TransitionInDays: number }[];
        }[];
      };
      expect(Rules).toHaveLength(1);
      expect(Rules[0]?.Transitions).toMatchObject([{ StorageClass: 'GLACIER_IR' }]);
      expect(Rules[0]?.ExpirationInDays).toBeGreaterThan(lockDays);
    }
  });

  it.each(['dev', 'prod'])(
    'stays when the stack of %s goes: locked versions could not be removed with it',
    (name) => {
      expect(bucketOf(name === 'dev' ? dev : prod, 'AuditArchive')?.DeletionPolicy).toBe('Retain');
    },
  );

  const put = (keys: Record<string, string>) =>
    // What IAM allows by itself; the policy only takes away.
    admits(
      [
        ...policyOf('AuditArchive'),
        {
          sid: '',
          effect: 'Allow',
          principal: { AWS: '*' },
          actions: ['s3:PutObject'],
          resources: [],
          conditions: {},
        },
      ],
      { principal: { role: 'phi-dev-audit-archiver' }, action: 's3:PutObject', keys },
    );

  it.each([
    ['the encryption of the bucket', secure, true],
    ['no TLS', { ...secure, 'aws:SecureTransport': 'false' }, false],
    ["S3's own key", { ...secure, 's3:x-amz-server-side-encryption': 'AES256' }, false],
    [
      'another key',
      {
        ...secure,
        's3:x-amz-server-side-encryption': 'aws:kms',
        's3:x-amz-server-side-encryption-aws-kms-key-id': `arn:aws:kms:us-east-1:${account}:key/other`,
      },
      false,
    ],
  ])('with %s, %j: taken is %s', (_what, keys, taken) => {
    expect(put(keys)).toBe(taken);
  });

  it("takes files of our trail and of nobody else's", () => {
    const trail = (name: string) =>
      admits(policyOf('AuditArchive'), {
        principal: { service: 'cloudtrail.amazonaws.com' },
        action: 's3:PutObject',
        keys: {
          ...secure,
          's3:x-amz-acl': 'bucket-owner-full-control',
          'aws:SourceArn': `arn:aws:cloudtrail:us-east-1:${name}`,
        },
      });
    expect(trail(`${account}:trail/phi-dev-trail`)).toBe(true);
    expect(trail('444455556666:trail/phi-dev-trail')).toBe(false);
  });
});

describe('the bucket of access logs', () => {
  it.each([
    ["this account's buckets", 'logging.s3.amazonaws.com', { 'aws:SourceAccount': account }, true],
    ["another account's buckets", 'logging.s3.amazonaws.com', { 'aws:SourceAccount': '444455556666' }, false],
    [
      'our load balancers',
      'logdelivery.elasticloadbalancing.amazonaws.com',
      { 'aws:SourceArn': `arn:aws:elasticloadbalancing:us-east-1:${account}:loadbalancer/app/x/1` },
      true,
    ],
    [
      "another account's load balancers",
      'logdelivery.elasticloadbalancing.amazonaws.com',
      { 'aws:SourceArn': 'arn:aws:elasticloadbalancing:us-east-1:444455556666:loadbalancer/app/x/1' },
      false,
    ],
  ])('for %s', (_who, service, keys, admitted) => {
    const request = { principal: { service }, action: 's3:PutObject', keys: { ...secure, ...keys } };
    expect(admits(policyOf('AccessLogs'), request)).toBe(admitted);
  });
});

describe('the topics', () => {
  const policyOf = (topic: string) => {
    const policy = dev
      .ofType('AWS::SNS::TopicPolicy')
      .find(({ Properties }) => JSON.stringify(Properties?.['Topics']).includes(`"${topic}`));
    return statementsOf(policy?.Properties?.['PolicyDocument']);
  };
  const published = (topic: string, service: string, keys: Record<string, string>) =>
    admits(policyOf(topic), { principal: { service }, action: 'sns:Publish', keys: { ...secure, ...keys } });
  const ours = { 'aws:SourceAccount': account };
  const theirs = { 'aws:SourceAccount': '444455556666' };

  it('of alarms admits alarms of this account and rules, over TLS', () => {
    expect(published('AlarmsTopic', 'cloudwatch.amazonaws.com', ours)).toBe(true);
    expect(published('AlarmsTopic', 'cloudwatch.amazonaws.com', theirs)).toBe(false);
    expect(published('AlarmsTopic', 'events.amazonaws.com', {})).toBe(true);
    expect(published('AlarmsTopic', 's3.amazonaws.com', {})).toBe(false);
  });

  it('of alerts admits no rule, so that nothing but the alerter speaks there, and the alarm on the other topic', () => {
    expect(published('AlertsTopic', 'events.amazonaws.com', {})).toBe(false);
    expect(published('AlertsTopic', 'config.amazonaws.com', ours)).toBe(false);
    expect(published('AlertsTopic', 'cloudwatch.amazonaws.com', ours)).toBe(true);
    expect(published('AlertsTopic', 'cloudwatch.amazonaws.com', theirs)).toBe(false);
  });

  it('lie under the alerts key, never under the one of SNS, which drops alarms without a word', () => {
    const topics = dev.ofType('AWS::SNS::Topic');
    expect(topics).toHaveLength(2);
    for (const { Properties } of topics)
      expect(Properties?.['KmsMasterKeyId']).toEqual({
        'Fn::GetAtt': [expect.stringMatching(/^KeysAlerts/), 'Arn'],
      });
  });

  it('tell whoever the settings name, and keep what an address did not take', () => {
    const subscriptions = prod.ofType('AWS::SNS::Subscription').map(({ Properties }) => Properties ?? {});
    expect(subscriptions).toHaveLength(2);
    for (const subscription of subscriptions)
      expect(subscription).toMatchObject({
        Protocol: 'email',
        Endpoint: 'security@example.org',
        RedrivePolicy: {
          deadLetterTargetArn: { 'Fn::GetAtt': [expect.stringMatching(/^UndeliveredAlerts/), 'Arn'] },
        },
      });
  });

  it('send people no canaries, and alarms of CloudWatch, which have no attributes', () => {
    const alerts = prod
      .ofType('AWS::SNS::Subscription')
      .find(({ Properties }) => JSON.stringify(Properties?.['TopicArn']).includes('AlertsTopic'));
    expect(alerts?.Properties?.['FilterPolicy']).toEqual({
      kind: [{ 'anything-but': ['canary'] }, { exists: false }],
    });
  });

  it.each([
    ['events.amazonaws.com', `arn:aws:events:us-east-1:${account}:rule/phi-dev-any`, true],
    ['events.amazonaws.com', `arn:aws:events:us-east-1:${account}:rule/other`, false],
    ['sns.amazonaws.com', `arn:aws:sns:us-east-1:${account}:phi-dev-alerts`, true],
    ['sns.amazonaws.com', 'arn:aws:sns:us-east-1:444455556666:phi-dev-alerts', false],
    ['lambda.amazonaws.com', `arn:aws:lambda:us-east-1:${account}:function:phi-dev-x`, false],
  ])('have a queue of undelivered alerts that admits %s as %s: %s', (service, arn, isAdmitted) => {
    const policy = dev
      .ofType('AWS::SQS::QueuePolicy')
      .find(({ Properties }) => JSON.stringify(Properties?.['Queues']).includes('UndeliveredAlerts'));
    const request = {
      principal: { service },
      action: 'sqs:SendMessage',
      keys: { ...secure, 'aws:SourceArn': arn },
    };
    expect(admits(statementsOf(policy?.Properties?.['PolicyDocument']), request)).toBe(isAdmitted);
  });

  it('tell of one another that they do not deliver', () => {
    const alarms = dev
      .ofType('AWS::CloudWatch::Alarm')
      .filter(({ Properties }) => Properties?.['MetricName'] === 'NumberOfNotificationsFailed');
    const pairs = alarms.map(({ Properties }) =>
      [Properties?.['Dimensions'], Properties?.['AlarmActions']].map(
        (one) => /(Alarms|Alerts)Topic/.exec(JSON.stringify(one))?.[1],
      ),
    );
    expect(pairs.sort()).toEqual([
      ['Alarms', 'Alerts'],
      ['Alerts', 'Alarms'],
    ]);
  });
});
