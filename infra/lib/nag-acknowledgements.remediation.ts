import type { Acknowledgement } from './nag-acknowledgement.js';

/** Roles that start one document. */
const started = [
  'config-recorder',
  'ebs-encryption',
  'encrypt-volume',
  'key-deletion',
  'key-rotation',
  'point-in-time-recovery',
  'trail-logging',
  'trail-validation',
];
const ec2 = (resource: string) =>
  `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:${resource}]`;
const ofAccount = (service: string, resource: string) =>
  `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:${service}:<AWS::Region>:<AWS::AccountId>:${resource}]`;
const versions = (id: string) => ofAccount('ssm', `automation-definition/phi-<stage>-${id}:*`);

/** Of what the account mends by itself, and of its figures. */
export const remediationAcknowledgements: readonly Acknowledgement[] = [
  {
    owner: 'security',
    reason:
      'EC2 gives volumes, snapshots and instances their ids. The role changes those that bear the tag of this deployment, which it sets itself before, and may set or take away no other tags.',
    at: ['Compliance/Remediation/encrypt-volume/Permissions/Resource'],
    ids: [ec2(':snapshot/*'), ec2('<AWS::AccountId>:instance/*'), ec2('<AWS::AccountId>:volume/*')],
  },
  {
    owner: 'security',
    reason:
      'EC2 gives volumes and snapshots their ids. Deleted is what bears the tag of this deployment alone: a volume only with a day of deletion, a snapshot only if it is marked as plain.',
    at: [
      'Compliance/Remediation/delete-replaced-volume/Permissions/Resource',
      'Compliance/Remediation/ReplacedVolumes/Permissions/Resource',
    ],
    ids: [ec2(':snapshot/*'), ec2('<AWS::AccountId>:volume/*')],
  },
  {
    owner: 'security',
    reason:
      'EC2 knows no resource for what only looks, nor for the settings of EBS, AWS Config none for its recorder, S3 none for the account: region or account are conditions.',
    at: [
      'Compliance/Remediation/config-recorder/Permissions/Resource',
      'Compliance/Remediation/delete-replaced-volume/Permissions/Resource',
      'Compliance/Remediation/ebs-encryption/Permissions/Resource',
      'Compliance/Remediation/encrypt-volume/Permissions/Resource',
      'Compliance/Remediation/public-account/Permissions/Resource',
      'Compliance/Remediation/ReplacedVolumes/Permissions/Resource',
    ],
    ids: ['AwsSolutions-IAM5[Resource::*]'],
  },
  {
    owner: 'security',
    reason:
      'Which bucket is open is not known before. The role reads and writes the block of public access of buckets of this account, and nothing else of them.',
    at: ['Compliance/Remediation/public-bucket/Permissions/Resource'],
    ids: ['AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::*]'],
  },
  {
    owner: 'security',
    reason:
      'KMS gives keys their ids, and the role is for any key of the account that says of itself, by a tag, that it belongs to HIPAA. It administers; it uses none.',
    at: [
      'Compliance/Remediation/key-deletion/Permissions/Resource',
      'Compliance/Remediation/key-rotation/Permissions/Resource',
    ],
    ids: [ofAccount('kms', 'key/*')],
  },
  {
    owner: 'security',
    reason:
      'For any table of the account that says of itself, by a tag, that it belongs to HIPAA: the role turns its backups on and reads no item.',
    at: ['Compliance/Remediation/point-in-time-recovery/Permissions/Resource'],
    ids: [ofAccount('dynamodb', 'table/*')],
  },
  ...started.map((id): Acknowledgement => ({
    owner: 'platform',
    reason: 'Every version of the one document: which one is current is not known when the role is made.',
    at: [`Compliance/Remediation/${id}/StarterPermissions/Resource`],
    ids: [versions(id)],
  })),
  {
    owner: 'platform',
    reason: 'Every version of the one document: which one is current is not known when the role is made.',
    at: ['Compliance/Remediation/ReplacedVolumes/Permissions/Resource'],
    ids: [versions('delete-replaced-volume')],
  },
  {
    owner: 'security',
    reason:
      'AWS Config knows no resources for what reads its judgements, CloudWatch none for metrics; what is written is held to one namespace.',
    at: ['Compliance/Figures/Publisher/Permissions/Resource'],
    ids: ['AwsSolutions-IAM5[Resource::*]'],
  },
  {
    owner: 'platform',
    reason:
      'The next run does all that a failed one did not, and an alarm tells of its errors or its silence, and of a call that never arrived. A new account has no concurrency to reserve, and two runs at once do the same.',
    at: [
      'Compliance/Figures/Publisher/Function/Resource',
      'Compliance/Remediation/ReplacedVolumes/Function/Resource',
    ],
    ids: ['HIPAA.Security-LambdaConcurrency', 'HIPAA.Security-LambdaDLQ'],
  },
  {
    owner: 'security',
    reason:
      'It talks to regional AWS services alone, over TLS, under a role that names what it may, and sees no data of patients.',
    at: [
      'Compliance/Figures/Publisher/Function/Resource',
      'Compliance/Remediation/ReplacedVolumes/Function/Resource',
    ],
    ids: ['HIPAA.Security-LambdaInsideVPC'],
  },
];
