import type { Acknowledgement } from './nag-acknowledgement.js';

/** Of the compliance stack, and of the alerts in the data stack. */
export const complianceAcknowledgements: readonly Acknowledgement[] = [
  {
    owner: 'platform',
    reason: 'It is itself where undelivered alerts go; an alarm fires on its first message.',
    at: ['Data/UndeliveredAlerts/Queue/Resource'],
    ids: ['AwsSolutions-SQS3'],
  },
  {
    owner: 'platform',
    reason:
      'What it could not do goes to the queue of undelivered alerts after two repetitions, by a destination, which is where the rule does not look. A new account has no concurrency to reserve.',
    at: ['Compliance/Alerts/Alerter/Function/Resource'],
    ids: ['HIPAA.Security-LambdaConcurrency', 'HIPAA.Security-LambdaDLQ'],
  },
  {
    owner: 'platform',
    reason:
      'It counts canaries, the next of which comes in five minutes; what it did not take goes to the queue of undelivered alerts by its subscription. A new account has no concurrency to reserve.',
    at: ['Compliance/Canary/Receiver/Function/Resource'],
    ids: ['HIPAA.Security-LambdaConcurrency', 'HIPAA.Security-LambdaDLQ'],
  },
  {
    owner: 'platform',
    reason:
      'AWS Config calls it, repeats what failed and shows it as a failed evaluation; everything is judged again every day. A new account has no concurrency to reserve.',
    at: ['Compliance/Rules/PhiEncryption/Evaluator/Function/Resource'],
    ids: ['HIPAA.Security-LambdaConcurrency', 'HIPAA.Security-LambdaDLQ'],
  },
  {
    owner: 'security',
    reason:
      'It talks to regional AWS services alone, over TLS, under a role that names what it may; alerts must not depend on the network that they may be about.',
    at: [
      'Compliance/Alerts/Alerter/Function/Resource',
      'Compliance/Canary/Receiver/Function/Resource',
      'Compliance/Rules/PhiEncryption/Evaluator/Function/Resource',
    ],
    ids: ['HIPAA.Security-LambdaInsideVPC'],
  },
  {
    owner: 'security',
    reason:
      'config:GetResourceConfigHistory knows no resource. It reads configurations, which hold no data; the function passes on one word of it.',
    at: ['Compliance/Alerts/Alerter/Permissions/Resource'],
    ids: ['AwsSolutions-IAM5[Resource::*]'],
  },
  {
    owner: 'privacy',
    reason:
      'It remembers for days what was told; lost, an alert comes twice. Point-in-time recovery is on, and a backup of years would keep what is to be forgotten.',
    at: ['Compliance/Alerts/Told/Resource'],
    ids: ['HIPAA.Security-DynamoDBInBackupPlan'],
  },
  {
    owner: 'security',
    reason:
      'The rule judges every resource of the account: Config and EC2 know no resources for its actions, which read configurations and write verdicts.',
    at: ['Compliance/Rules/PhiEncryption/Evaluator/Permissions/Resource'],
    ids: ['AwsSolutions-IAM5[Resource::*]'],
  },
  {
    owner: 'security',
    reason:
      'It asks of whichever key a resource lies under whose it is; kms:DescribeKey reads metadata and uses no key.',
    at: ['Compliance/Rules/PhiEncryption/Evaluator/Permissions/Resource'],
    ids: ['AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:kms:<AWS::Region>:<AWS::AccountId>:key/*]'],
  },
  {
    owner: 'security',
    reason:
      "AWS keeps this policy in step with the types that Config records; it reads configurations and is Config's alone.",
    at: ['Compliance/Recorder/Role/Resource'],
    ids: ['AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWS_ConfigRole]'],
  },
  {
    owner: 'security',
    reason:
      'Config names its files by type and time; its role may write new ones below the folder of this account and read none.',
    at: ['Compliance/Recorder/Delivery/Resource'],
    ids: ['AwsSolutions-IAM5[Resource::<RecorderHistoryBucket3D9A4527.Arn>/AWSLogs/<AWS::AccountId>/*]'],
  },
  {
    owner: 'platform',
    reason:
      'One region by design, as for the audit archive: S3 keeps three zones, versions stay, and Config itself keeps the history for seven years.',
    at: ['Compliance/Recorder/History/Bucket/Resource'],
    ids: ['HIPAA.Security-S3BucketReplicationEnabled'],
  },
];
