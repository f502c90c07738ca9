import type { Acknowledgement } from './nag-acknowledgement.js';

/** Findings at what looks for attacks. */
export const threatAcknowledgements: readonly Acknowledgement[] = [
  {
    owner: 'platform',
    reason:
      'The next run asks anew: five minutes later, or the same day once more; a run that fails or does not come raises an alarm. A new account has no concurrency to reserve.',
    at: ['Compliance/Threats/Trail/Heartbeat/Function/Resource', 'Audit/Daily/Asker/Function/Resource'],
    ids: ['HIPAA.Security-LambdaConcurrency', 'HIPAA.Security-LambdaDLQ'],
  },
  {
    owner: 'platform',
    reason:
      'CloudFormation alone calls it, once a deployment, and fails the deployment if no answer comes; a new account has no concurrency to reserve.',
    at: ['Compliance/Threats/Services/MacieJobs/Function/Resource'],
    ids: ['HIPAA.Security-LambdaConcurrency', 'HIPAA.Security-LambdaDLQ'],
  },
  {
    owner: 'security',
    reason:
      'It asks APIs of AWS about the account and sees no record; its role names what it may ask. The network of the service would need an endpoint for each of these APIs.',
    at: [
      'Compliance/Threats/Trail/Heartbeat/Function/Resource',
      'Compliance/Threats/Services/MacieJobs/Function/Resource',
      'Audit/Daily/Asker/Function/Resource',
    ],
    ids: ['HIPAA.Security-LambdaInsideVPC'],
  },
  {
    owner: 'security',
    reason:
      'Macie gives a job its id when it is made; the role may make and end jobs, and read none of what they find.',
    at: ['Compliance/Threats/Services/MacieJobs/Permissions/Resource'],
    ids: [
      'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:macie2:<AWS::Region>:<AWS::AccountId>:classification-job/*]',
    ],
  },
  {
    owner: 'privacy',
    reason:
      'The daily questions read the whole archive, whose files are named by time, as an investigator does; the function tells the number of rows and no row.',
    at: ['Audit/Daily/Asker/Permissions/Resource'],
    ids: [
      'AwsSolutions-IAM5[Resource::arn:aws:s3:::phi-<stage>-data:ExportsOutputRefAuditArchiveBucketDB93AD31856013BB/*]',
      'AwsSolutions-IAM5[Resource::<LogArchiveBucket6951A440.Arn>/*]',
      'AwsSolutions-IAM5[Resource::<QueryResultsBucket8914DAAE.Arn>/*]',
    ],
  },
  {
    owner: 'platform',
    reason:
      'It is itself where events go that could not be handed on to the other region; what they tell is counted in the log stream of the trail as well.',
    at: ['Global/Undelivered/Resource'],
    ids: ['AwsSolutions-SQS3'],
  },
];
