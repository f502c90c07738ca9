import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  ObjectLockMode,
  ObjectLockRetention,
  ObjectOwnership,
  StorageClass,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Names } from '../names.js';
import { dataRemoval } from '../data-removal.js';
import type { Settings } from '../settings.js';

const base = {
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  versioned: true,
} as const;

/** Where access logs of buckets and load balancers go. */
export class AccessLogBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, names: Names, settings: Settings) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      ...base,
      bucketName: names.buckets.accessLogs,
      // Neither S3's log delivery nor a load balancer writes to a bucket under a customer key.
      encryption: BucketEncryption.S3_MANAGED,
      lifecycleRules: [
        {
          id: 'access-logs',
          expiration: Duration.days(settings.accessLogRetentionDays),
          noncurrentVersionExpiration: Duration.days(1),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      removalPolicy: dataRemoval(settings),
    });
    this.#admit('Buckets', 'logging.s3.amazonaws.com', '*', {
      StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
    });
    this.#admit(
      'LoadBalancers',
      'logdelivery.elasticloadbalancing.amazonaws.com',
      `${names.accessLogPrefixes.loadBalancer}/AWSLogs/${Aws.ACCOUNT_ID}/*`,
      {
        ArnLike: {
          'aws:SourceArn': `arn:${Aws.PARTITION}:elasticloadbalancing:${settings.region}:${Aws.ACCOUNT_ID}:loadbalancer/*`,
        },
      },
    );
  }

  /** Who writes logs here is in other stacks; a service is admitted for this account alone. */
  #admit(sid: string, service: string, objects: string, conditions: Record<string, object>): void {
    this.bucket.addToResourcePolicy(
      new PolicyStatement({
        sid,
        principals: [new ServicePrincipal(service)],
        actions: ['s3:PutObject'],
        resources: [this.bucket.arnForObjects(objects)],
        conditions,
      }),
    );
  }
}

/**
 * What nobody can remove before its time: the archive of the audit trail, and the trail of the account. Object Lock with a default
 * retention, every version under the audit key, to Glacier, six years in prod (45 CFR 164.312(c)(1), 164.316(b)(1)(ii), 164.316(b)(2)(i)).
 */
export class AuditArchiveBucket extends Construct {
  readonly bucket: Bucket;

  constructor(
    scope: Construct,
    id: string,
    names: Names,
    { auditArchive }: Settings,
    key: IKey,
    accessLogs: Bucket,
  ) {
    super(scope, id);
    const lockTime = Duration.days(auditArchive.lockDays);
    this.bucket = new Bucket(this, 'Bucket', {
      ...base,
      bucketName: names.buckets.auditArchive,
      encryption: BucketEncryption.KMS,
      encryptionKey: key,
      bucketKeyEnabled: true,
      objectLockEnabled: true,
      objectLockDefaultRetention:
        auditArchive.lockMode === ObjectLockMode.COMPLIANCE
          ? ObjectLockRetention.compliance(lockTime)
          : ObjectLockRetention.governance(lockTime),
      lifecycleRules: [
        {
          id: 'audit-archive',
          transitions: [
            {
              storageClass: StorageClass.GLACIER_INSTANT_RETRIEVAL,
              transitionAfter: Duration.days(auditArchive.glacierAfterDays),
            },
          ],
          expiration: Duration.days(auditArchive.expireAfterDays),
          noncurrentVersionExpiration: Duration.days(auditArchive.expireAfterDays),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: names.accessLogPrefixes.auditArchive,
      // Locked versions cannot be removed with the stack, in dev neither: their time has to pass first.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.#refuseWeakerEncryption(key);
    this.#admitTrail(names);
  }

  /** CloudTrail may write below `cloudtrail/`, for our trail alone: who attaches it is another stack. */
  #admitTrail(names: Names): void {
    const sourceArn = `arn:${Aws.PARTITION}:cloudtrail:${Aws.REGION}:${Aws.ACCOUNT_ID}:trail/${names.trail}`;
    const principals = [new ServicePrincipal('cloudtrail.amazonaws.com')];
    this.bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'TrailLooksAtBucket',
        principals,
        actions: ['s3:GetBucketAcl'],
        resources: [this.bucket.bucketArn],
        conditions: { StringEquals: { 'aws:SourceArn': sourceArn } },
      }),
    );
    this.bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'TrailWrites',
        principals,
        actions: ['s3:PutObject'],
        resources: [this.bucket.arnForObjects(`${names.archivePrefixes.trail}AWSLogs/${Aws.ACCOUNT_ID}/*`)],
        conditions: {
          StringEquals: { 'aws:SourceArn': sourceArn, 's3:x-amz-acl': 'bucket-owner-full-control' },
        },
      }),
    );
  }

  /** A writer who asks for other encryption is refused; one who asks for none gets the bucket's. */
  #refuseWeakerEncryption(key: IKey): void {
    const refuse = (sid: string, header: string, only: string) =>
      this.bucket.addToResourcePolicy(
        new PolicyStatement({
          sid,
          effect: Effect.DENY,
          principals: [new AnyPrincipal()],
          actions: ['s3:PutObject'],
          resources: [this.bucket.arnForObjects('*')],
          conditions: { StringNotEquals: { [header]: only }, Null: { [header]: 'false' } },
        }),
      );
    refuse('RefuseOtherEncryption', 's3:x-amz-server-side-encryption', 'aws:kms');
    refuse('RefuseOtherKeys', 's3:x-amz-server-side-encryption-aws-kms-key-id', key.keyArn);
  }
}
