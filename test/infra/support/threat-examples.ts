import { assumedRole, accountId, taskRole } from './cloud-trail-records.js';
import { serviceExamples } from './threat-example-findings.js';
import {
  type BusEvent,
  call,
  type CallDetails,
  delivered,
  deployer,
  root,
  thief,
  user,
  signIn,
} from './threat-events.js';

/** What a rule must take, and what resembles it and is none. */
export type Example = readonly [hit: BusEvent, miss: BusEvent];

const keyId = `arn:aws:kms:us-east-1:${accountId}:key/5a1f0c9e-2f0b-4d55-9c41-0a6f1a7f1b11`;
const archive = `phi-dev-audit-archive-${accountId}-us-east-1`;
const role = (name: string) => assumedRole(name, 'robin');
const event = (...parts: Parameters<typeof call>) => delivered(call(...parts));
const read: CallDetails = { readOnly: true };

/** A call of DynamoDB's data plane. */
const items = (operation: string, who: Record<string, unknown>, table = 'phi-dev-records') =>
  event(
    'dynamodb',
    operation,
    { tableName: table },
    {
      who,
      readOnly: ['Scan', 'Query', 'GetItem', 'ExecuteStatement'].includes(operation),
      isData: true,
      resource: {
        arn: `arn:aws:dynamodb:us-east-1:${accountId}:table/${table}`,
        type: 'AWS::DynamoDB::Table',
      },
    },
  );
const object = (operation: string, bucketName: string, parameters: Record<string, unknown> = {}) =>
  event(
    's3',
    operation,
    { bucketName, key: 'events/2026/11/03/1.gz', ...parameters },
    {
      isData: true,
      resource: { arn: `arn:aws:s3:::${bucketName}/events/2026/11/03/1.gz`, type: 'AWS::S3::Object' },
    },
  );
const assume = (roleName: string) =>
  event(
    'sts',
    'AssumeRole',
    { roleArn: `arn:aws:iam::${accountId}:role/${roleName}`, roleSessionName: 's' },
    read,
  );

/** Of the API, after the developer guides of the services, "Logging ... API calls using AWS CloudTrail". */
const calls: Record<string, Example> = {
  'key-destroyed': [
    event('kms', 'ScheduleKeyDeletion', { keyId, pendingWindowInDays: 7 }),
    event('kms', 'CancelKeyDeletion', { keyId }),
  ],
  'key-moved': [
    event('kms', 'ReplicateKey', { keyId, replicaRegion: 'us-west-2' }),
    event('kms', 'CreateAlias', { keyId }),
  ],
  'key-policy-changed': [
    event('kms', 'PutKeyPolicy', { keyId }),
    event('kms', 'PutKeyPolicy', { keyId }, { who: deployer }),
  ],
  'key-granted': [
    event('kms', 'CreateGrant', { keyId }),
    event('kms', 'CreateGrant', { keyId }, { who: role('phi-dev-backup') }),
  ],
  'key-restored': [event('kms', 'CancelKeyDeletion', { keyId }), event('kms', 'DisableKey', { keyId })],
  'trail-stopped': [
    event('cloudtrail', 'StopLogging', { name: 'phi-dev-trail' }),
    event('cloudtrail', 'StartLogging', {}),
  ],
  'trail-changed': [
    event('cloudtrail', 'PutEventSelectors', {}),
    event('cloudtrail', 'PutEventSelectors', {}, { who: deployer }),
  ],
  'trail-insights-changed': [
    event('cloudtrail', 'PutInsightSelectors', {}),
    event('cloudtrail', 'GetInsightSelectors', {}, read),
  ],
  'trail-created': [
    event('cloudtrail', 'CreateTrail', { name: 'other' }),
    event('cloudtrail', 'CreateChannel', {}),
  ],
  'bucket-opened': [
    event('s3', 'DeleteBucketPublicAccessBlock', { bucketName: archive }),
    event('s3', 'DeleteBucketPublicAccessBlock', { bucketName: 'holiday-pictures' }),
  ],
  'bucket-changed': [
    event('s3', 'PutBucketLifecycle', { bucketName: archive }),
    event('s3', 'PutBucketLifecycle', { bucketName: archive }, { who: deployer }),
  ],
  'public-access-block': [
    event('s3', 'PutAccountPublicAccessBlock', {}),
    event('s3', 'GetAccountPublicAccessBlock', {}, read),
  ],
  'archive-deleted': [
    object('DeleteObject', archive),
    object('DeleteObject', `phi-dev-query-results-${accountId}-us-east-1`),
  ],
  'governance-bypassed': [
    object('DeleteObject', archive, { 'x-amz-bypass-governance-retention': 'true' }),
    object('DeleteObject', archive),
  ],
  'table-lost-protection': [
    event('dynamodb', 'UpdateContinuousBackups', {
      tableName: 'phi-dev-records',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: false },
    }),
    event('dynamodb', 'DescribeContinuousBackups', { tableName: 'phi-dev-records' }, read),
  ],
  'table-changed': [
    event('dynamodb', 'UpdateTable', { tableName: 'phi-dev-records' }, { who: user }),
    event('dynamodb', 'UpdateTable', { tableName: 'phi-dev-records' }, { who: deployer }),
  ],
  'table-copied': [
    event('dynamodb', 'ExportTableToPointInTime', { tableArn: 'arn', s3Bucket: 'elsewhere' }),
    event('dynamodb', 'DescribeExport', {}, read),
  ],
  'table-backed-up': [event('dynamodb', 'CreateBackup', {}), event('dynamodb', 'CreateTable', {})],
  'table-scanned': [
    items('ExecuteStatement', taskRole),
    items('Scan', role('phi-dev-operator'), 'phi-dev-key-store'),
  ],
  'table-used-past-service': [items('GetItem', user), items('GetItem', taskRole)],
  'backups-removed': [event('backup', 'DeleteRecoveryPoint', {}), event('backup', 'StartBackupJob', {})],
  'backup-copied': [event('backup', 'StartCopyJob', {}), event('backup', 'StartBackupJob', {})],
  'config-stopped': [
    event('config', 'StopConfigurationRecorder', {}),
    event('config', 'StartConfigurationRecorder', {}),
  ],
  'config-changed': [
    event('config', 'PutConfigurationRecorder', {}),
    event('config', 'PutConfigurationRecorder', {}, { who: deployer }),
  ],
  'rules-silenced': [
    event('events', 'DisableRule', { name: 'phi-dev-key-destroyed' }),
    event('events', 'EnableRule', {}),
  ],
  'rules-changed': [event('events', 'PutRule', {}), event('events', 'PutRule', {}, { who: deployer })],
  'topics-silenced': [event('sns', 'Unsubscribe', {}), event('sns', 'Subscribe', {})],
  'alarms-silenced': [
    event('monitoring', 'DisableAlarmActions', {}),
    event('monitoring', 'EnableAlarmActions', {}),
  ],
  'logs-removed': [
    event('logs', 'DeleteLogStream', { logGroupName: '/phi/dev/service' }),
    event('logs', 'CreateLogStream', {}),
  ],
  'logs-diverted': [
    event('logs', 'PutSubscriptionFilter', {}),
    event('logs', 'PutSubscriptionFilter', {}, { who: deployer }),
  ],
  'logs-watched-live': [
    event('logs', 'FilterLogEvents', { logGroupName: '/phi/dev/service', unmask: true }, read),
    event('logs', 'FilterLogEvents', { logGroupName: '/phi/dev/service' }, read),
  ],
  'guardduty-weakened': [
    event('guardduty', 'UpdateDetector', { enable: false }),
    event('guardduty', 'CreateDetector', {}),
  ],
  'security-hub-weakened': [
    event('securityhub', 'DisableSecurityHub', {}),
    event('securityhub', 'EnableSecurityHub', {}),
  ],
  'macie-weakened': [event('macie2', 'DisableMacie', {}), event('macie2', 'EnableMacie', {})],
  'root-used': [
    event('iam', 'ListUsers', {}, { who: root, readOnly: true }),
    event('s3', 'ListBuckets', {}, { who: { ...root, invokedBy: 'support.amazonaws.com' }, readOnly: true }),
  ],
  'console-without-mfa': [signIn(user, 'No'), signIn(user, 'Yes')],
  'policy-changed': [
    event('iam', 'AttachRolePolicy', {}),
    event('iam', 'AttachRolePolicy', {}, { who: deployer }),
  ],
  'identity-changed': [
    event('iam', 'CreateAccessKey', { userName: 'Alice' }, { who: user }),
    event('iam', 'DeleteAccessKey', {}),
  ],
  'role-passed': [
    event('ecs', 'RegisterTaskDefinition', { taskRoleArn: `arn:aws:iam::${accountId}:role/phi-dev-task` }),
    event('ecs', 'RegisterTaskDefinition', { taskRoleArn: `arn:aws:iam::${accountId}:role/other-task` }),
  ],
  'break-glass': [assume('phi-dev-operator'), assume('developer')],
  'shell-in-task': [
    event('ecs', 'ExecuteCommand', { task: 'arn', interactive: true }),
    event('ecs', 'StopTask', {}),
  ],
  'service-replaced': [
    event('ecs', 'UpdateService', {}, { who: user }),
    event('ecs', 'UpdateService', {}, { who: deployer }),
  ],
  'image-replaced': [
    event('ecr', 'PutImage', {}),
    event('ecr', 'PutImage', {}, { who: role('phi-ci-release') }),
  ],
  'function-replaced': [
    event('lambda', 'UpdateFunctionCode20150331v2', { functionName: 'phi-dev-compliance-Alerter1' }),
    event('lambda', 'UpdateFunctionCode20150331v2', { functionName: 'thumbnails' }),
  ],
  'firewall-removed': [event('wafv2', 'DisassociateWebACL', {}), event('wafv2', 'AssociateWebACL', {})],
  'gateway-api-changed': [
    event('apigateway', 'UpdateStage', {}),
    event('apigateway', 'UpdateStage', {}, { who: deployer }),
  ],
  'endpoint-changed': [event('ec2', 'ModifyVpcEndpoint', {}), event('ec2', 'CreateVpcEndpoint', {})],
  'security-group-changed': [
    event('ec2', 'AuthorizeSecurityGroupIngress', {}),
    event('ec2', 'DescribeSecurityGroups', {}, read),
  ],
  'network-acl-changed': [
    event('ec2', 'ReplaceNetworkAclEntry', {}),
    event('ec2', 'DescribeNetworkAcls', {}, read),
  ],
  'gateway-changed': [
    event('ec2', 'AttachInternetGateway', {}),
    event('ec2', 'AttachInternetGateway', {}, { who: deployer }),
  ],
  'route-changed': [event('ec2', 'CreateRoute', {}), event('ec2', 'SearchTransitGatewayRoutes', {}, read)],
  'network-changed': [event('ec2', 'CreateVpcPeeringConnection', {}), event('ec2', 'DescribeVpcs', {}, read)],
  'parameter-changed': [
    event('ssm', 'PutParameter', { name: '/phi/dev/index-root', overwrite: true }),
    event('ssm', 'PutParameter', { name: '/phi/dev/index-root' }, { who: role('phi-dev-operator') }),
  ],
  'parameter-read': [
    event('ssm', 'GetParameters', { names: ['/other/x', '/phi/dev/index-root'], withDecryption: true }, read),
    event('ssm', 'GetParameter', { name: '/phi/dev/index-root' }, { readOnly: true, who: taskRole }),
  ],
  'session-started': [
    event('ssm', 'StartSession', { target: 'i-0123' }),
    event('ssm', 'TerminateSession', {}),
  ],
  'guardrail-weakened': [event('bedrock', 'DeleteGuardrail', {}), event('bedrock', 'CreateGuardrail', {})],
  'guardrail-version': [
    event('bedrock', 'CreateGuardrailVersion', {}),
    event('bedrock', 'UpdateGuardrail', {}),
  ],
  'model-logging-changed': [
    event('bedrock', 'PutModelInvocationLoggingConfiguration', {}),
    event('bedrock', 'GetModelInvocationLoggingConfiguration', {}, read),
  ],
  'model-customized': [
    event('bedrock', 'CreateModelCustomizationJob', {}),
    event('bedrock', 'StopModelCustomizationJob', {}),
  ],
  'model-called': [
    event('bedrock', 'InvokeModel', { modelId: 'm' }, { readOnly: true, who: user }),
    event('bedrock', 'InvokeModel', { modelId: 'm' }, { readOnly: true, who: taskRole }),
  ],
  'model-without-guardrail': [
    event(
      'bedrock',
      'InvokeModel',
      { modelId: 'm' },
      { readOnly: true, who: taskRole, errorCode: 'AccessDeniedException' },
    ),
    event(
      'bedrock',
      'InvokeModel',
      { modelId: 'm' },
      { readOnly: true, who: taskRole, errorCode: 'ThrottlingException' },
    ),
  ],
  'volume-encryption-weakened': [
    event('ec2', 'DisableEbsEncryptionByDefault', {}),
    event('ec2', 'EnableEbsEncryptionByDefault', {}),
  ],
  'snapshot-shared': [
    event('ec2', 'ModifySnapshotAttribute', {}),
    event('ec2', 'ResetSnapshotAttribute', {}),
  ],
  'volume-unencrypted': [
    event('ec2', 'CreateVolume', {}, { more: { responseElements: { volumeId: 'vol-1', encrypted: false } } }),
    event('ec2', 'CreateVolume', {}, { more: { responseElements: { volumeId: 'vol-1', encrypted: true } } }),
  ],
  'organization-changed': [
    event('organizations', 'LeaveOrganization', {}, { who: thief }),
    event('organizations', 'DescribeOrganization', {}, read),
  ],
};

export const examples: Record<string, Example> = { ...calls, ...serviceExamples };
