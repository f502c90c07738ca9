import { Aws, Duration } from 'aws-cdk-lib';
import { CfnTrail } from 'aws-cdk-lib/aws-cloudtrail';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { DataResources } from '../data.stack.js';
import type { Names } from '../names.js';
import type { Settings } from '../settings.js';
import { EncryptedLogGroup } from './log-group.js';
import { alarmAtTopic } from './topic-alarm.js';

interface AccountTrailProps {
  names: Names;
  settings: Settings;
  data: DataResources;
}

/**
 * The trail of the account: every management event in every region, and every access to what holds or protects data, in
 * files that can be proved unchanged (digests), encrypted, under Object Lock; the same as a log stream, so that an alarm comes in
 * minutes (45 CFR 164.312(b), 164.308(a)(1)(ii)(D)).
 */
export class AccountTrail extends Construct {
  readonly logGroup: LogGroup;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: AccountTrailProps,
  ) {
    super(scope, id);
    const { names, settings, data } = props;
    this.logGroup = new EncryptedLogGroup(
      this,
      'Logs',
      names.logGroups.trail,
      settings,
      data.keys.audit,
    ).logGroup;
    const role = new Role(this, 'Role', {
      // Without a condition on the trail: that CloudTrail names it when it takes this role is documented nowhere.
      assumedBy: new ServicePrincipal('cloudtrail.amazonaws.com'),
      description: 'CloudTrail writes its log stream',
    });
    const permissions = new ManagedPolicy(this, 'Permissions', {
      description: 'CloudTrail writes its log stream',
      roles: [role],
      statements: [
        new PolicyStatement({
          sid: 'Logs',
          actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          resources: [this.logGroup.logGroupArn],
        }),
      ],
    });
    const trail = new CfnTrail(this, 'Trail', {
      trailName: names.trail,
      isLogging: true,
      isMultiRegionTrail: true,
      includeGlobalServiceEvents: true,
      enableLogFileValidation: true,
      s3BucketName: data.buckets.auditArchive.bucketName,
      s3KeyPrefix: 'cloudtrail',
      kmsKeyId: data.keys.audit.keyArn,
      cloudWatchLogsLogGroupArn: this.logGroup.logGroupArn,
      cloudWatchLogsRoleArn: role.roleArn,
      advancedEventSelectors: this.#selectors(),
    });
    trail.node.addDependency(permissions);
    this.#alarm();
  }

  /** @see AWS CloudTrail User Guide, "Filtering data events by using advanced event selectors" */
  #selectors(): CfnTrail.AdvancedEventSelectorProperty[] {
    const { names, data } = this.props;
    const category = (value: 'Management' | 'Data') => ({ field: 'eventCategory', equalTo: [value] });
    const type = (value: string) => ({ field: 'resources.type', equalTo: [value] });
    const bucketObjects = (name: string) => `arn:${Aws.PARTITION}:s3:::${name}/`;
    const archive = `${data.buckets.auditArchive.bucketArn}/`;
    const trailFiles = `${archive}cloudtrail/`;
    return [
      // KMS among them: each use of a patient's key.
      { name: 'All management events', fieldSelectors: [category('Management')] },
      {
        name: 'Items of the tables',
        fieldSelectors: [
          category('Data'),
          type('AWS::DynamoDB::Table'),
          { field: 'resources.ARN', equalTo: Object.values(data.tables).map(({ tableArn }) => tableArn) },
        ],
      },
      {
        name: 'Objects of the audit archive',
        fieldSelectors: [
          category('Data'),
          type('AWS::S3::Object'),
          { field: 'resources.ARN', startsWith: [archive], notStartsWith: [trailFiles] },
        ],
      },
      {
        // Were CloudTrail's own deliveries recorded, each file would be the reason for another one.
        name: 'Files of the trail, except that they are delivered',
        fieldSelectors: [
          category('Data'),
          type('AWS::S3::Object'),
          { field: 'resources.ARN', startsWith: [trailFiles] },
          { field: 'eventName', notEquals: ['PutObject'] },
        ],
      },
      {
        // Deliveries are many, and none of them is a person's.
        name: 'Objects of logs, except that they are delivered',
        fieldSelectors: [
          category('Data'),
          type('AWS::S3::Object'),
          {
            field: 'resources.ARN',
            startsWith: [names.buckets.logArchive, names.buckets.accessLogs].map(bucketObjects),
          },
          { field: 'eventName', notEquals: ['PutObject'] },
        ],
      },
      {
        name: 'Answers of queries',
        fieldSelectors: [
          category('Data'),
          type('AWS::S3::Object'),
          { field: 'resources.ARN', startsWith: [bucketObjects(names.buckets.queryResults)] },
        ],
      },
      {
        name: 'Guardrails applied',
        fieldSelectors: [category('Data'), type('AWS::Bedrock::Guardrail')],
      },
      {
        name: 'Functions invoked',
        fieldSelectors: [
          category('Data'),
          type('AWS::Lambda::Function'),
          { field: 'resources.ARN', startsWith: [this.#arn('lambda', `function:${names.prefix}-`)] },
        ],
      },
    ];
  }

  /** Whoever switches off the trail or a key is told about before the next file is written. */
  #alarm(): void {
    const { names, data } = this.props;
    const operations = [
      'StopLogging',
      'DeleteTrail',
      'UpdateTrail',
      'PutEventSelectors',
      'ScheduleKeyDeletion',
      'DisableKey',
      'PutKeyPolicy',
      'DeleteRecoveryPoint',
      'DeleteBackupVault',
    ];
    const protection = new MetricFilter(this, 'ProtectionChanges', {
      logGroup: this.logGroup,
      metricNamespace: names.metricNamespace,
      metricName: 'ProtectionChanges',
      filterPattern: {
        logPatternString: `{ ${operations.map((operation) => `($.eventName = "${operation}")`).join(' || ')} }`,
      },
      metricValue: '1',
    });
    alarmAtTopic(this, 'ProtectionChanged', data.alarmTopic, {
      alarmDescription:
        'Somebody changed, or tried to change, the trail, a key or a backup. The saved query key-and-policy-changes says who. A deployment can do it too.',
      metric: protection.metric({ statistic: 'Sum', period: Duration.minutes(5) }),
      threshold: 1,
    });
  }

  #arn(service: string, resource: string): string {
    return `arn:${Aws.PARTITION}:${service}:${Aws.REGION}:${Aws.ACCOUNT_ID}:${resource}`;
  }
}
