import {
  applyGuardrail,
  assumedRole,
  branchKeyContext,
  cloudTrailRecord,
  type CloudTrailRecord,
  converse,
  dynamoDbCall,
  kmsDecrypt,
  recordsKeyArn,
  uuidOf,
} from './cloud-trail-records.js';
import { administrator, at, engineer, guardrail } from './harmless-trail.js';

const thief = assumedRole('old-ci-role', 'unknown');

export function failedDecryptions(): CloudTrailRecord[] {
  const patientId = uuidOf('patient of failed decryptions');
  const denied = {
    errorCode: 'AccessDenied',
    errorMessage: 'User is not authorized to perform: kms:Decrypt',
  };
  return [
    // What CloudTrail has of a call that was not permitted: no parameters, no resources.
    kmsDecrypt({
      name: 'denied decrypt',
      at: at('12:00:00'),
      who: thief,
      sourceAddress: '203.0.113.66',
      patientId,
      parameters: null,
      resource: undefined,
      ...denied,
    }),
    kmsDecrypt({
      name: 'wrong ciphertext',
      at: at('12:01:00'),
      patientId,
      errorCode: 'InvalidCiphertextException',
    }),
    cloudTrailRecord({
      name: 'denied re-encryption',
      at: at('12:02:00'),
      who: engineer,
      service: 'kms',
      operation: 'ReEncrypt',
      readOnly: true,
      parameters: { sourceEncryptionContext: branchKeyContext(patientId), destinationKeyId: 'alias/mine' },
      resource: { arn: recordsKeyArn, type: 'AWS::KMS::Key' },
      ...denied,
    }),
    kmsDecrypt({ name: 'near: throttled', at: at('12:03:00'), patientId, errorCode: 'ThrottlingException' }),
    kmsDecrypt({
      name: 'near: denied encryption',
      at: at('12:04:00'),
      patientId,
      operation: 'GenerateDataKeyWithoutPlaintext',
      ...denied,
    }),
  ];
}

export function modelCalls(): CloudTrailRecord[] {
  const denied = { errorCode: 'AccessDenied', errorMessage: 'not authorized' };
  return [
    converse({ name: 'model without guardrail', at: at('14:10:00'), who: engineer }),
    converse({ name: 'denied model call', at: at('14:11:00'), ...denied }),
    applyGuardrail({ name: 'denied guardrail', at: at('14:12:00'), who: thief, ...denied }),
    cloudTrailRecord({
      name: 'near: InvokeModel with a guardrail',
      at: at('14:13:00'),
      service: 'bedrock',
      operation: 'InvokeModel',
      readOnly: true,
      parameters: { modelId: 'anthropic.claude-3-haiku-20240307-v1:0', guardrailIdentifier: guardrail },
    }),
    converse({ name: 'near: throttled', at: at('14:14:00'), errorCode: 'ThrottlingException' }),
    cloudTrailRecord({
      name: 'near: models listed',
      at: at('14:15:00'),
      service: 'bedrock',
      operation: 'ListFoundationModels',
      readOnly: true,
    }),
  ];
}

export function tableReads(): CloudTrailRecord[] {
  const scan = { operation: 'Scan', who: engineer };
  return [
    dynamoDbCall({ name: 'scan', at: at('15:20:00'), table: 'phi-dev-records', ...scan }),
    dynamoDbCall({ name: 'scan, next page', at: at('15:20:02'), table: 'phi-dev-records', ...scan }),
    cloudTrailRecord({
      name: 'export',
      at: at('19:00:00'),
      who: thief,
      service: 'dynamodb',
      operation: 'ExportTableToPointInTime',
      readOnly: false,
      parameters: {
        tableArn: 'arn:aws:dynamodb:us-east-1:111122223333:table/phi-dev-audit',
        s3Bucket: 'elsewhere',
      },
    }),
    // Near: wrapped keys without records; somebody else's table; not permitted.
    dynamoDbCall({ name: 'near scan: key store', at: at('15:21:00'), table: 'phi-dev-key-store', ...scan }),
    dynamoDbCall({ name: 'near scan: inventory', at: at('15:22:00'), table: 'inventory-records', ...scan }),
    dynamoDbCall({
      name: 'near scan: denied',
      at: at('15:23:00'),
      table: 'phi-dev-records',
      errorCode: 'AccessDenied',
      ...scan,
    }),
  ];
}

export function decryptsWithoutEvent(): CloudTrailRecord[] {
  const decrypt = (name: string, time: string, who?: Record<string, unknown>) =>
    kmsDecrypt({ name, at: at(time), patientId: uuidOf(`patient of ${name}`), ...(who && { who }) });
  return [
    decrypt('decrypt by a thief', '03:00:00', thief),
    decrypt('decrypt by the service, no event', '03:10:00'),
    decrypt('decrypt long before its event', '03:20:00'),
    decrypt('decrypt beside an event of another patient', '03:30:00'),
    decrypt('near decrypt: event four minutes later', '03:40:00'),
    decrypt('near decrypt: event four minutes before', '03:50:00'),
    decrypt('near decrypt: event after midnight', '2026-11-03T23:59:58'),
    decrypt('near decrypt: event before midnight', '2026-11-02T00:00:01'),
    decrypt('near decrypt: the day before', '2026-11-01T23:00:00'),
  ];
}

/** Every change that is to be found; what is not one is in the routine of the account. */
export function changes(): CloudTrailRecord[] {
  const change = (
    service: string,
    operation: string,
    parameters: Record<string, unknown>,
    details: { errorCode?: string; region?: string; isData?: boolean } = {},
  ) =>
    cloudTrailRecord({
      name: `change ${operation}`,
      at: at('22:00:00'),
      who: administrator,
      service,
      operation,
      readOnly: false,
      parameters,
      ...details,
    });
  return [
    change('kms', 'ScheduleKeyDeletion', { keyId: recordsKeyArn, pendingWindowInDays: 7 }),
    change(
      'kms',
      'PutKeyPolicy',
      { keyId: recordsKeyArn, policyName: 'default' },
      { errorCode: 'AccessDenied' },
    ),
    change('kms', 'CreateGrant', { keyId: recordsKeyArn, operations: ['Decrypt'] }),
    change('iam', 'PutRolePolicy', { roleName: 'phi-dev-task', policyName: 'more' }),
    change('s3', 'PutBucketPolicy', { bucketName: 'phi-dev-audit-archive-111122223333-us-east-1' }),
    change(
      's3',
      'PutObjectRetention',
      { bucketName: 'phi-dev-audit-archive-111122223333-us-east-1' },
      { isData: true },
    ),
    change('dynamodb', 'UpdateContinuousBackups', { tableName: 'phi-dev-records' }),
    change('cloudtrail', 'StopLogging', { name: 'phi-dev-trail' }, { region: 'eu-west-1' }),
    change('logs', 'DeleteLogGroup', { logGroupName: '/phi/dev/service' }),
    change('bedrock', 'UpdateGuardrail', { guardrailIdentifier: guardrail }),
    change('ssm', 'PutParameter', { name: '/phi/dev/index-root', type: 'SecureString' }),
    change('lambda', 'UpdateFunctionConfiguration20150331v2', { functionName: 'phi-dev-audit-archiver' }),
    change('backup', 'DeleteRecoveryPoint', { backupVaultName: 'phi-dev' }),
  ];
}
