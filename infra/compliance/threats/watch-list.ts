import { NETWORK_CHANGES } from './running.js';
import { ORGANIZATION_CHANGES, POLICY_CHANGES } from './people.js';
import { type Section, words } from './threat.js';

/**
 * What has to be watched, by name, as it was asked for: written down apart from the rules, and held against them. `docs/threat-detection.md`
 * has the comparison.
 */
export interface ListedCalls {
  section: Section;
  service: string;
  operations: readonly string[];
  /** Data events, which the trail must select; or reads, which a rule must ask for. */
  kind?: 'data' | 'read';
}

/** Events that are no calls, and calls that CloudTrail does not record: what watches for them instead. */
export interface ListedOtherwise {
  section: Section | 'metrics' | 'plumbing' | 'CIS 4.0';
  what: string;
  /** Ids of threats and alarms, or where else. */
  by: readonly string[];
  note?: string;
}

const listed = (
  section: Section,
  service: string,
  operations: string | readonly string[],
  kind?: ListedCalls['kind'],
): ListedCalls => ({
  section,
  service,
  operations: typeof operations === 'string' ? words(operations) : operations,
  ...(kind !== undefined && { kind }),
});

export const listedCalls: readonly ListedCalls[] = [
  listed(
    'kms',
    'kms',
    'DisableKey ScheduleKeyDeletion PutKeyPolicy DisableKeyRotation CreateGrant DeleteAlias UpdateAlias DeleteImportedKeyMaterial ReplicateKey UpdatePrimaryRegion CancelKeyDeletion EnableKey DeleteCustomKeyStore',
  ),
  listed(
    'cloudtrail',
    'cloudtrail',
    'StopLogging DeleteTrail UpdateTrail PutEventSelectors PutInsightSelectors CreateTrail RemoveTags',
  ),
  listed(
    's3',
    's3',
    'PutBucketPolicy DeleteBucketPolicy PutBucketAcl PutBucketPublicAccessBlock DeleteBucketPublicAccessBlock PutAccountPublicAccessBlock DeleteAccountPublicAccessBlock PutBucketVersioning PutBucketEncryption DeleteBucketEncryption PutBucketLifecycle PutBucketLifecycleConfiguration DeleteBucketLifecycle PutBucketLogging PutBucketReplication DeleteBucketReplication PutBucketObjectLockConfiguration PutBucketOwnershipControls PutBucketCors DeleteBucketCors PutAccessPointPolicy DeleteBucket',
  ),
  listed('s3', 's3', 'DeleteObject DeleteObjects PutObjectRetention PutObjectLegalHold', 'data'),
  listed(
    'dynamodb',
    'dynamodb',
    'DeleteTable UpdateTable UpdateContinuousBackups DeleteBackup CreateBackup ExportTableToPointInTime RestoreTableToPointInTime RestoreTableFromBackup ImportTable PutResourcePolicy DeleteResourcePolicy CreateGlobalTable EnableKinesisStreamingDestination UpdateTimeToLive UpdateKinesisStreamingDestination',
  ),
  listed('dynamodb', 'dynamodb', 'Scan ExecuteStatement BatchExecuteStatement', 'data'),
  listed(
    'backup',
    'backup',
    'DeleteRecoveryPoint DeleteBackupVault PutBackupVaultAccessPolicy DeleteBackupVaultLockConfiguration StartCopyJob',
  ),
  listed(
    'config',
    'config',
    'StopConfigurationRecorder DeleteConfigurationRecorder PutConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel DeleteConfigRule DeleteConformancePack DeleteRemediationConfiguration',
  ),
  listed('alerting', 'events', 'DisableRule DeleteRule PutRule RemoveTargets'),
  listed('alerting', 'sns', 'DeleteTopic SetTopicAttributes Unsubscribe'),
  listed('alerting', 'monitoring', 'DeleteAlarms DisableAlarmActions PutMetricAlarm DeleteDashboards'),
  listed(
    'alerting',
    'logs',
    'DeleteLogGroup DeleteLogStream DeleteRetentionPolicy PutRetentionPolicy DisassociateKmsKey DeleteMetricFilter PutSubscriptionFilter DeleteDataProtectionPolicy',
  ),
  listed('alerting', 'logs', 'StartLiveTail', 'read'),
  listed('security-services', 'guardduty', 'DeleteDetector UpdateDetector StopMonitoringMembers'),
  listed('security-services', 'securityhub', 'DisableSecurityHub BatchDisableStandards'),
  listed('security-services', 'macie2', 'DisableMacie UpdateMacieSession'),
  listed('identity', 'iam', POLICY_CHANGES),
  listed(
    'identity',
    'iam',
    'UpdateAssumeRolePolicy PutRolePermissionsBoundary DeleteRolePermissionsBoundary CreateAccessKey CreateLoginProfile UpdateLoginProfile DeactivateMFADevice CreateUser CreateRole PutUserPermissionsBoundary',
  ),
  listed('identity', 'sts', 'AssumeRole', 'read'),
  listed('compute', 'ecs', 'ExecuteCommand RegisterTaskDefinition UpdateService'),
  listed('compute', 'ecr', 'PutImage SetRepositoryPolicy PutImageTagMutability'),
  listed('compute', 'lambda', 'UpdateFunctionCode20150331v2'),
  listed('edge', 'apigateway', 'DeleteVpcLink UpdateStage UpdateRestApiPolicy'),
  listed(
    'edge',
    'wafv2',
    'DisassociateWebACL DeleteWebACL PutLoggingConfiguration DeleteLoggingConfiguration',
  ),
  ...Object.values(NETWORK_CHANGES).map((operations) => listed('edge', 'ec2', operations)),
  listed('edge', 'ec2', 'ModifyVpcEndpoint DeleteVpcEndpoints DeleteFlowLogs'),
  listed('parameters', 'ssm', 'PutParameter DeleteParameter ModifyDocumentPermission StartSession'),
  listed('parameters', 'ssm', 'GetParameters', 'read'),
  listed(
    'bedrock',
    'bedrock',
    'DeleteGuardrail UpdateGuardrail CreateGuardrailVersion DeleteModelInvocationLoggingConfiguration PutModelInvocationLoggingConfiguration CreateModelCustomizationJob',
  ),
  listed('bedrock', 'bedrock', 'InvokeModel', 'read'),
  listed(
    'volumes',
    'ec2',
    'DisableEbsEncryptionByDefault ModifyEbsDefaultKmsKeyId ResetEbsDefaultKmsKeyId ModifySnapshotAttribute CreateVolume DisableSnapshotBlockPublicAccess',
  ),
  listed('organizations', 'organizations', ORGANIZATION_CHANGES),
];

export const listedOtherwise: readonly ListedOtherwise[] = [
  { section: 's3', what: 'bypass of governance mode', by: ['governance-bypassed'] },
  { section: 'dynamodb', what: 'replicas by UpdateTable', by: ['table-changed'] },
  {
    section: 'dynamodb',
    what: 'any call by a principal other than the task role',
    by: ['table-used-past-service', 'table-scanned', 'operator-calls'],
    note: 'operators and platform roles by an alarm: their commands make thousands of calls',
  },
  {
    section: 'config',
    what: 'Config Rules Compliance Change to NON_COMPLIANT',
    by: ['the rule of the alerter'],
    note: 'explained by the alerter itself',
  },
  { section: 'config', what: 'remediation failed or timed out', by: ['automation-failed'] },
  { section: 'alerting', what: 'unmasked reads of logs', by: ['logs-watched-live'] },
  {
    section: 'security-services',
    what: 'GuardDuty severity 4 and above',
    by: ['guardduty-finding', 'guardduty-finding-high', 'guardduty-finding-critical'],
  },
  { section: 'security-services', what: 'Macie: sensitive data', by: ['sensitive-data-found'] },
  { section: 'security-services', what: 'Security Hub HIGH and CRITICAL', by: ['security-hub-finding'] },
  { section: 'security-services', what: 'Access Analyzer: access from outside', by: ['external-access'] },
  { section: 'identity', what: 'any use of the root user', by: ['root-used'] },
  { section: 'identity', what: 'sign-in without a second factor', by: ['console-without-mfa'] },
  { section: 'identity', what: 'five failed sign-ins in five minutes', by: ['cis-4.6'] },
  {
    section: 'identity',
    what: 'PassRole to a task',
    by: ['role-passed'],
    note: 'PassRole is a permission and no call: CloudTrail has the call that names the role',
  },
  { section: 'identity', what: 'break-glass AssumeRole', by: ['break-glass'] },
  {
    section: 'bedrock',
    what: 'a model without the guardrail',
    by: ['model-without-guardrail', 'model-called', 'the saved query guardrail-violations'],
    note: 'IAM denies it; what is left is the attempt',
  },
  {
    section: 'plumbing',
    what: 'P3 reads are asked for',
    by: ['break-glass', 'parameter-read', 'model-called'],
  },
  {
    section: 'plumbing',
    what: 'P4 all regions, KMS, events from us-east-1',
    by: ['the trail', 'the forwarding stack'],
  },
  { section: 'plumbing', what: 'P5 each critical rule has a second path', by: ['a test'] },
  { section: 'plumbing', what: 'P6 named fields alone', by: ['a test'] },
  { section: 'plumbing', what: 'P7 heartbeat of the trail', by: ['trail-late', 'heartbeat-missing'] },
  { section: 'metrics', what: 'M1 refused keys, by caller', by: ['key-refusals', 'key-wrong-context'] },
  { section: 'metrics', what: 'M2 mass reads', by: ['mass-read', 'mass-read-found'] },
  {
    section: 'metrics',
    what: 'M3 decrypts without event, and the reverse',
    by: ['decrypt-without-event', 'event-without-table-call'],
  },
  {
    section: 'metrics',
    what: 'M4 break the glass, after hours, own record, VIP',
    by: ['emergency-access', 'after-hours-access', 'the saved query emergency-accesses'],
    note: 'not covered: own record (which patient a member of staff is, the service does not know) and VIP (encrypted with the patient)',
  },
  {
    section: 'metrics',
    what: 'M5 guardrail interventions and errors',
    by: ['guardrail-interventions', 'guardrail-errors', 'guardrail-failures'],
  },
  {
    section: 'metrics',
    what: 'M6 tables: anomaly, scans, errors, throttling, recovery',
    by: [
      'records-reads-unusual',
      'records-scanned',
      'table-user-errors',
      'records-errors',
      'records-throttled',
      'table-lost-protection',
    ],
    note: 'recovery also by the managed rule DYNAMODB_PITR_ENABLED',
  },
  {
    section: 'metrics',
    what: 'M7 401 and 403, 5xx, slow answers',
    by: ['api-forbidden', 'the alarms Unauthorized, ServerErrors, Latency of the api stack'],
  },
  {
    section: 'metrics',
    what: 'M8 audit events not written',
    by: ['audit-failures', 'audit-seal-failures', 'integrity-alarms'],
  },
  {
    section: 'metrics',
    what: 'M9 fewer tasks than wanted',
    by: ['tasks-missing', 'the alarm Tasks of the api stack'],
  },
  {
    section: 'metrics',
    what: 'M10 key pending deletion, certificate expiry',
    by: ['key-destroyed', 'cis-4.7', 'certificate-expires', 'certificate-expiry'],
    note: 'the first also by the managed rule KMS_CMK_NOT_SCHEDULED_FOR_DELETION',
  },
  ...Array.from({ length: 15 }, (_, n) => ({
    section: 'CIS 4.0' as const,
    what: `4.${n + 1}`,
    by: [`cis-4.${n + 1}`],
  })),
  {
    section: 'CIS 4.0',
    what: '4.16 Security Hub is on',
    by: ['the setting compliance.services.securityHub'],
  },
];
