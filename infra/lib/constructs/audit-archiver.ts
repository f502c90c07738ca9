import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { EventSourceMapping, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Names } from '../names.js';
import { dataRemoval } from '../data-removal.js';
import type { Settings } from '../settings.js';
import { PhiFunction } from './phi-function.js';
import { alarmAtTopic } from './topic-alarm.js';

interface AuditArchiverProps {
  names: Names;
  settings: Settings;
  table: Table;
  archive: Bucket;
  key: IKey;
  alarmTopic: ITopic;
}

/**
 * Copies each audit event into the archive within seconds, and raises an alarm when one was changed or removed: IAM cannot
 * forbid that a PutItem writes over, so 'append only' is a condition in the code and this watch on it
 * (45 CFR 164.312(c)(2), 164.308(a)(1)(ii)(D)).
 */
export class AuditArchiver extends Construct {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: AuditArchiverProps,
  ) {
    super(scope, id);
    const { names, settings, table, archive, key } = props;
    const undelivered = new Queue(this, 'Undelivered', {
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: key,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: dataRemoval(settings),
    });
    const streamArn = table.tableStreamArn;
    if (streamArn === undefined) throw new Error('The audit table has no stream');
    const archiver = new PhiFunction(this, 'Archiver', {
      settings,
      source: 'audit-archiver',
      description: 'Copies audit events into the locked archive',
      logGroupName: `${names.logGroupPrefix}audit-archiver`,
      logKey: key,
      roleName: names.roles.auditArchiver,
      environment: { ARCHIVE_BUCKET: archive.bucketName },
      timeout: Duration.minutes(1),
      memoryMegabytes: 512,
      permissions: this.#permissions(streamArn, undelivered),
    });
    new EventSourceMapping(this, 'Stream', {
      target: archiver.function,
      eventSourceArn: streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 500,
      maxBatchingWindow: Duration.seconds(10),
      bisectBatchOnError: true,
      // The stream keeps a day. Until then it is tried again: an outage of S3 must not leave a hole.
      maxRecordAge: Duration.hours(23),
      onFailure: { bind: () => ({ destination: undelivered.queueArn }) },
    });
    this.#alarms(archiver, undelivered);
  }

  /** The table's key needs no statement: its policy admits the role through DynamoDB. */
  #permissions(streamArn: string, undelivered: Queue): PolicyStatement[] {
    const { names, table, archive, key } = this.props;
    const { events, checkpoints, changes } = names.archivePrefixes;
    return [
      new PolicyStatement({
        sid: 'Stream',
        actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
        resources: [streamArn],
      }),
      new PolicyStatement({
        sid: 'StreamsOfTable',
        actions: ['dynamodb:ListStreams'],
        resources: [`${table.tableArn}/stream/*`],
      }),
      new PolicyStatement({
        sid: 'Archive',
        actions: ['s3:PutObject'],
        resources: [events, checkpoints, changes].map((prefix) => archive.arnForObjects(`${prefix}*`)),
      }),
      new PolicyStatement({ sid: 'ArchiveKey', actions: ['kms:GenerateDataKey'], resources: [key.keyArn] }),
      new PolicyStatement({
        sid: 'Undelivered',
        actions: ['sqs:SendMessage'],
        resources: [undelivered.queueArn],
      }),
    ];
  }

  #alarms({ function: archiver, logGroup }: PhiFunction, undelivered: Queue): void {
    const { names, alarmTopic } = this.props;
    const changes = new MetricFilter(this, 'Changes', {
      logGroup,
      metricNamespace: names.metricNamespace,
      metricName: 'AuditTrailChanges',
      filterPattern: FilterPattern.numberValue('$.changes', '>', 0),
      metricValue: '$.changes',
    });
    const minute = { period: Duration.minutes(1) };
    alarmAtTopic(this, 'TrailChanged', alarmTopic, {
      alarmDescription:
        'Rows of the audit table were changed or removed. What they held before lies in the archive under changes/. Treat it as an attack.',
      metric: changes.metric({ statistic: 'Sum', ...minute }),
      threshold: 1,
    });
    alarmAtTopic(this, 'Behind', alarmTopic, {
      alarmDescription:
        'The archive of the audit trail is more than 15 minutes behind; the stream keeps a day.',
      metric: archiver.metric('IteratorAge', { statistic: 'Maximum', ...minute }),
      threshold: Duration.minutes(15).toMilliseconds(),
      evaluationPeriods: 3,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    });
    alarmAtTopic(this, 'EventsUndelivered', alarmTopic, {
      alarmDescription:
        'Audit events could not be archived for a day. The message names their place in the stream.',
      metric: undelivered.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', ...minute }),
      threshold: 1,
    });
  }
}
