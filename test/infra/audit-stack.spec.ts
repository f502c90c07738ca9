import { beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { auditRules, devAudit } from '../../infra/lib/audit-settings.js';
import { savedQueries } from '../../infra/lib/saved-query-texts.js';
import { type Placed, statementsOf, synthesized, type Synthesized } from './synthesized.js';

let dev: Synthesized;
let prod: Synthesized;
beforeAll(() => {
  dev = synthesized('dev');
  prod = synthesized('prod');
});

const ofAudit = ({ ofType }: Synthesized, type: string): Placed[] =>
  ofType(type).filter(({ stack }) => stack === 'Audit');
const only = (deployment: Synthesized, type: string): Record<string, unknown> => {
  const [first, ...others] = ofAudit(deployment, type);
  if (first?.Properties === undefined || others.length > 0) throw new Error(`not one ${type}`);
  return first.Properties;
};
/** The filter of the trail that makes a metric of this name. */
function filterOf(metricName: string) {
  for (const { Properties: filter = {} } of ofAudit(dev, 'AWS::Logs::MetricFilter')) {
    const [metric] = filter['MetricTransformations'] as Record<string, string>[];
    if (metric?.['MetricName'] === metricName) return { filter, metric };
  }
  throw new Error(`nothing counts ${metricName}`);
}
/** Text of a value, its references by their names. */
const textOf = (value: unknown): string => JSON.stringify(value);

interface FieldSelector {
  Field: string;
  Equals?: unknown[];
  StartsWith?: unknown[];
  NotStartsWith?: unknown[];
  NotEquals?: unknown[];
}

describe('the trail of the account', () => {
  const selectors = (deployment: Synthesized) =>
    (
      only(deployment, 'AWS::CloudTrail::Trail')['AdvancedEventSelectors'] as {
        FieldSelectors: FieldSelector[];
      }[]
    ).map(({ FieldSelectors }) => new Map(FieldSelectors.map((field) => [field.Field, field])));
  const ofResourceType = (type: string) =>
    selectors(dev).filter((fields) => fields.get('resources.type')?.Equals?.includes(type));

  // 45 CFR 164.312(b), 164.312(c)(2).
  it('sees every region, can be proved unchanged, is encrypted and sent to a log group', () => {
    for (const deployment of [dev, prod]) {
      const trail = only(deployment, 'AWS::CloudTrail::Trail');
      expect(trail).toMatchObject({
        TrailName: `phi-${deployment.settings.stage}-trail`,
        IsLogging: true,
        IsMultiRegionTrail: true,
        IncludeGlobalServiceEvents: true,
        EnableLogFileValidation: true,
        S3KeyPrefix: 'cloudtrail',
      });
      expect(textOf(trail['KMSKeyId'])).toContain('KeysAudit');
      expect(textOf(trail['S3BucketName'])).toContain('AuditArchive');
      expect(textOf(trail['CloudWatchLogsLogGroupArn'])).toContain('TrailLogs');
    }
  });

  it('records all management events, those of KMS among them', () => {
    const management = selectors(dev).find((fields) =>
      fields.get('eventCategory')?.Equals?.includes('Management'),
    );
    expect([...(management?.keys() ?? [])]).toEqual(['eventCategory']);
  });

  it('records every item of the three tables', () => {
    const [tables] = ofResourceType('AWS::DynamoDB::Table');
    const arns = tables?.get('resources.ARN')?.Equals ?? [];
    expect(arns).toHaveLength(3);
    for (const table of ['Records', 'Audit', 'KeyStore']) expect(textOf(arns)).toContain(`Tables${table}`);
  });

  it('records the archive, but not the delivery of its own files, each of which would cause another', () => {
    const [archive, trailFiles] = ofResourceType('AWS::S3::Object');
    expect(textOf(archive?.get('resources.ARN')?.StartsWith)).toContain('AuditArchive');
    expect(textOf(archive?.get('resources.ARN')?.NotStartsWith)).toContain('/cloudtrail/');
    expect(textOf(trailFiles?.get('resources.ARN')?.StartsWith)).toContain('/cloudtrail/');
    expect(trailFiles?.get('eventName')).toEqual({ Field: 'eventName', NotEquals: ['PutObject'] });
  });

  it('records guardrails and the functions of this deployment', () => {
    expect(ofResourceType('AWS::Bedrock::Guardrail')).toHaveLength(1);
    expect(textOf(ofResourceType('AWS::Lambda::Function')[0]?.get('resources.ARN')?.StartsWith)).toContain(
      ':function:phi-dev-',
    );
    // Functions have no names of their own: CloudFormation begins theirs with the stack's.
    expect(dev.ofType('AWS::Lambda::Function').map(({ Properties }) => Properties?.['FunctionName'])).toEqual(
      dev.ofType('AWS::Lambda::Function').map(() => undefined),
    );
    for (const name of ['Data', 'Api', 'Audit']) expect(dev.stacks[name]?.name).toMatch(/^phi-dev-/);
  });

  it('may be written by CloudTrail, whose role writes to its own log group and does nothing else', () => {
    const role = ofAudit(dev, 'AWS::IAM::Role').find(({ id }) => id.startsWith('TrailRole'));
    const [trust] = statementsOf(role?.Properties?.['AssumeRolePolicyDocument']);
    expect(trust?.principal).toEqual({ Service: 'cloudtrail.amazonaws.com' });
    const policy = ofAudit(dev, 'AWS::IAM::ManagedPolicy').find(({ id }) =>
      id.startsWith('TrailPermissions'),
    );
    const [statement, ...others] = statementsOf(policy?.Properties?.['PolicyDocument']);
    expect(others).toEqual([]);
    expect(statement?.actions).toEqual(['logs:CreateLogStream', 'logs:PutLogEvents']);
    expect(textOf(statement?.resources)).toMatch(/^\[\{"Fn::GetAtt":\["TrailLogs/);
  });

  it('counts what the service makes KMS do, from fields that an event of the trail has', () => {
    const { filter, metric } = filterOf('KmsCallsOfService');
    expect(filter['FilterPattern']).toBe(
      '{ ($.eventSource = "kms.amazonaws.com") && ($.userIdentity.sessionContext.sessionIssuer.userName = "phi-dev-task") }',
    );
    expect(metric).toMatchObject({ MetricNamespace: 'Phi/dev', MetricValue: '1' });
    const event = JSON.parse(readFileSync('test/fixtures/cloudtrail/decrypt.json', 'utf8')) as {
      eventSource: string;
      userIdentity: { sessionContext: { sessionIssuer: { userName: string } } };
    };
    expect(event.eventSource).toBe('kms.amazonaws.com');
    expect(event.userIdentity.sessionContext.sessionIssuer.userName).toMatch(/^\w/);
  });

  it('raises an alarm within minutes of a change to the trail, a key or a backup', () => {
    const { filter, metric } = filterOf('ProtectionChanges');
    for (const operation of [
      'StopLogging',
      'DeleteTrail',
      'ScheduleKeyDeletion',
      'PutKeyPolicy',
      'DisableKey',
    ]) {
      expect(filter['FilterPattern']).toContain(`($.eventName = "${operation}")`);
    }
    const alarm = ofAudit(dev, 'AWS::CloudWatch::Alarm').find(
      ({ Properties }) => Properties?.['MetricName'] === metric?.['MetricName'],
    );
    expect(alarm?.Properties).toMatchObject({
      Namespace: metric?.['MetricNamespace'],
      // One match counts one: a sum of one is enough.
      Statistic: 'Sum',
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    });
    expect(metric?.['MetricValue']).toBe('1');
    expect(alarm?.Properties?.['AlarmActions']).toHaveLength(1);
  });
});

describe('buckets of the audit stack', () => {
  it('are encrypted under the audit key, closed, versioned, TLS only, and logged', () => {
    for (const deployment of [dev, prod]) {
      const buckets = ofAudit(deployment, 'AWS::S3::Bucket');
      expect(buckets).toHaveLength(2);
      for (const { id, Properties, DeletionPolicy } of buckets) {
        expect(textOf(Properties?.['BucketEncryption'])).toMatch(/aws:kms.*KeysAudit|KeysAudit.*aws:kms/);
        expect(Object.values(Properties?.['PublicAccessBlockConfiguration'] as object)).toEqual([
          true,
          true,
          true,
          true,
        ]);
        expect(Properties?.['VersioningConfiguration']).toEqual({ Status: 'Enabled' });
        expect(textOf(Properties?.['LoggingConfiguration'])).toContain('AccessLogs');
        expect(DeletionPolicy).toBe(deployment.settings.retainsData ? 'Retain' : 'Delete');
        const policy = ofAudit(deployment, 'AWS::S3::BucketPolicy').find(({ Properties: of }) =>
          textOf(of?.['Bucket']).includes(id),
        );
        const denials = statementsOf(policy?.Properties?.['PolicyDocument']).filter(
          ({ effect }) => effect === 'Deny',
        );
        expect(textOf(denials)).toContain('"aws:SecureTransport":"false"');
      }
    }
  });

  // 45 CFR 164.316(b)(2)(i).
  it('keep logs as long as the archive, and answers of queries for days', () => {
    const expiry = (deployment: Synthesized, name: string) => {
      const bucket = ofAudit(deployment, 'AWS::S3::Bucket').find(({ id }) => id.startsWith(name));
      const { Rules } = (bucket?.Properties?.['LifecycleConfiguration'] ?? { Rules: [] }) as {
        Rules: { ExpirationInDays: number }[];
      };
      return Rules.map(({ ExpirationInDays }) => ExpirationInDays);
    };
    expect(expiry(prod, 'LogArchive')).toEqual([2193]);
    expect(expiry(prod, 'QueryResults')).toEqual([30]);
    expect(expiry(dev, 'QueryResults')).toEqual([7]);
  });
});

describe('delivery of logs', () => {
  it.each([
    ['service', '/phi/prod/service'],
    ['api-access', '/phi/prod/api-access'],
  ])(
    'of %s carries every line of its log group, gzipped, a folder a day, under the audit key',
    (folder, logGroup) => {
      const stream = ofAudit(prod, 'AWS::KinesisFirehose::DeliveryStream').find(
        ({ Properties }) => Properties?.['DeliveryStreamName'] === `phi-prod-${folder}`,
      );
      const destination = stream?.Properties?.['ExtendedS3DestinationConfiguration'] as Record<
        string,
        unknown
      >;
      expect(destination).toMatchObject({
        Prefix: `${folder}/!{timestamp:yyyy/MM/dd}/`,
        CompressionFormat: 'GZIP',
        ProcessingConfiguration: {
          Enabled: true,
          Processors: [{ Type: 'Decompression' }, { Type: 'CloudWatchLogProcessing' }],
        },
      });
      // What could not be delivered lies beside the folders that tables read.
      expect(destination['ErrorOutputPrefix']).toMatch(/^failed\//);
      expect(textOf(destination['EncryptionConfiguration'])).toContain('KeysAudit');
      expect(textOf(stream?.Properties?.['DeliveryStreamEncryptionConfigurationInput'])).toContain(
        'KeysAudit',
      );
      const group = ofAudit(prod, 'AWS::Logs::LogGroup').find(
        ({ Properties }) => Properties?.['LogGroupName'] === logGroup,
      );
      const subscription = ofAudit(prod, 'AWS::Logs::SubscriptionFilter').find(({ Properties }) =>
        textOf(Properties?.['DestinationArn']).includes(String(stream?.id)),
      );
      expect(subscription?.Properties).toMatchObject({ FilterPattern: '', LogGroupName: { Ref: group?.id } });
    },
  );

  it('stays when the api stack is taken down: trail, log groups and streams are of this stack', () => {
    const groups = ofAudit(dev, 'AWS::Logs::LogGroup').map(({ Properties }) => Properties?.['LogGroupName']);
    expect(groups).toEqual(
      expect.arrayContaining([
        '/phi/dev/service',
        '/phi/dev/api-access',
        '/phi/dev/flows',
        'aws-waf-logs-phi-dev',
      ]),
    );
    expect(dev.stacks['Api']?.dependencies).toContain('Audit');
    expect(dev.stacks['Audit']?.dependencies).not.toContain('Api');
  });

  it('may write new files in its own folders and do nothing else to the bucket', () => {
    const policies = ofAudit(dev, 'AWS::IAM::ManagedPolicy').filter(({ id }) =>
      id.includes('DeliveryPermissions'),
    );
    expect(policies).toHaveLength(2);
    for (const { Properties } of policies) {
      const statements = statementsOf(Properties?.['PolicyDocument']);
      expect(statements.flatMap(({ actions }) => actions).toSorted()).toEqual([
        'kms:Decrypt',
        'kms:GenerateDataKey',
        'logs:PutLogEvents',
        's3:AbortMultipartUpload',
        's3:GetBucketLocation',
        's3:ListBucket',
        's3:ListBucketMultipartUploads',
        's3:PutObject',
      ]);
      const files = statements.find(({ sid }) => sid === 'Files');
      // Sorted by the template: failed/service before service, api-access before failed/api-access.
      expect(textOf(files?.resources)).toMatch(
        /"\/failed\/service\/\*".*"\/service\/\*"|"\/api-access\/\*".*"\/failed\/api-access\/\*"/,
      );
      expect(files?.resources).toHaveLength(2);
    }
  });

  it('is missed within half an hour, a day before Firehose would drop lines', () => {
    const alarms = ofAudit(dev, 'AWS::CloudWatch::Alarm').filter(
      ({ Properties }) => Properties?.['MetricName'] === 'DeliveryToS3.DataFreshness',
    );
    expect(alarms).toHaveLength(2);
    for (const { Properties } of alarms) {
      // Seconds, as the metric has them.
      expect(Properties).toMatchObject({ Namespace: 'AWS/Firehose', Threshold: 1800, Statistic: 'Maximum' });
      expect(Properties?.['AlarmActions']).toHaveLength(1);
    }
  });
});

describe('the workgroup', () => {
  it('enforces its settings: results under our key, a limit to what a query reads', () => {
    const configuration = only(prod, 'AWS::Athena::WorkGroup')['WorkGroupConfiguration'] as Record<
      string,
      unknown
    >;
    expect(configuration).toMatchObject({
      EnforceWorkGroupConfiguration: true,
      BytesScannedCutoffPerQuery: 100 * 1024 ** 3,
      ResultConfiguration: { EncryptionConfiguration: { EncryptionOption: 'SSE_KMS' } },
    });
    expect(textOf(configuration['ResultConfiguration'])).toContain('KeysAudit');
  });

  it('has every saved query, with its question and what is to be filled in', () => {
    const saved = ofAudit(prod, 'AWS::Athena::NamedQuery').map(({ Properties }) => Properties ?? {});
    expect(saved.map((query) => query['Name']).toSorted()).toEqual(savedQueries().map(({ name }) => name));
    for (const query of saved) {
      expect(query).toMatchObject({ WorkGroup: 'phi-prod-audit', Database: 'phi_prod_audit' });
      // Athena takes no longer descriptions.
      expect(String(query['Description']).length).toBeLessThanOrEqual(1024);
      expect(query['Description']).toContain('Parameters: ');
    }
  });

  // 45 CFR 164.316(b)(2)(ii), availability.
  it('comes with a policy for its readers that changes nothing but answers', () => {
    const policy = ofAudit(dev, 'AWS::IAM::ManagedPolicy').find(
      ({ Properties }) => Properties?.['ManagedPolicyName'] === 'phi-dev-audit-reader',
    );
    expect(policy?.Properties?.['Roles']).toBeUndefined();
    const statements = statementsOf(policy?.Properties?.['PolicyDocument']);
    const writing = statements.filter(({ actions }) =>
      actions.some((action) => /Put|Delete|Create|Update/.test(action)),
    );
    expect(writing.map(({ sid }) => sid)).toEqual(['Results']);
    expect(textOf(writing[0]?.resources)).toMatch(
      /^\[[^,]*\[[^,]*,\[[^,]*QueryResults[^,]*,[^,]*,"\/\*"\]\]\}\]$/,
    );
    expect(statements.flatMap(({ resources }) => resources)).not.toContain('*');
  });
});

// 45 CFR 164.308(a)(1)(ii)(D): a review that did not take place must not look like one that found nothing.
describe('the daily queries', () => {
  const alarm = (id: string) =>
    prod.ofType('AWS::CloudWatch::Alarm').find(({ path }) => path === `Audit/Daily/${id}/Resource`)
      ?.Properties;
  const asker = () =>
    prod.ofType('AWS::Lambda::Function').find(({ path }) => path.startsWith('Audit/Daily/'))?.id;

  it('raise an alarm when one of them is not answered, and when nobody asks', () => {
    const ofAsker = {
      Namespace: 'AWS/Lambda',
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: asker() } }],
    };
    expect(alarm('DailyQueriesFail')).toMatchObject({
      ...ofAsker,
      MetricName: 'Errors',
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
    });
    expect(alarm('DailyQueriesSilent')).toMatchObject({
      ...ofAsker,
      MetricName: 'Invocations',
      Period: 86_400,
      EvaluationPeriods: 2,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    });
  });
});

describe('settings of the audit stack', () => {
  const faults = (change: Partial<typeof devAudit>) =>
    auditRules({ ...devAudit, ...change }, 'us-east-1').flatMap(([holds, fault]) => (holds ? [] : [fault]));

  it('are right as they are', () => expect(faults({})).toEqual([]));

  it.each([
    [{ queryScanLimitGigabytes: 0 }, 'queryScanLimitGigabytes'],
    [{ queryResultDays: 1.5 }, 'queryResultDays'],
    [{ trailRegions: ['eu-west-1'] }, 'trailRegions'],
    [{ trailBegins: '2026-01-01' }, 'trailBegins'],
  ])('refuse %j', (change, name) => expect(faults(change)).toEqual([expect.stringContaining(name)]));
});
