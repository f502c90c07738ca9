import { Aws, Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import { CfnLogStream, CfnSubscriptionFilter, type LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Names } from '../names.js';
import type { EncryptedLogGroup } from './log-group.js';
import { alarmAtTopic } from './topic-alarm.js';

interface LogDeliveryProps {
  names: Names;
  /** Whose lines are kept. */
  source: EncryptedLogGroup;
  /** Folder in the bucket; also the last part of the stream's name. */
  folder: string;
  bucket: Bucket;
  key: IKey;
  /** Where Firehose says what it could not deliver. */
  errors: LogGroup;
  alarmTopic: ITopic;
}

/** Lines of a log group as gzipped files in S3, a folder a day, each line as it was logged. */
export class LogDelivery extends Construct {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: LogDeliveryProps,
  ) {
    super(scope, id);
    const { names, folder } = props;
    const errorStream = new CfnLogStream(this, 'Errors', {
      logGroupName: props.errors.logGroupName,
      logStreamName: folder,
    });
    const [role, permissions] = this.#deliveryRole();
    const stream = new CfnDeliveryStream(this, 'Stream', {
      deliveryStreamName: `${names.prefix}-${folder}`,
      deliveryStreamType: 'DirectPut',
      deliveryStreamEncryptionConfigurationInput: {
        keyType: 'CUSTOMER_MANAGED_CMK',
        keyArn: props.key.keyArn,
      },
      extendedS3DestinationConfiguration: {
        bucketArn: props.bucket.bucketArn,
        roleArn: role.roleArn,
        prefix: `${folder}/!{timestamp:yyyy/MM/dd}/`,
        // Beside the folders that tables read.
        errorOutputPrefix: `failed/${folder}/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/`,
        compressionFormat: 'GZIP',
        bufferingHints: { intervalInSeconds: 300, sizeInMBs: 64 },
        encryptionConfiguration: { kmsEncryptionConfig: { awskmsKeyArn: props.key.keyArn } },
        cloudWatchLoggingOptions: {
          enabled: true,
          logGroupName: props.errors.logGroupName,
          logStreamName: errorStream.ref,
        },
        processingConfiguration: { enabled: true, processors },
      },
    });
    stream.node.addDependency(permissions);
    this.#subscribe(stream);
    this.#alarm(stream);
  }

  #deliveryRole(): [Role, ManagedPolicy] {
    const { bucket, key, folder, errors } = this.props;
    const role = new Role(this, 'DeliveryRole', {
      assumedBy: new ServicePrincipal('firehose.amazonaws.com', {
        // Firehose names the account that its stream is in: nobody else's stream takes this role.
        conditions: { StringEquals: { 'sts:ExternalId': Aws.ACCOUNT_ID } },
      }),
      description: `Firehose delivers ${folder} logs`,
    });
    const permissions = new ManagedPolicy(this, 'DeliveryPermissions', {
      description: `Firehose delivers ${folder} logs`,
      roles: [role],
      statements: [
        new PolicyStatement({
          sid: 'Bucket',
          actions: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
          resources: [bucket.bucketArn],
        }),
        new PolicyStatement({
          sid: 'Files',
          actions: ['s3:AbortMultipartUpload', 's3:PutObject'],
          resources: [bucket.arnForObjects(`${folder}/*`), bucket.arnForObjects(`failed/${folder}/*`)],
        }),
        new PolicyStatement({
          sid: 'Key',
          actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
          resources: [key.keyArn],
          conditions: { StringEquals: { 'kms:ViaService': `s3.${Aws.REGION}.amazonaws.com` } },
        }),
        new PolicyStatement({
          sid: 'Errors',
          actions: ['logs:PutLogEvents'],
          resources: [`${errors.logGroupArn.replace(/:\*$/, '')}:log-stream:${folder}`],
        }),
      ],
    });
    return [role, permissions];
  }

  #subscribe(stream: CfnDeliveryStream): void {
    const { folder, source } = this.props;
    const { logGroupName } = source.logGroup;
    const role = new Role(this, 'SubscriptionRole', {
      assumedBy: new ServicePrincipal('logs.amazonaws.com', {
        conditions: {
          StringLike: {
            'aws:SourceArn': `arn:${Aws.PARTITION}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:*`,
          },
        },
      }),
      description: `CloudWatch Logs sends ${folder} logs to Firehose`,
    });
    const permissions = new ManagedPolicy(this, 'SubscriptionPermissions', {
      description: `CloudWatch Logs sends ${folder} logs to Firehose`,
      roles: [role],
      statements: [
        new PolicyStatement({
          sid: 'Stream',
          actions: ['firehose:PutRecord', 'firehose:PutRecordBatch'],
          resources: [stream.attrArn],
        }),
      ],
    });
    const subscription = new CfnSubscriptionFilter(this, 'Subscription', {
      logGroupName,
      filterName: `${this.props.names.prefix}-archive`,
      filterPattern: '',
      destinationArn: stream.attrArn,
      roleArn: role.roleArn,
    });
    // CloudWatch Logs sends a test record when the filter is made.
    subscription.node.addDependency(permissions);
  }

  #alarm(stream: CfnDeliveryStream): void {
    const { folder, alarmTopic } = this.props;
    const age = new Metric({
      namespace: 'AWS/Firehose',
      metricName: 'DeliveryToS3.DataFreshness',
      dimensionsMap: { DeliveryStreamName: stream.ref },
      statistic: 'Maximum',
      period: Duration.minutes(5),
    });
    alarmAtTopic(this, 'Behind', alarmTopic, {
      alarmDescription: `Logs of ${folder} wait for more than half an hour; Firehose drops them after a day.`,
      metric: age,
      threshold: Duration.minutes(30).toSeconds(),
      evaluationPeriods: 3,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    });
  }
}

/**
 * CloudWatch Logs sends gzipped envelopes of many lines: they are opened, and the lines taken out as they were.
 * @see Amazon Data Firehose Developer Guide, "Send CloudWatch Logs to Firehose", decompression and message extraction
 */
const processors: CfnDeliveryStream.ProcessorProperty[] = [
  { type: 'Decompression', parameters: [{ parameterName: 'CompressionFormat', parameterValue: 'GZIP' }] },
  {
    type: 'CloudWatchLogProcessing',
    parameters: [{ parameterName: 'DataMessageExtraction', parameterValue: 'true' }],
  },
];
