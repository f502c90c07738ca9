import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  type BucketProps,
  BucketEncryption,
  type CfnBucket,
  type IBucket,
  type LifecycleRule,
  ObjectOwnership,
  StorageClass,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Names } from '../names.js';
import { dataRemoval } from '../data-removal.js';
import type { Settings } from '../settings.js';

interface AuditBucketProps {
  names: Names;
  settings: Settings;
  key: IKey;
  accessLogs: IBucket;
}

/** What the buckets of the audit and compliance stacks have in common. */
function auditBucket(
  scope: Construct,
  { settings, key, accessLogs }: AuditBucketProps,
  props: BucketProps,
): Bucket {
  const bucket = new Bucket(scope, 'Bucket', {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    versioned: true,
    encryption: BucketEncryption.KMS,
    encryptionKey: key,
    bucketKeyEnabled: true,
    removalPolicy: dataRemoval(settings),
    ...props,
  });
  // Not by `serverAccessLogsBucket`, which would ask for a policy that the target already has: it admits every bucket of the account.
  (bucket.node.defaultChild as CfnBucket).loggingConfiguration = {
    destinationBucketName: accessLogs.bucketName,
    logFilePrefix: `${scope.node.id}/`,
  };
  return bucket;
}

const abandoned = { abortIncompleteMultipartUploadAfter: Duration.days(1) } satisfies LifecycleRule;

/**
 * Logs of the gateway and of the service, kept as long as the trail. No Object Lock: that Firehose sends the checksum which a lock asks
 * of each writer is documented nowhere, and the evidence, events and trail, lies in the locked archive.
 */
export class LogArchiveBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: AuditBucketProps) {
    super(scope, id);
    const { glacierAfterDays, expireAfterDays } = props.settings.auditArchive;
    this.bucket = auditBucket(this, props, {
      bucketName: props.names.buckets.logArchive,
      lifecycleRules: [
        {
          id: 'log-archive',
          transitions: [
            {
              storageClass: StorageClass.GLACIER_INSTANT_RETRIEVAL,
              transitionAfter: Duration.days(glacierAfterDays),
            },
          ],
          expiration: Duration.days(expireAfterDays),
          noncurrentVersionExpiration: Duration.days(expireAfterDays),
          ...abandoned,
        },
      ],
    });
  }
}

/** Answers of the saved queries. They name patients by their ids, and are gone after some days. */
export class QueryResultBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: AuditBucketProps) {
    super(scope, id);
    const expiration = Duration.days(props.settings.audit.queryResultDays);
    this.bucket = auditBucket(this, props, {
      bucketName: props.names.buckets.queryResults,
      lifecycleRules: [
        { id: 'query-results', expiration, noncurrentVersionExpiration: Duration.days(1), ...abandoned },
      ],
    });
  }
}

/** What AWS Config delivers: every state of every resource, and a snapshot a day. It is read by investigators and by no function. */
export class ConfigurationBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: AuditBucketProps) {
    super(scope, id);
    const expiration = Duration.days(props.settings.accountConfig.historyRetentionDays);
    this.bucket = auditBucket(this, props, {
      bucketName: props.names.buckets.configuration,
      lifecycleRules: [
        {
          id: 'configuration-history',
          expiration,
          noncurrentVersionExpiration: Duration.days(30),
          ...abandoned,
        },
      ],
    });
  }
}
