import { createHash } from 'node:crypto';

/**
 * Records as CloudTrail writes them, after the examples of AWS:
 * - AWS CloudTrail User Guide, "CloudTrail record contents" and "CloudTrail userIdentity element"
 * - AWS KMS Developer Guide, "Logging AWS KMS API calls with AWS CloudTrail": Decrypt, Decrypt failure, ReEncrypt, PutKeyPolicy
 * - Amazon DynamoDB Developer Guide, "Logging DynamoDB operations by using AWS CloudTrail"
 * - Amazon Bedrock User Guide, "Monitor Amazon Bedrock API calls using CloudTrail"
 */
export interface CloudTrailRecord {
  eventVersion: string;
  userIdentity: Record<string, unknown>;
  eventTime: string;
  eventSource: string;
  eventName: string;
  awsRegion: string;
  sourceIPAddress: string;
  userAgent: string;
  errorCode?: string;
  errorMessage?: string;
  requestParameters: Record<string, unknown> | null;
  responseElements: Record<string, unknown> | null;
  requestID: string;
  eventID: string;
  readOnly: boolean;
  resources?: { ARN: string; accountId: string; type: string }[];
  eventType: string;
  managementEvent: boolean;
  recipientAccountId: string;
  vpcEndpointId?: string;
  eventCategory: 'Management' | 'Data';
  tlsDetails: Record<string, string>;
}

export const accountId = '111122223333';
export const region = 'us-east-1';
export const recordsKeyArn = `arn:aws:kms:${region}:${accountId}:key/5a1f0c9e-2f0b-4d55-9c41-0a6f1a7f1b11`;

/** @returns the same UUID for the same text: a trail that is generated anew is the same trail */
export function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** A role somebody took: a task, an engineer, a thief. */
export const assumedRole = (role: string, session: string): Record<string, unknown> => ({
  type: 'AssumedRole',
  principalId: `AROAEXAMPLE:${session}`,
  arn: `arn:aws:sts::${accountId}:assumed-role/${role}/${session}`,
  accountId,
  accessKeyId: 'ASIAEXAMPLE',
  sessionContext: {
    sessionIssuer: {
      type: 'Role',
      principalId: 'AROAEXAMPLE',
      arn: `arn:aws:iam::${accountId}:role/${role}`,
      accountId,
      userName: role,
    },
    attributes: { creationDate: '2026-11-02T08:00:00Z', mfaAuthenticated: 'false' },
  },
});

export const awsService = (name: string): Record<string, unknown> => ({
  type: 'AWSService',
  invokedBy: name,
});

export const taskRole = assumedRole('phi-dev-task', 'b0a1c2d3e4f5');

/** What a record is about; the rest is the same in all. */
export interface Call {
  /** Tells this call from all others; its event id is made of it. */
  name: string;
  at: Date;
  who?: Record<string, unknown>;
  service: string;
  operation: string;
  parameters?: Record<string, unknown> | null;
  resource?: { arn: string; type: string };
  readOnly: boolean;
  isData?: boolean;
  errorCode?: string;
  errorMessage?: string;
  sourceAddress?: string;
  region?: string;
}

export function cloudTrailRecord(call: Call): CloudTrailRecord {
  const { isData = false, who = taskRole, errorCode, errorMessage, resource } = call;
  return {
    eventVersion: '1.11',
    userIdentity: who,
    // Whole seconds, as CloudTrail writes them.
    eventTime: `${call.at.toISOString().slice(0, 19)}Z`,
    eventSource: `${call.service}.amazonaws.com`,
    eventName: call.operation,
    awsRegion: call.region ?? region,
    sourceIPAddress: call.sourceAddress ?? '10.0.1.20',
    userAgent: 'aws-sdk-js/3.1162.0',
    ...(errorCode === undefined ? {} : { errorCode, errorMessage: errorMessage ?? '' }),
    requestParameters: call.parameters ?? null,
    responseElements: null,
    requestID: uuidOf(`request ${call.name}`),
    eventID: uuidOf(call.name),
    readOnly: call.readOnly,
    ...(resource === undefined ? {} : { resources: [{ ARN: resource.arn, accountId, type: resource.type }] }),
    eventType: 'AwsApiCall',
    managementEvent: !isData,
    recipientAccountId: accountId,
    vpcEndpointId: 'vpce-0123456789abcdef0',
    eventCategory: isData ? 'Data' : 'Management',
    tlsDetails: {
      tlsVersion: 'TLSv1.3',
      cipherSuite: 'TLS_AES_128_GCM_SHA256',
      clientProvidedHostHeader: `${call.service}.${region}.amazonaws.com`,
    },
  };
}

type CallDetails = Pick<Call, 'name' | 'at'> & Partial<Call>;

/** A branch key unwrapped; the context is the key store's, with ours prefixed. */
export const kmsDecrypt = ({ patientId, ...call }: CallDetails & { patientId: string }): CloudTrailRecord =>
  cloudTrailRecord({
    service: 'kms',
    operation: 'Decrypt',
    readOnly: true,
    parameters: {
      keyId: recordsKeyArn,
      encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      encryptionContext: branchKeyContext(patientId),
    },
    resource: { arn: recordsKeyArn, type: 'AWS::KMS::Key' },
    ...call,
  });

export const branchKeyContext = (patientId: string): Record<string, string> => ({
  'branch-key-id': patientId,
  type: 'branch:ACTIVE',
  'create-time': '2026-11-01T00:00:00.000Z',
  tablename: 'phi-dev-key-store',
  'kms-arn': recordsKeyArn,
  'hierarchy-version': '1',
  'aws-crypto-ec:patient_id': patientId,
});

export const dynamoDbCall = ({ table, ...call }: CallDetails & { table: string }): CloudTrailRecord =>
  cloudTrailRecord({
    service: 'dynamodb',
    operation: 'Query',
    readOnly: true,
    isData: true,
    parameters: { tableName: table },
    resource: {
      arn: `arn:aws:dynamodb:${region}:${accountId}:table/${table}`,
      type: 'AWS::DynamoDB::Table',
    },
    ...call,
  });

export const converse = ({ guardrail, ...call }: CallDetails & { guardrail?: string }): CloudTrailRecord =>
  cloudTrailRecord({
    service: 'bedrock',
    operation: 'Converse',
    readOnly: true,
    parameters: {
      modelId: 'us.anthropic.claude-haiku-4-5-20251001-v1:0',
      ...(guardrail === undefined
        ? {}
        : { guardrailConfig: { guardrailIdentifier: guardrail, guardrailVersion: '1', trace: 'disabled' } }),
    },
    ...call,
  });

export const applyGuardrail = (call: CallDetails): CloudTrailRecord =>
  cloudTrailRecord({
    service: 'bedrock',
    operation: 'ApplyGuardrail',
    readOnly: true,
    isData: true,
    parameters: { guardrailIdentifier: 'gr0123456789', guardrailVersion: '1', source: 'INPUT' },
    resource: {
      arn: `arn:aws:bedrock:${region}:${accountId}:guardrail/gr0123456789`,
      type: 'AWS::Bedrock::Guardrail',
    },
    ...call,
  });
