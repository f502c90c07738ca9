import { Aws } from 'aws-cdk-lib';
import { CfnConfigurationRecorder, CfnDeliveryChannel } from 'aws-cdk-lib/aws-config';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { DataResources } from '../../data.stack.js';
import type { Names } from '../../names.js';
import type { Settings } from '../../settings.js';
import { ConfigurationBucket } from '../audit-buckets.js';

/**
 * AWS Config looks at every resource of the account, keeps each state that it was in, and delivers the history to a bucket under our key
 * (45 CFR 164.312(b), 164.308(a)(8)).
 *
 * Under a role of ours, not the service-linked one: that one may be there already, and a template that makes it again fails. AWS's own policy
 * says what the role may look at, which grows with each new service.
 */
export class ConfigRecorder extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { names, settings, data }: { names: Names; settings: Settings; data: DataResources },
  ) {
    super(scope, id);
    const { bucket } = new ConfigurationBucket(this, 'History', {
      names,
      settings,
      key: data.keys.audit,
      accessLogs: data.buckets.accessLogs,
    });
    this.#admitConfig(bucket);
    const role = new Role(this, 'Role', {
      roleName: names.roles.configRecorder,
      assumedBy: new ServicePrincipal('config.amazonaws.com'),
      description: 'AWS Config looks at resources and delivers their history',
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('service-role/AWS_ConfigRole')],
    });
    const delivery = new ManagedPolicy(this, 'Delivery', {
      description: 'AWS Config delivers the history of resources',
      roles: [role],
      statements: [
        new PolicyStatement({
          sid: 'Bucket',
          actions: ['s3:GetBucketAcl', 's3:ListBucket'],
          resources: [bucket.bucketArn],
        }),
        new PolicyStatement({
          sid: 'Histories',
          actions: ['s3:PutObject'],
          resources: [bucket.arnForObjects(`AWSLogs/${Aws.ACCOUNT_ID}/*`)],
        }),
        new PolicyStatement({
          sid: 'HistoryKey',
          actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
          resources: [data.keys.audit.keyArn],
        }),
      ],
    });
    const recorder = new CfnConfigurationRecorder(this, 'Recorder', {
      name: names.prefix,
      roleArn: role.roleArn,
      recordingGroup: {
        allSupported: true,
        includeGlobalResourceTypes: settings.accountConfig.recordsGlobalResources,
      },
      // A day's state would tell of a bucket that was open for an hour, too late or never.
      recordingMode: { recordingFrequency: 'CONTINUOUS' },
    });
    recorder.node.addDependency(delivery);
    // CloudFormation waits with the recorder until there is a channel: neither may depend on the other.
    new CfnDeliveryChannel(this, 'Channel', {
      name: names.prefix,
      s3BucketName: bucket.bucketName,
      s3KmsKeyArn: data.keys.audit.keyArn,
      configSnapshotDeliveryProperties: { deliveryFrequency: 'TwentyFour_Hours' },
    }).node.addDependency(delivery, bucket);
  }

  /** Where the role is not let in, Config tries again in its own name. @see AWS Config Developer Guide, "Permissions for the Amazon S3 Bucket" */
  #admitConfig(bucket: Bucket): void {
    const principals = [new ServicePrincipal('config.amazonaws.com')];
    const ofAccount = { 'aws:SourceAccount': Aws.ACCOUNT_ID };
    bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'ConfigLooksAtBucket',
        principals,
        actions: ['s3:GetBucketAcl', 's3:ListBucket'],
        resources: [bucket.bucketArn],
        conditions: { StringEquals: ofAccount },
      }),
    );
    bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'ConfigDelivers',
        principals,
        actions: ['s3:PutObject'],
        resources: [bucket.arnForObjects(`AWSLogs/${Aws.ACCOUNT_ID}/Config/*`)],
        conditions: { StringEquals: { ...ofAccount, 's3:x-amz-acl': 'bucket-owner-full-control' } },
      }),
    );
  }
}
