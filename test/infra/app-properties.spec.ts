import { describe, expect, it } from '@jest/globals';
import { dailyQuestions } from '../../infra/lib/constructs/daily-queries.js';
import { complianceMetrics } from '../../infra/lib/compliance-metrics.js';
import { account, admits, deployed } from './policy-evaluation.js';
import { serviceMetrics } from './support/service-metrics.js';
import { type Placed, statementsOf, synthesized } from './synthesized.js';
import { withoutDomain } from './support/deployment-cache.js';

const deployments = (
  [
    ['dev', 'dev', withoutDomain],
    ['dev with a domain', 'dev', {}],
    ['prod', 'prod', {}],
  ] as const
).map(([name, environment, change]) => ({
  name,
  alone: synthesized(environment, change, 'data'),
  ...synthesized(environment, change),
}));
const pathOf = ({ stack, id }: Placed) => `${stack}/${id}`;
const properties = (resource: Placed) => resource.Properties ?? {};
/** @returns the value at a path of properties */
const at = (resource: Placed, ...path: (string | number)[]): unknown =>
  path.reduce<unknown>(
    (value, name) => (value as Record<string | number, unknown> | undefined)?.[name],
    properties(resource),
  );

describe.each(deployments)('each resource of $name', ({ resources, ofType, settings, stacks }) => {
  /** @returns the customer-managed key that a property leads to, in its stack or in another one */
  const ourKey = (stack: string, value: unknown): Placed | undefined => {
    const text = JSON.stringify(value) ?? '';
    return ofType('AWS::KMS::Key').find(({ stack: home, id }) =>
      home === stack ? text.includes(`"${id}"`) : text.includes(`GetAtt${id}`),
    );
  };

  /** Where each type that stores something names its key. */
  const keyPaths: Record<string, (string | number)[][]> = {
    'AWS::S3::Bucket': [
      [
        'BucketEncryption',
        'ServerSideEncryptionConfiguration',
        0,
        'ServerSideEncryptionByDefault',
        'KMSMasterKeyID',
      ],
    ],
    'AWS::SQS::Queue': [['KmsMasterKeyId']],
    'AWS::SNS::Topic': [['KmsMasterKeyId']],
    'AWS::DynamoDB::Table': [['SSESpecification', 'KMSMasterKeyId']],
    'AWS::Logs::LogGroup': [['KmsKeyId']],
    'AWS::Backup::BackupVault': [['EncryptionKeyArn']],
    'AWS::CloudTrail::Trail': [['KMSKeyId']],
    'AWS::Athena::WorkGroup': [
      ['WorkGroupConfiguration', 'ResultConfiguration', 'EncryptionConfiguration', 'KmsKey'],
    ],
    'AWS::Bedrock::Guardrail': [['KmsKeyArn']],
    // What tasks write: a Fargate volume.
    'AWS::ECS::Cluster': [
      ['Configuration', 'ManagedStorageConfiguration', 'FargateEphemeralStorageKmsKeyId'],
    ],
    'AWS::KinesisFirehose::DeliveryStream': [
      ['DeliveryStreamEncryptionConfigurationInput', 'KeyARN'],
      [
        'ExtendedS3DestinationConfiguration',
        'EncryptionConfiguration',
        'KMSEncryptionConfig',
        'AWSKMSKeyARN',
      ],
    ],
  };
  /** Log delivery writes to no bucket under a customer key (acknowledged to cdk-nag as well). */
  const underServiceKey = (resource: Placed) =>
    resource.Type === 'AWS::S3::Bucket' && resource.id.startsWith('AccessLogs');

  // 45 CFR 164.312(a)(2)(iv).
  it.each(Object.keys(keyPaths))('that is an %s lies under a customer key', (type) => {
    const bare = ofType(type)
      .filter((resource) => !underServiceKey(resource))
      .filter((resource) =>
        keyPaths[type]?.some((path) => ourKey(resource.stack, at(resource, ...path)) === undefined),
      );
    expect(bare.map(pathOf)).toEqual([]);
  });

  it('that stores something is one of a type that is looked at here', () => {
    const stores =
      /::(Volume|FileSystem|DBInstance|DBCluster|Secret|Stream|Domain|Repository|Cluster|CacheCluster|Bucket|Queue|Topic|Table|LogGroup|DeliveryStream)$/;
    const types = new Set(resources.map(({ Type }) => Type).filter((type) => stores.test(type)));
    // A Glue table is a description of files.
    const unknown = [...types].filter((type) => keyPaths[type] === undefined && type !== 'AWS::Glue::Table');
    expect(unknown).toEqual([]);
  });

  // 45 CFR 164.308(a)(3)(i), 164.312(a)(1).
  it('that is a bucket is closed to the public', () => {
    for (const bucket of ofType('AWS::S3::Bucket')) {
      expect({ [pathOf(bucket)]: properties(bucket)['PublicAccessBlockConfiguration'] }).toEqual({
        [pathOf(bucket)]: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
      });
      expect(properties(bucket)['AccessControl']).toBeUndefined();
    }
  });

  it.each([
    ['AWS::S3::Bucket', 'AWS::S3::BucketPolicy', 'Bucket', 's3:GetObject'],
    ['AWS::SQS::Queue', 'AWS::SQS::QueuePolicy', 'Queues', 'sqs:SendMessage'],
    ['AWS::SNS::Topic', 'AWS::SNS::TopicPolicy', 'Topics', 'sns:Publish'],
  ])('that is an %s refuses whoever comes without TLS', (type, policyType, target, action) => {
    const everybody = {
      sid: '',
      effect: 'Allow' as const,
      principal: { AWS: '*' },
      actions: [action],
      resources: [],
      conditions: {},
    };
    for (const resource of ofType(type)) {
      const policies = ofType(policyType).filter(
        (policy) =>
          policy.stack === resource.stack && JSON.stringify(at(policy, target)).includes(`"${resource.id}"`),
      );
      const statements = policies.flatMap((policy) => statementsOf(at(policy, 'PolicyDocument')));
      const admitted = (transport: string) =>
        admits([...statements, everybody], {
          principal: { role: 'anybody' },
          action,
          keys: { 'aws:SecureTransport': transport, 's3:TlsVersion': '1.2' },
        });
      expect({ at: pathOf(resource), tls: admitted('true'), plain: admitted('false') }).toEqual({
        at: pathOf(resource),
        tls: true,
        plain: false,
      });
    }
  });

  it('has no public address', () => {
    const reachable = [
      'AWS::EC2::EIP',
      'AWS::EC2::NatGateway',
      'AWS::EC2::InternetGateway',
      'AWS::Lambda::Url',
    ];
    expect(resources.filter(({ Type }) => reachable.includes(Type)).map(pathOf)).toEqual([]);
    for (const subnet of ofType('AWS::EC2::Subnet')) {
      expect(at(subnet, 'MapPublicIpOnLaunch') ?? false).toBe(false);
    }
    for (const loadBalancer of ofType('AWS::ElasticLoadBalancingV2::LoadBalancer')) {
      expect(at(loadBalancer, 'Scheme')).toBe('internal');
    }
    for (const service of ofType('AWS::ECS::Service')) {
      expect(at(service, 'NetworkConfiguration', 'AwsvpcConfiguration', 'AssignPublicIp')).toBe('DISABLED');
    }
  });

  it('that is a log group ends its logs, and has a name that its key admits', () => {
    for (const group of ofType('AWS::Logs::LogGroup')) {
      expect([pathOf(group), at(group, 'RetentionInDays')]).toEqual([pathOf(group), expect.any(Number)]);
      const key = ourKey(group.stack, at(group, 'KmsKeyId'));
      const name = String(deployed(at(group, 'LogGroupName')));
      const admitted = admits(statementsOf(key?.Properties?.['KeyPolicy']), {
        principal: { service: `logs.${settings.region}.amazonaws.com` },
        action: 'kms:Encrypt',
        keys: {
          'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:${settings.region}:${account}:log-group:${name}`,
        },
      });
      expect({ name, admitted }).toEqual({ name, admitted: true });
    }
  });

  it('that is a function writes to a log group of ours, made before it', () => {
    for (const one of ofType('AWS::Lambda::Function')) {
      const group = JSON.stringify(at(one, 'LoggingConfig', 'LogGroup'));
      const ours = ofType('AWS::Logs::LogGroup').some(
        ({ stack, id }) => stack === one.stack && group?.includes(`"${id}"`),
      );
      expect({ [pathOf(one)]: ours }).toEqual({ [pathOf(one)]: true });
    }
  });

  it('that can be tagged says what it holds, which law applies and where it belongs', () => {
    const missing: string[] = [];
    let tagged = 0;
    for (const placed of resources) {
      if (stacks[placed.stack]?.constructs[placed.id]?.isTaggable !== true) continue;
      tagged += 1;
      const text = JSON.stringify(placed.Properties);
      for (const tag of ['DataClassification', 'Compliance', 'Environment']) {
        if (text?.includes(`"${tag}"`) !== true) missing.push(`${pathOf(placed)} (${placed.Type}): ${tag}`);
      }
    }
    expect(missing).toEqual([]);
    expect(tagged).toBeGreaterThan(30);
  });

  it('names no account: whoever deploys is the account', () => {
    const text = JSON.stringify(
      resources.filter(({ Type }) => Type !== 'AWS::ApiGateway::DomainName').map((one) => one.Properties),
    );
    // Those in the example's certificate and of its approvers.
    const given = [String(settings.certificateArn), ...settings.remediationApproverArns];
    const ownText = given.reduce((rest, arn) => rest.replaceAll(arn, ''), text);
    expect(ownText.includes(account)).toBe(false);
    expect(ownText).toContain('{"Ref":"AWS::AccountId"}');
  });
});

/** Namespaces that services of AWS report to. */
const isOfAws = (namespace: string) => /^(AWS|ECS)\//.test(namespace);

describe.each(deployments)('each alarm of $name', ({ ofType, settings }) => {
  const alarms = ofType('AWS::CloudWatch::Alarm');
  /** What `apps/compliance-metrics` publishes. */
  const figures: string[] = Object.values(complianceMetrics).map(({ name }) => name);

  /** Of an alarm on a metric, and of one on an expression over several. */
  const metrics = (alarm: Placed): { Namespace: string; MetricName: string; Stat: string }[] => {
    const own = at(alarm, 'MetricName');
    const listed = (at(alarm, 'Metrics') ?? []) as {
      MetricStat?: { Metric: { Namespace: string; MetricName: string }; Stat: string };
    }[];
    return own === undefined
      ? listed.flatMap(({ MetricStat }) =>
          MetricStat ? [{ ...MetricStat.Metric, Stat: MetricStat.Stat }] : [],
        )
      : [
          {
            MetricName: String(own),
            Namespace: String(at(alarm, 'Namespace')),
            Stat: String(at(alarm, 'Statistic') ?? at(alarm, 'ExtendedStatistic')),
          },
        ];
  };

  it('tells somebody that it begins, and that it is over', () => {
    expect(alarms.length).toBeGreaterThan(2);
    for (const alarm of alarms) {
      const [begins, ends] = [at(alarm, 'AlarmActions'), at(alarm, 'OKActions')];
      expect([pathOf(alarm), (begins as unknown[] | undefined)?.length]).toEqual([pathOf(alarm), 1]);
      expect([pathOf(alarm), ends]).toEqual([pathOf(alarm), begins]);
      expect(at(alarm, 'ActionsEnabled') ?? true).toBe(true);
    }
  });

  it('says what to do about it', () => {
    for (const alarm of alarms)
      expect(String(at(alarm, 'AlarmDescription') ?? '').length).toBeGreaterThan(20);
  });

  it('looks at a metric that somebody emits', async () => {
    const emitted = ofType('AWS::Logs::MetricFilter').flatMap((filter) =>
      (at(filter, 'MetricTransformations') as Record<string, string>[]).map(
        ({ MetricNamespace, MetricName }) => `${MetricNamespace} ${MetricName}`,
      ),
    );
    // What the service writes, and what functions of the infrastructure write; their own specs run them.
    const service = await serviceMetrics();
    const ofService = service.names.map((name) => `${service.namespace} ${name}`);
    const ofFunctions = [
      'TrailFaults',
      'TrailChecks',
      ...dailyQuestions(settings).map(({ metric }) => metric),
      ...figures,
    ].map((name) => `Phi/${settings.stage}/Compliance ${name}`);
    const known = new Set([...emitted, ...ofService, ...ofFunctions]);
    for (const alarm of alarms) {
      for (const { Namespace, MetricName } of metrics(alarm)) {
        const isEmitted = isOfAws(Namespace) || known.has(`${Namespace} ${MetricName}`);
        expect({ [pathOf(alarm)]: isEmitted ? 'emitted' : `${Namespace} ${MetricName}` }).toEqual({
          [pathOf(alarm)]: 'emitted',
        });
      }
    }
    // Every count of a log that is made is looked at.
    expect(emitted.every((name) => name.startsWith(`Phi/${settings.stage} `))).toBe(true);
  });

  it('can be reached: a count of 1 a line never averages above 1', () => {
    for (const alarm of alarms) {
      for (const { Namespace, MetricName, Stat } of metrics(alarm)) {
        // A figure of compliance is a level, published a few times a day: how high it was, and whether it came.
        if (isOfAws(Namespace) || (figures.includes(MetricName) && /^(Maximum|SampleCount)$/.test(Stat)))
          continue;
        expect({ [pathOf(alarm)]: Stat }).toEqual({ [pathOf(alarm)]: 'Sum' });
        expect(Number(at(alarm, 'Threshold'))).toBeGreaterThan(0);
      }
    }
  });
});

describe.each(deployments)('the stacks of $name', ({ alone, stacks, settings }) => {
  it('leave the one that has state as it is alone: no policy of a key, a bucket or the topic is changed from outside', () => {
    expect(stacks['Data']?.template.Resources).toEqual(alone.stacks['Data']?.template.Resources);
  });

  it('are protected against deletion where they hold real data', () => {
    for (const { terminationProtection } of Object.values(stacks))
      expect(terminationProtection).toBe(settings.retainsData);
  });
});
