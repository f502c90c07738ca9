import { ROLE_NAME } from './conditions.js';
import { ofSection, type Threat, type Watched, words } from './threat.js';

/** Buckets of logs, answers and the archive. */
export const bucketThreats = ({ names }: Watched): Threat[] => {
  const ours = { path: 'requestParameters.bucketName', like: [`${names.prefix}-*`] };
  return ofSection('s3', [
    {
      id: 'bucket-opened',
      title: 'A bucket lost protection: public access, encryption, versions, policy, or itself',
      severity: 'CRITICAL',
      paragraph: '164.312(a)(1)',
      event: {
        services: ['s3'],
        operations: words(
          'DeleteBucketPolicy DeleteBucketPublicAccessBlock DeleteBucketEncryption DeleteBucketLifecycle DeleteBucketReplication DeleteBucketCors DeleteBucket PutBucketAcl PutBucketCors PutBucketReplication PutBucketOwnershipControls',
        ),
        where: [ours],
      },
      resource: 'requestParameters.bucketName',
      second: { filter: 'buckets' },
      first:
        'Close the bucket (s3api put-public-access-block), then deploy its stack again and read its access log.',
    },
    {
      id: 'bucket-changed',
      title: 'A bucket was changed: policy, public access, encryption, versions, lifecycle, log or lock',
      severity: 'CRITICAL',
      paragraph: '164.312(c)(1)',
      event: {
        services: ['s3'],
        operations: words(
          'PutBucketPolicy PutBucketPublicAccessBlock PutBucketVersioning PutBucketEncryption PutBucketLifecycle* PutBucketLogging PutBucketObjectLockConfiguration',
        ),
        where: [ours],
      },
      resource: 'requestParameters.bucketName',
      byDeployments: true,
      second: { filter: 'bucket-changes' },
      first:
        'Compare the bucket with its template; a lifecycle rule that expires the archive has a day to be taken back.',
    },
    {
      id: 'public-access-block',
      title: 'The block of public access of the account, or a policy of an access point, was changed',
      severity: 'CRITICAL',
      paragraph: '164.312(a)(1)',
      event: {
        services: ['s3'],
        operations: words('PutAccountPublicAccessBlock DeleteAccountPublicAccessBlock PutAccessPointPolicy'),
      },
      second: { filter: 'archive' },
      first: 'Put the block back (s3control put-public-access-block, all four true).',
    },
    {
      id: 'archive-deleted',
      title: 'Somebody removed, or tried to remove, an object of the archive or of logs',
      severity: 'CRITICAL',
      paragraph: '164.312(c)(1)',
      event: {
        services: ['s3'],
        operations: words('DeleteObject DeleteObjects PutObjectRetention PutObjectLegalHold'),
        where: [
          {
            path: 'requestParameters.bucketName',
            like: ['audit-archive', 'log-archive', 'access-logs'].map(
              (bucket) => `${names.prefix}-${bucket}-*`,
            ),
          },
        ],
      },
      resource: 'requestParameters.bucketName',
      second: { filter: 'archive' },
      first:
        'The lock keeps the versions: remove the delete marker, verify the trail (phi audit verify; digests of CloudTrail).',
    },
    {
      id: 'governance-bypassed',
      title: 'Somebody used, or tried to use, the right to bypass the lock of an object',
      severity: 'CRITICAL',
      paragraph: '164.312(c)(1)',
      event: {
        services: ['s3'],
        operations: words('DeleteObject DeleteObjects PutObjectRetention'),
        where: [ours, { path: 'requestParameters.x-amz-bypass-governance-retention', is: ['true'] }],
      },
      resource: 'requestParameters.bucketName',
      second: { filter: 'archive' },
      first:
        'Take s3:BypassGovernanceRetention away from that role; write the events anew from the audit table.',
    },
  ]);
};

/** The tables, and every copy that can be made of them. */
export const tableThreats = ({ names }: Watched): Threat[] => {
  const { task, operator, auditArchiver, backup, auditExpiry } = names.roles;
  const ourTables = { path: 'resources.ARN', like: [`*:table/${names.prefix}-*`] };
  return ofSection('dynamodb', [
    {
      id: 'table-lost-protection',
      title: 'A table or a backup was removed, or recovery to a point in time was changed',
      severity: 'CRITICAL',
      paragraph: '164.308(a)(7)(ii)(A)',
      event: {
        services: ['dynamodb'],
        operations: words('DeleteTable UpdateContinuousBackups DeleteBackup DeleteResourcePolicy'),
      },
      resource: 'requestParameters.tableName',
      second: { filter: 'tables' },
      first:
        'Restore to the last minute (dynamodb restore-table-to-point-in-time), or from the vault; switch recovery on again.',
    },
    {
      id: 'table-changed',
      title: 'A table was changed: key, deletion protection, stream, expiry, policy or replicas',
      severity: 'CRITICAL',
      paragraph: '164.312(a)(2)(iv)',
      event: { services: ['dynamodb'], operations: words('UpdateTable UpdateTimeToLive PutResourcePolicy') },
      resource: 'requestParameters.tableName',
      byDeployments: true,
      second: { filter: 'tables' },
      first:
        'Compare the table with the data stack (dynamodb describe-table); an expiry removes rows within days.',
    },
    {
      id: 'table-copied',
      title: 'A table was copied: export, restore, import, replica or stream to Kinesis',
      severity: 'CRITICAL',
      paragraph: '164.312(a)(1)',
      event: {
        services: ['dynamodb'],
        operations: words(
          'ExportTableToPointInTime RestoreTableToPointInTime RestoreTableFromBackup ImportTable CreateGlobalTable EnableKinesisStreamingDestination UpdateKinesisStreamingDestination',
        ),
      },
      resource: 'requestParameters.tableArn',
      second: { filter: 'tables' },
      first:
        'Find the copy and who reaches it. The records in it are ciphertext; with a copy of the key store too they are not.',
    },
    {
      id: 'table-backed-up',
      title: 'A backup of a table was made by hand',
      severity: 'HIGH',
      paragraph: '164.310(d)(2)(iv)',
      event: { services: ['dynamodb'], operations: ['CreateBackup'] },
      resource: 'requestParameters.tableName',
      first: 'Of the key store: remove it, it keeps erased patients readable. Of the others: ask why.',
    },
    {
      id: 'table-scanned',
      title: 'A table was read as a whole, or by statements',
      severity: 'CRITICAL',
      paragraph: '164.308(a)(1)(ii)(D)',
      event: {
        services: ['dynamodb'],
        operations: words('Scan ExecuteStatement BatchExecuteStatement ExecuteTransaction'),
        // `phi keys` walks the key store under the operator's role, and that alone.
        where: [ourTables, { path: ROLE_NAME, unlike: [operator] }],
      },
      reads: true,
      resource: 'requestParameters.tableName',
      second: { filter: 'table-scans' },
      first: 'End the session (iam revoke-sessions), then run the saved query mass-reads for the day.',
    },
    {
      id: 'table-used-past-service',
      title: 'Items of a table were read or written by somebody who is not the service',
      severity: 'CRITICAL',
      paragraph: '164.312(a)(1)',
      event: {
        services: ['dynamodb'],
        operations: words(
          'GetItem BatchGetItem Query TransactGetItems PutItem UpdateItem DeleteItem BatchWriteItem TransactWriteItems',
        ),
        where: [
          ourTables,
          {
            path: ROLE_NAME,
            unlike: [task, operator, auditArchiver, backup, auditExpiry],
          },
        ],
      },
      reads: true,
      resource: 'requestParameters.tableName',
      second: { filter: 'table-strangers' },
      first: 'End the session, compare the rows with the trail (phi audit verify).',
    },
  ]);
};

/** What AWS Backup keeps. */
export const backupThreats = (_: Watched): Threat[] =>
  ofSection('backup', [
    {
      id: 'backups-removed',
      title: 'A recovery point, a vault, its lock or its policy was removed or changed',
      severity: 'CRITICAL',
      paragraph: '164.308(a)(7)(ii)(A)',
      event: {
        services: ['backup'],
        operations: words(
          'DeleteRecoveryPoint DeleteBackupVault PutBackupVaultAccessPolicy DeleteBackupVaultLockConfiguration',
        ),
      },
      resource: 'requestParameters.backupVaultName',
      second: { filter: 'backups' },
      first: 'Make a backup now (backup start-backup-job), then ask who did it.',
    },
    {
      id: 'backup-copied',
      title: 'A backup was copied to another vault',
      severity: 'HIGH',
      paragraph: '164.310(d)(1)',
      event: { services: ['backup'], operations: ['StartCopyJob'] },
      resource: 'requestParameters.destinationBackupVaultArn',
      first: 'Look at the account of the destination: another account than ours is a way out.',
    },
  ]);
