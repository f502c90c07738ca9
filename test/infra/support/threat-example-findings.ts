import { accountId } from './cloud-trail-records.js';
import { serviceEvent } from './threat-events.js';
import type { Example } from './threat-examples.js';

const archive = `phi-dev-audit-archive-${accountId}-us-east-1`;

/** After the Amazon GuardDuty User Guide, "Processing GuardDuty findings with Amazon EventBridge". */
const guardDuty = (severity: number) =>
  serviceEvent('aws.guardduty', 'GuardDuty Finding', {
    schemaVersion: '2.0',
    accountId,
    region: 'us-east-1',
    id: '16afba5c5c43e07c9e3e5e2e544e95df',
    type: 'UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS',
    resource: { resourceType: 'AccessKey' },
    severity,
    title: 'Credentials of a role "used" from outside',
  });
/** After the Amazon Macie User Guide, "Amazon EventBridge event schema for Macie findings". */
const macie = (type: string) =>
  serviceEvent('aws.macie', 'Macie Finding', {
    schemaVersion: '1.0',
    id: '64b917aa-3843-014c-91d8-937ffexample',
    accountId,
    type,
    title: 'The S3 object contains personal information.',
    severity: { score: 3, description: 'High' },
    resourcesAffected: { s3Bucket: { name: archive, arn: `arn:aws:s3:::${archive}` } },
    classificationDetails: {
      result: {
        sensitiveData: [
          {
            category: 'PERSONAL_INFORMATION',
            detections: [{ type: 'USA_SOCIAL_SECURITY_NUMBER', count: 3 }],
          },
        ],
      },
    },
  });
/** After the AWS Security Hub User Guide, "EventBridge event formats for Security Hub CSPM". */
const hub = (Label: string, ProductName: string) =>
  serviceEvent('aws.securityhub', 'Security Hub Findings - Imported', {
    findings: [
      {
        Id: `arn:aws:securityhub:us-east-1:${accountId}:security-control/KMS.4/finding/0`,
        ProductName,
        GeneratorId: 'security-control/KMS.4',
        Severity: { Label, Normalized: 70 },
        Workflow: { Status: 'NEW' },
        RecordState: 'ACTIVE',
        Resources: [{ Type: 'AwsKmsKey', Id: `arn:aws:kms:us-east-1:${accountId}:key/0` }],
        Title: 'AWS KMS key "rotation" should be enabled',
      },
    ],
  });
/** After the IAM User Guide, "Monitoring IAM Access Analyzer with Amazon EventBridge". */
const analyzer = (status: string) =>
  serviceEvent('aws.access-analyzer', 'Access Analyzer Finding', {
    version: '1.0',
    id: '22222222-dcba-4444-dcba-333333333333',
    status,
    resourceType: 'AWS::S3::Bucket',
    resource: `arn:aws:s3:::${archive}`,
    action: ['s3:GetObject'],
    isPublic: true,
    isDeleted: false,
  });
/** After the AWS Systems Manager User Guide, "Monitoring Automation", event examples. */
const automation = (Status: string, Definition = 'AWS-RestartEC2Instance') =>
  serviceEvent('aws.ssm', 'EC2 Automation Execution Status-change Notification', {
    ExecutionId: '333ba70b-2333-48db-b17e-a5e69c6f4d1c',
    Definition,
    DefinitionVersion: 1,
    Status,
  });
/** After the AWS Certificate Manager User Guide, "Amazon EventBridge support for ACM". */
const certificate = (detailType: string) =>
  serviceEvent('aws.acm', detailType, { DaysToExpiry: 31, CommonName: 'phi.example.org' }, [
    `arn:aws:acm:us-east-1:${accountId}:certificate/0`,
  ]);
/** After the Amazon ECS Developer Guide, "Amazon ECS task state change events". */
const task = (stopCode: string) =>
  serviceEvent('aws.ecs', 'ECS Task State Change', {
    clusterArn: `arn:aws:ecs:us-east-1:${accountId}:cluster/phi-dev`,
    taskArn: `arn:aws:ecs:us-east-1:${accountId}:task/phi-dev/0`,
    lastStatus: 'STOPPED',
    stopCode,
  });

/** Events that services send themselves. */
export const serviceExamples: Record<string, Example> = {
  // One of this deployment is told by the repairs themselves.
  'automation-failed': [automation('TimedOut'), automation('TimedOut', 'phi-dev-encrypt-volume')],
  'guardduty-finding': [guardDuty(4), guardDuty(3.9)],
  'guardduty-finding-high': [guardDuty(7), guardDuty(6.9)],
  'guardduty-finding-critical': [guardDuty(9), guardDuty(8.9)],
  'sensitive-data-found': [macie('SensitiveData:S3Object/Personal'), macie('Policy:IAMUser/S3BucketPublic')],
  'security-hub-finding': [hub('CRITICAL', 'Security Hub'), hub('CRITICAL', 'GuardDuty')],
  'external-access': [analyzer('ACTIVE'), analyzer('RESOLVED')],
  'certificate-expires': [
    certificate('ACM Certificate Approaching Expiration'),
    certificate('ACM Certificate Available'),
  ],
  'task-stopped-by-fault': [task('TaskFailedToStart'), task('ServiceSchedulerInitiated')],
};
