import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { volumeTags } from '../../../automation/volume-tags.js';
import type { Names } from '../../../names.js';

type Conditions = Record<string, Record<string, string | readonly string[]>>;

/**
 * What each repair may do. Where AWS gives the ids, tags say what may be touched: volumes, snapshots and instances that a run has claimed for this
 * deployment, keys and tables that say of themselves that they belong to HIPAA.
 */
export class RemediationPermissions {
  readonly #claimed: Conditions;

  constructor(private readonly names: Names) {
    this.#claimed = { StringEquals: { [`aws:ResourceTag/${volumeTags.claimed}`]: names.stage } };
  }

  encryptVolume(approvalTopicArn: string): PolicyStatement[] {
    return [
      this.#look('ec2:DescribeInstances', 'ec2:DescribeSnapshots', 'ec2:DescribeTags', 'ec2:DescribeVolumes'),
      allow('Mark', ['ec2:CreateTags', 'ec2:DeleteTags'], [this.#ec2('volume'), this.#ec2('instance')], {
        'ForAllValues:StringEquals': { 'aws:TagKeys': Object.values(volumeTags) },
        // Without it the condition above holds where no key is named, and that takes every tag away.
        Null: { 'aws:TagKeys': 'false' },
      }),
      allow('CopyTags', ['ec2:CreateTags'], [this.#ec2('volume')], this.#claimed),
      ...this.#copies(['ec2:CreateVolume']),
      allow(
        'Exchange',
        ['ec2:AttachVolume', 'ec2:DetachVolume'],
        [this.#ec2('volume'), this.#ec2('instance')],
        this.#claimed,
      ),
      allow(
        'StopAndStart',
        ['ec2:StartInstances', 'ec2:StopInstances'],
        [this.#ec2('instance')],
        this.#claimed,
      ),
      allow('AskForApproval', ['sns:Publish'], [approvalTopicArn]),
    ];
  }

  deleteReplacedVolume(): PolicyStatement[] {
    const isDue = { Null: { [`aws:ResourceTag/${volumeTags.deleteAfter}`]: 'false' } };
    return [
      this.#look('ec2:DescribeSnapshots', 'ec2:DescribeTags', 'ec2:DescribeVolumes'),
      ...this.#copies([]),
      allow('DeleteVolume', ['ec2:DeleteVolume'], [this.#ec2('volume')], { ...this.#claimed, ...isDue }),
      this.deletePlainSnapshots(),
    ];
  }

  /** Encrypted copies are deleted by nobody here. */
  deletePlainSnapshots(): PolicyStatement {
    return allow('DeletePlainSnapshots', ['ec2:DeleteSnapshot'], [SNAPSHOTS], {
      StringEquals: { ...this.#claimed['StringEquals'], [`aws:ResourceTag/${volumeTags.copy}`]: 'plain' },
    });
  }

  ebsEncryption(): PolicyStatement[] {
    // Settings of a region: there is no resource to name.
    return [
      this.#look('ec2:GetEbsDefaultKmsKeyId', 'ec2:GetEbsEncryptionByDefault'),
      allow('Settings', ['ec2:EnableEbsEncryptionByDefault', 'ec2:ModifyEbsDefaultKmsKeyId'], ['*'], {
        StringEquals: { 'aws:RequestedRegion': Aws.REGION },
      }),
    ];
  }

  /** Any bucket of the account: which one is public is not known before. */
  publicBucket(): PolicyStatement[] {
    return [
      allow(
        'CloseBuckets',
        ['s3:GetBucketPublicAccessBlock', 's3:PutBucketPublicAccessBlock'],
        [`arn:${Aws.PARTITION}:s3:::*`],
        { StringEquals: { 'aws:ResourceAccount': Aws.ACCOUNT_ID } },
      ),
    ];
  }

  publicAccount(): PolicyStatement[] {
    return [
      allow('CloseAccount', ['s3:GetAccountPublicAccessBlock', 's3:PutAccountPublicAccessBlock'], ['*'], {
        StringEquals: { 'aws:ResourceAccount': Aws.ACCOUNT_ID },
      }),
    ];
  }

  trail(actions: string[]): PolicyStatement[] {
    return [allow('Trail', actions, [arn('cloudtrail', `trail/${this.names.trail}`)])];
  }

  configRecorder(): PolicyStatement[] {
    // A region has one recorder of its customer, and IAM knows no resource for these actions.
    return [
      allow(
        'Recorder',
        ['config:DescribeConfigurationRecorderStatus', 'config:StartConfigurationRecorder'],
        ['*'],
        { StringEquals: { 'aws:RequestedRegion': Aws.REGION } },
      ),
    ];
  }

  pointInTimeRecovery(): PolicyStatement[] {
    return [
      allow(
        'PointInTimeRecovery',
        ['dynamodb:DescribeContinuousBackups', 'dynamodb:UpdateContinuousBackups'],
        [arn('dynamodb', 'table/*')],
        HIPAA,
      ),
    ];
  }

  /** Administration; none of it is use of the key. */
  keys(actions: string[]): PolicyStatement[] {
    return [allow('Keys', actions, [arn('kms', 'key/*')], HIPAA)];
  }

  /** Snapshots of claimed volumes, encrypted copies of those; what is made is claimed as it is made. */
  #copies(more: string[]): PolicyStatement[] {
    return [
      allow('SnapshotOf', ['ec2:CreateSnapshot'], [this.#ec2('volume')], this.#claimed),
      allow('CopyOf', ['ec2:CopySnapshot', ...more], [SNAPSHOTS], this.#claimed),
      allow(
        'Make',
        ['ec2:CreateSnapshot', 'ec2:CopySnapshot', ...more],
        [SNAPSHOTS, ...(more.length > 0 ? [this.#ec2('volume')] : [])],
        { StringEquals: { [`aws:RequestTag/${volumeTags.claimed}`]: this.names.stage } },
      ),
      allow(
        'TagWhatIsMade',
        ['ec2:CreateTags'],
        [SNAPSHOTS, ...(more.length > 0 ? [this.#ec2('volume')] : [])],
        {
          StringEquals: {
            'ec2:CreateAction': [
              'CreateSnapshot',
              'CopySnapshot',
              ...more.map((one) => one.slice('ec2:'.length)),
            ],
          },
        },
      ),
    ];
  }

  /** EC2 lets nobody name what is looked at. */
  #look(...actions: string[]): PolicyStatement {
    return allow('Look', actions, ['*'], { StringEquals: { 'aws:RequestedRegion': Aws.REGION } });
  }

  #ec2(kind: 'volume' | 'instance'): string {
    return arn('ec2', `${kind}/*`);
  }
}

/** Snapshots have no account in their ARN. */
const SNAPSHOTS = `arn:${Aws.PARTITION}:ec2:${Aws.REGION}::snapshot/*`;
const HIPAA: Conditions = { StringEquals: { 'aws:ResourceTag/Compliance': 'HIPAA' } };

const arn = (service: string, resource: string): string =>
  `arn:${Aws.PARTITION}:${service}:${Aws.REGION}:${Aws.ACCOUNT_ID}:${resource}`;

const allow = (sid: string, actions: string[], resources: string[], conditions?: Conditions) =>
  new PolicyStatement({ sid, actions, resources, ...(conditions !== undefined && { conditions }) });
