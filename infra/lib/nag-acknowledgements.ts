import type { Acknowledgement } from './nag-acknowledgement.js';
import { complianceAcknowledgements } from './nag-acknowledgements.compliance.js';
import { remediationAcknowledgements } from './nag-acknowledgements.remediation.js';
import { threatAcknowledgements } from './nag-acknowledgements.threats.js';

/** Sorted by stack. Ids of findings that several rules share stand together. */
export const acknowledgements: readonly Acknowledgement[] = [
  {
    owner: 'privacy',
    reason:
      'A backup of the key store keeps destroyed patient keys alive and with them what was erased; point-in-time recovery of 1 to 35 days is its only copy, by design.',
    at: ['Data/Tables/KeyStore/Resource'],
    ids: ['HIPAA.Security-DynamoDBInBackupPlan'],
  },
  {
    owner: 'security',
    reason:
      'S3 log delivery and load balancers write to no bucket under a customer key. The logs hold addresses, opaque ids and times; S3 encrypts them under its own key.',
    at: ['Data/AccessLogs/Bucket/Resource'],
    ids: ['HIPAA.Security-S3DefaultEncryptionKMS'],
  },
  {
    owner: 'platform',
    reason:
      'One region by design: S3 keeps three zones, versions cannot be overwritten, and the source of the archive (the audit table) is backed up in a locked vault.',
    at: ['Data/AuditArchive/Bucket/Resource'],
    ids: ['HIPAA.Security-S3BucketReplicationEnabled'],
  },
  {
    owner: 'platform',
    reason:
      'Access logs serve investigations in this region; losing them with the region loses no record and no audit event.',
    at: ['Data/AccessLogs/Bucket/Resource'],
    ids: ['HIPAA.Security-S3BucketReplicationEnabled'],
  },
  {
    owner: 'platform',
    reason:
      'Lambda runs one instance for each shard of the stream, which is its limit; what could not be processed goes to the queue Undelivered, which raises an alarm.',
    at: ['Data/AuditArchiver/Archiver/Function/Resource'],
    ids: ['HIPAA.Security-LambdaConcurrency', 'HIPAA.Security-LambdaDLQ'],
  },
  {
    owner: 'platform',
    reason:
      'CloudFormation alone calls it, once a deployment, and fails the deployment if no answer comes; a new account has no concurrency to reserve.',
    at: ['Data/Parameters/SecureParameter/Function/Resource'],
    ids: ['HIPAA.Security-LambdaConcurrency', 'HIPAA.Security-LambdaDLQ'],
  },
  {
    owner: 'security',
    reason:
      'It talks to regional AWS services alone, over TLS, under a role that names its resources; the network belongs to a stack that depends on this one.',
    at: [
      'Data/AuditArchiver/Archiver/Function/Resource',
      'Data/Parameters/SecureParameter/Function/Resource',
    ],
    ids: ['HIPAA.Security-LambdaInsideVPC'],
  },
  {
    owner: 'security',
    reason:
      'It computes a list from a list and talks to nobody. Cognito calls it, waits for it and issues no token if it fails, so that there is nothing to queue; its calls are as many as sign-ins.',
    at: ['Data/Users/TokenScopes/Function/Resource'],
    ids: ['HIPAA.Security-LambdaConcurrency', 'HIPAA.Security-LambdaDLQ', 'HIPAA.Security-LambdaInsideVPC'],
  },
  {
    owner: 'security',
    reason:
      'Object names are not known before; the role may write new objects in its three folders of one bucket and read none.',
    at: ['Data/AuditArchiver/Archiver/Permissions/Resource'],
    ids: [
      'AwsSolutions-IAM5[Resource::<AuditArchiveBucketDB93AD31.Arn>/changes/*]',
      'AwsSolutions-IAM5[Resource::<AuditArchiveBucketDB93AD31.Arn>/checkpoints/*]',
      'AwsSolutions-IAM5[Resource::<AuditArchiveBucketDB93AD31.Arn>/events/*]',
    ],
  },
  {
    owner: 'security',
    reason: "The streams of one table: Lambda asks for their list before it knows the current one's name.",
    at: ['Data/AuditArchiver/Archiver/Permissions/Resource'],
    ids: ['AwsSolutions-IAM5[Resource::<TablesAuditCEFF9E0F.Arn>/stream/*]'],
  },
  {
    owner: 'platform',
    reason: 'It is itself where undelivered events go; an alarm fires on its first message.',
    at: ['Data/AuditArchiver/Undelivered/Resource'],
    ids: ['AwsSolutions-SQS3'],
  },
  {
    owner: 'platform',
    reason:
      'AWS keeps this policy in step with what Backup does; the selection limits it to two tables, the key policy to this role.',
    at: ['Data/Backups/Role/Resource'],
    ids: [
      'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup]',
    ],
  },
  {
    owner: 'security',
    reason: 'Threat protection costs for each user; it is on in prod, and dev holds no real patients.',
    at: ['Data/Users/Pool/Resource'],
    ids: ['AwsSolutions-COG8'],
  },
  {
    owner: 'security',
    reason:
      'Nothing is ever in the default group: each interface of ours has a group of its own. Closing it would take a function that may change security groups.',
    at: ['Api/Network/Vpc/Resource'],
    ids: ['HIPAA.Security-VPCDefaultSecurityGroupClosed'],
  },
  {
    owner: 'security',
    reason:
      'Without a domain, which the settings permit in dev alone, there is no certificate that API Gateway would take: the hop from the VPC link to the load balancer, inside the network and without patients, is plain. With a domain it is TLS.',
    at: ['Api/LoadBalancer/Balancer/Listener/Resource'],
    ids: ['HIPAA.Security-ALBHttpToHttpsRedirection', 'HIPAA.Security-ELBv2ACMCertificateRequired'],
  },
  {
    owner: 'platform',
    reason: 'Dev is made to be removed in one command; in prod the load balancer refuses to be deleted.',
    at: ['Api/LoadBalancer/Balancer/Resource'],
    ids: ['HIPAA.Security-ELBDeletionProtectionEnabled'],
  },
  {
    owner: 'privacy',
    reason: 'A cache of the gateway would hold PHI: answers say no-store and are kept nowhere.',
    at: ['Api/RestApi/Stage/Resource'],
    ids: ['HIPAA.Security-APIGWCacheEnabledAndEncrypted'],
  },
  {
    owner: 'security',
    reason:
      'A client certificate of the gateway would be looked at by nobody: the load balancer is reached from the security group of the VPC link alone.',
    at: ['Api/RestApi/Stage/Resource'],
    ids: ['HIPAA.Security-APIGWSSLEnabled'],
  },
  {
    owner: 'privacy',
    reason:
      'A trace keeps the whole address of a request, in the words of the caller, and under no key of ours. Latencies are in the access log and in metrics, by route.',
    at: ['Api/RestApi/Stage/Resource'],
    ids: ['HIPAA.Security-APIGWXrayEnabled'],
  },
  {
    owner: 'platform',
    reason:
      'Every operation has a validator, in the imported document, where the rule does not look; a test holds it against openapi.json.',
    at: ['Api/RestApi/Api/Resource'],
    ids: ['AwsSolutions-APIG2'],
  },
  {
    owner: 'security',
    reason:
      "API Gateway takes no role with less: it looks for this policy's actions when the account is told of the role. Only API Gateway of this account can assume it.",
    at: ['Api/RestApi/LogRole/Resource'],
    ids: [
      'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]',
    ],
  },
  {
    owner: 'security',
    reason:
      'ecr:GetAuthorizationToken knows no resource; the token alone pulls nothing, the repository is named in the statement beside it.',
    at: ['Api/Service/ExecutionPolicy/Resource'],
    ids: ['AwsSolutions-IAM5[Resource::*]'],
  },
  {
    owner: 'security',
    reason:
      'No variable is a secret: names, numbers and ids. Secrets are read from Parameter Store by the task role.',
    at: ['Api/Service/Task/Resource'],
    ids: ['AwsSolutions-ECS2'],
  },
  {
    owner: 'platform',
    reason:
      'Container Insights cost for each metric; on in prod. In dev the load balancer counts tasks, and has an alarm.',
    at: ['Api/Service/Cluster/Resource'],
    ids: ['AwsSolutions-ECS4'],
  },
  {
    owner: 'security',
    reason:
      'It reads the issuer on the internet, which the network of the service does not reach by design; it sees public keys alone and may write one parameter.',
    at: ['Api/IssuerKeys/Copier/Function/Resource'],
    ids: ['HIPAA.Security-LambdaInsideVPC'],
  },
  {
    owner: 'platform',
    reason:
      'The next run does all that a failed one did not, 15 minutes later, and its errors raise an alarm. A new account has no concurrency to reserve, and two runs at once write the same.',
    at: ['Api/IssuerKeys/Copier/Function/Resource'],
    ids: ['HIPAA.Security-LambdaConcurrency', 'HIPAA.Security-LambdaDLQ'],
  },
  {
    owner: 'platform',
    reason:
      'One region by design, as for the audit archive: S3 keeps three zones, and what is evidence, events and trail, lies in the locked archive.',
    at: ['Audit/LogArchive/Bucket/Resource'],
    ids: ['HIPAA.Security-S3BucketReplicationEnabled'],
  },
  {
    owner: 'platform',
    reason: 'Answers of queries, which can be asked again; they are removed after some days on purpose.',
    at: ['Audit/QueryResults/Bucket/Resource'],
    ids: ['HIPAA.Security-S3BucketReplicationEnabled'],
  },
  {
    owner: 'security',
    reason:
      'Firehose names its files by time; the role may write new ones in two folders of one bucket and read none.',
    at: ['Audit/ServiceLogs/DeliveryPermissions/Resource'],
    ids: [
      'AwsSolutions-IAM5[Resource::<LogArchiveBucket6951A440.Arn>/failed/service/*]',
      'AwsSolutions-IAM5[Resource::<LogArchiveBucket6951A440.Arn>/service/*]',
    ],
  },
  {
    owner: 'security',
    reason:
      'Firehose names its files by time; the role may write new ones in two folders of one bucket and read none.',
    at: ['Audit/AccessLogs/DeliveryPermissions/Resource'],
    ids: [
      'AwsSolutions-IAM5[Resource::<LogArchiveBucket6951A440.Arn>/api-access/*]',
      'AwsSolutions-IAM5[Resource::<LogArchiveBucket6951A440.Arn>/failed/api-access/*]',
    ],
  },
  {
    owner: 'privacy',
    reason:
      'Whoever investigates reads the whole archive, whose files are named by time, and writes results whose names Athena chooses. The policy is attached to nobody by itself.',
    at: ['Audit/Queries/Readers/Resource'],
    ids: [
      'AwsSolutions-IAM5[Resource::arn:aws:s3:::phi-<stage>-data:ExportsOutputRefAuditArchiveBucketDB93AD31856013BB/*]',
      'AwsSolutions-IAM5[Resource::<LogArchiveBucket6951A440.Arn>/*]',
      'AwsSolutions-IAM5[Resource::<QueryResultsBucket8914DAAE.Arn>/*]',
    ],
  },
  ...complianceAcknowledgements,
  ...remediationAcknowledgements,
  ...threatAcknowledgements,
];
