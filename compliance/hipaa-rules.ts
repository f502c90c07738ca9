import { type ParagraphSet, paragraphSets } from './hipaa-paragraphs.js';

/** What is at stake when a rule is broken; how grave that is depends on the data as well. */
export type Concern = 'exposure' | 'encryption' | 'trail' | 'identity' | 'resilience' | 'upkeep';

/** A rule that AWS Config manages, as this project holds accounts to it. */
export interface HipaaRule {
  /** AWS's: `ENCRYPTED_VOLUMES`. */
  identifier: string;
  concern: Concern;
  /** Of 45 CFR. The first is the one that an alert names. */
  paragraphs: readonly string[];
  parameters: Readonly<Record<string, string>>;
}

/** @returns how rules are named after their identifier: `encrypted-volumes` */
export const ruleNameOf = (identifier: string): string => identifier.toLowerCase().replaceAll('_', '-');

function rules(table: string): HipaaRule[] {
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [identifier = '', concern = '', set = '', ...parameters] = line.trim().split(/\s+/);
      return {
        identifier,
        concern: concern as Concern,
        paragraphs: paragraphSets[set as ParagraphSet],
        parameters: Object.fromEntries(
          parameters.map((parameter) => {
            const [name = '', value = ''] = parameter.split('=');
            return [name, value.replaceAll(',', ', ')];
          }),
        ),
      };
    });
}

/**
 * The managed rules of AWS's conformance pack "Operational Best Practices for HIPAA Security" (CC0), 130 of them, with its parameters.
 * Where it leaves a parameter to whoever deploys, it is absent here too. Concern and paragraphs are ours.
 */
export const packRules: readonly HipaaRule[] = rules(`
  ACCESS_KEYS_ROTATED                                     identity    credentials        maxAccessKeyAge=90
  ACM_CERTIFICATE_EXPIRATION_CHECK                        upkeep      transmission
  ALB_HTTP_TO_HTTPS_REDIRECTION_CHECK                     exposure    transmission
  ALB_WAF_ENABLED                                         exposure    boundary
  API_GW_ASSOCIATED_WITH_WAF                              exposure    boundary
  API_GW_EXECUTION_LOGGING_ENABLED                        trail       monitoring
  API_GW_SSL_ENABLED                                      encryption  transmission
  AURORA_RESOURCES_PROTECTED_BY_BACKUP_PLAN               resilience  backups
  AUTOSCALING_GROUP_ELB_HEALTHCHECK_REQUIRED              resilience  monitoring
  AUTOSCALING_LAUNCH_CONFIG_PUBLIC_IP_DISABLED            exposure    exposure
  AWS_CONFIG_PROCESS_CHECK                                upkeep      riskAnalysis
  BACKUP_PLAN_MIN_FREQUENCY_AND_MIN_RETENTION_CHECK       resilience  backups
  BACKUP_RECOVERY_POINT_ENCRYPTED                         encryption  encryption
  BACKUP_RECOVERY_POINT_MANUAL_DELETION_DISABLED          resilience  backups
  CLOUDTRAIL_S3_DATAEVENTS_ENABLED                        trail       logging
  CLOUDWATCH_ALARM_ACTION_CHECK                           trail       detection          alarmActionRequired=true insufficientDataActionRequired=true okActionRequired=false
  CLOUD_TRAIL_CLOUD_WATCH_LOGS_ENABLED                    trail       logging
  CLOUD_TRAIL_ENABLED                                     trail       logging
  CLOUD_TRAIL_ENCRYPTION_ENABLED                          encryption  encryption
  CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED                 trail       integrity
  CODEBUILD_PROJECT_ENVVAR_AWSCRED_CHECK                  identity    access
  CODEBUILD_PROJECT_SOURCE_REPO_URL_CHECK                 identity    access
  DB_INSTANCE_BACKUP_ENABLED                              resilience  backups
  DMS_REPLICATION_NOT_PUBLIC                              exposure    exposure
  DYNAMODB_AUTOSCALING_ENABLED                            resilience  continuity
  DYNAMODB_IN_BACKUP_PLAN                                 resilience  backups
  DYNAMODB_PITR_ENABLED                                   resilience  backups
  DYNAMODB_THROUGHPUT_LIMIT_CHECK                         resilience  continuity
  EBS_IN_BACKUP_PLAN                                      resilience  backups
  EBS_SNAPSHOT_PUBLIC_RESTORABLE_CHECK                    exposure    exposure
  EC2_EBS_ENCRYPTION_BY_DEFAULT                           encryption  encryption
  EC2_IMDSV2_CHECK                                        identity    access
  EC2_INSTANCE_MANAGED_BY_SSM                             upkeep      inventory
  EC2_INSTANCE_NO_PUBLIC_IP                               exposure    exposure
  EC2_INSTANCE_PROFILE_ATTACHED                           identity    access
  EC2_MANAGEDINSTANCE_ASSOCIATION_COMPLIANCE_STATUS_CHECK upkeep      inventory
  EC2_MANAGEDINSTANCE_PATCH_COMPLIANCE_STATUS_CHECK       upkeep      patches
  EC2_RESOURCES_PROTECTED_BY_BACKUP_PLAN                  resilience  backups
  EC2_STOPPED_INSTANCE                                    upkeep      inventory
  ECS_CONTAINERS_READONLY_ACCESS                          identity    access
  ECS_TASK_DEFINITION_USER_FOR_HOST_MODE_CHECK            identity    access
  EFS_ENCRYPTED_CHECK                                     encryption  encryption
  EFS_IN_BACKUP_PLAN                                      resilience  backups
  ELASTICACHE_REDIS_CLUSTER_AUTOMATIC_BACKUP_CHECK        resilience  backups
  ELASTICSEARCH_ENCRYPTED_AT_REST                         encryption  encryption
  ELASTICSEARCH_IN_VPC_ONLY                               exposure    exposure
  ELASTICSEARCH_LOGS_TO_CLOUDWATCH                        trail       logging
  ELASTICSEARCH_NODE_TO_NODE_ENCRYPTION_CHECK             encryption  transmission
  ELASTIC_BEANSTALK_MANAGED_UPDATES_ENABLED               upkeep      updates
  ELBV2_ACM_CERTIFICATE_REQUIRED                          encryption  transmission
  ELB_ACM_CERTIFICATE_REQUIRED                            encryption  transmission
  ELB_CROSS_ZONE_LOAD_BALANCING_ENABLED                   resilience  continuity
  ELB_DELETION_PROTECTION_ENABLED                         resilience  continuity
  ELB_LOGGING_ENABLED                                     trail       monitoring
  ELB_PREDEFINED_SECURITY_POLICY_SSL_CHECK                encryption  transmission       predefinedPolicyName=ELBSecurityPolicy-TLS-1-2-2017-01
  ELB_TLS_HTTPS_LISTENERS_ONLY                            encryption  transmission
  EMR_KERBEROS_ENABLED                                    identity    privileges
  EMR_MASTER_NO_PUBLIC_IP                                 exposure    exposure
  ENCRYPTED_VOLUMES                                       encryption  encryption
  GUARDDUTY_ENABLED_CENTRALIZED                           trail       detection
  IAM_CUSTOMER_POLICY_BLOCKED_KMS_ACTIONS                 identity    privileges         blockedActionsPatterns=kms:*,kms:Decrypt,kms:ReEncrypt*
  IAM_INLINE_POLICY_BLOCKED_KMS_ACTIONS                   identity    privileges         blockedActionsPatterns=kms:*,kms:Decrypt,kms:ReEncrypt*
  IAM_NO_INLINE_POLICY_CHECK                              identity    privileges
  IAM_PASSWORD_POLICY                                     identity    authentication     MaxPasswordAge=90 MinimumPasswordLength=14 PasswordReusePrevention=24 RequireLowercaseCharacters=true RequireNumbers=true RequireSymbols=true RequireUppercaseCharacters=true
  IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS              identity    privileges
  IAM_POLICY_NO_STATEMENTS_WITH_FULL_ACCESS               identity    privileges
  IAM_ROOT_ACCESS_KEY_CHECK                               identity    rootUser
  IAM_USER_MFA_ENABLED                                    identity    authentication
  IAM_USER_NO_POLICIES_CHECK                              identity    privileges
  IAM_USER_UNUSED_CREDENTIALS_CHECK                       identity    credentials        maxCredentialUsageAge=90
  INCOMING_SSH_DISABLED                                   exposure    ports
  INSTANCES_IN_VPC                                        exposure    exposure
  INTERNET_GATEWAY_AUTHORIZED_VPC_ONLY                    exposure    exposure
  KINESIS_STREAM_ENCRYPTED                                encryption  encryption
  KMS_CMK_NOT_SCHEDULED_FOR_DELETION                      encryption  encryptionKeys
  LAMBDA_FUNCTION_PUBLIC_ACCESS_PROHIBITED                exposure    exposure
  MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS                      identity    authentication
  MULTI_REGION_CLOUD_TRAIL_ENABLED                        trail       logging
  NO_UNRESTRICTED_ROUTE_TO_IGW                            exposure    boundary
  OPENSEARCH_ENCRYPTED_AT_REST                            encryption  encryption
  OPENSEARCH_HTTPS_REQUIRED                               encryption  transmission
  OPENSEARCH_IN_VPC_ONLY                                  exposure    exposure
  OPENSEARCH_LOGS_TO_CLOUDWATCH                           trail       logging
  OPENSEARCH_NODE_TO_NODE_ENCRYPTION_CHECK                encryption  transmission
  RDS_AUTOMATIC_MINOR_VERSION_UPGRADE_ENABLED             upkeep      updates
  RDS_CLUSTER_DELETION_PROTECTION_ENABLED                 resilience  continuity
  RDS_CLUSTER_MULTI_AZ_ENABLED                            resilience  continuity
  RDS_ENHANCED_MONITORING_ENABLED                         trail       monitoring
  RDS_INSTANCE_PUBLIC_ACCESS_CHECK                        exposure    exposure
  RDS_IN_BACKUP_PLAN                                      resilience  backups
  RDS_LOGGING_ENABLED                                     trail       logins
  RDS_MULTI_AZ_SUPPORT                                    resilience  continuity
  RDS_SNAPSHOTS_PUBLIC_PROHIBITED                         exposure    exposure
  RDS_SNAPSHOT_ENCRYPTED                                  encryption  encryption
  RDS_STORAGE_ENCRYPTED                                   encryption  encryption
  REDSHIFT_BACKUP_ENABLED                                 resilience  backups
  REDSHIFT_CLUSTER_CONFIGURATION_CHECK                    encryption  encryption         clusterDbEncrypted=true loggingEnabled=true
  REDSHIFT_CLUSTER_MAINTENANCESETTINGS_CHECK              upkeep      updatesAndBackups  allowVersionUpgrade=true
  REDSHIFT_CLUSTER_PUBLIC_ACCESS_CHECK                    exposure    exposure
  REDSHIFT_REQUIRE_TLS_SSL                                encryption  transmission
  RESTRICTED_INCOMING_TRAFFIC                             exposure    ports              blockedPort1=20 blockedPort2=21 blockedPort3=3389 blockedPort4=3306 blockedPort5=4333
  ROOT_ACCOUNT_HARDWARE_MFA_ENABLED                       identity    rootUser
  ROOT_ACCOUNT_MFA_ENABLED                                identity    rootUser
  S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS_PERIODIC          exposure    exposure           BlockPublicAcls=true BlockPublicPolicy=true IgnorePublicAcls=true RestrictPublicBuckets=true
  S3_BUCKET_ACL_PROHIBITED                                exposure    access
  S3_BUCKET_DEFAULT_LOCK_ENABLED                          resilience  retention
  S3_BUCKET_LOGGING_ENABLED                               trail       logging
  S3_BUCKET_PUBLIC_READ_PROHIBITED                        exposure    exposure
  S3_BUCKET_PUBLIC_WRITE_PROHIBITED                       exposure    exposure
  S3_BUCKET_REPLICATION_ENABLED                           resilience  backups
  S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED                encryption  encryption
  S3_BUCKET_SSL_REQUESTS_ONLY                             encryption  transmission
  S3_BUCKET_VERSIONING_ENABLED                            resilience  versions
  S3_DEFAULT_ENCRYPTION_KMS                               encryption  encryption
  S3_EVENT_NOTIFICATIONS_ENABLED                          trail       monitoring
  S3_VERSION_LIFECYCLE_POLICY_CHECK                       resilience  retention
  SAGEMAKER_ENDPOINT_CONFIGURATION_KMS_KEY_CONFIGURED     encryption  encryption
  SAGEMAKER_NOTEBOOK_INSTANCE_KMS_KEY_CONFIGURED          encryption  encryption
  SAGEMAKER_NOTEBOOK_NO_DIRECT_INTERNET_ACCESS            exposure    exposure
  SECRETSMANAGER_ROTATION_ENABLED_CHECK                   identity    secrets
  SECRETSMANAGER_USING_CMK                                encryption  encryption
  SECURITYHUB_ENABLED                                     trail       detection
  SNS_ENCRYPTED_KMS                                       encryption  encryptionOfAlerts
  SSM_DOCUMENT_NOT_PUBLIC                                 exposure    exposure
  SUBNET_AUTO_ASSIGN_PUBLIC_IP_DISABLED                   exposure    exposure
  VPC_DEFAULT_SECURITY_GROUP_CLOSED                       exposure    boundary
  VPC_FLOW_LOGS_ENABLED                                   trail       logging
  VPC_SG_OPEN_ONLY_TO_AUTHORIZED_PORTS                    exposure    ports
  VPC_VPN_2_TUNNELS_UP                                    resilience  continuity
  WAFV2_LOGGING_ENABLED                                   trail       monitoring
`);

/** What the pack lacks, and a platform of DynamoDB, S3, logs and Athena needs. */
export const additionalRules: readonly HipaaRule[] = rules(`
  ATHENA_WORKGROUP_ENCRYPTED_AT_REST         encryption  encryption
  CLOUDWATCH_LOG_GROUP_ENCRYPTED             encryption  encryption
  CMK_BACKING_KEY_ROTATION_ENABLED           encryption  encryptionKeys
  DYNAMODB_TABLE_DELETION_PROTECTION_ENABLED resilience  continuity
  DYNAMODB_TABLE_ENCRYPTED_KMS               encryption  encryption
  REQUIRED_TAGS                              upkeep      inventory          tag1Key=DataClassification tag2Key=Compliance tag2Value=HIPAA tag3Key=Environment
  S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED   exposure    exposure
`);

/** The rule of our own: `apps/phi-encryption-rule`. */
export const phiEncryptionRule = {
  name: 'phi-encryption',
  concern: 'encryption',
  paragraphs: paragraphSets.encryption,
} as const satisfies Pick<HipaaRule, 'concern' | 'paragraphs'> & { name: string };
