import type { AuditEventType, StoredAuditEvent } from '@app/audit';
import {
  applyGuardrail,
  assumedRole,
  awsService,
  cloudTrailRecord,
  converse,
  dynamoDbCall,
  kmsDecrypt,
  recordsKeyArn,
  uuidOf,
} from './cloud-trail-records.js';
import { type AuditEventLine, emptyTrail, type Trail } from './trail-files.js';

export const firstDay = '2026/11/02';
export const lastDay = '2026/11/03';

/** @param time of the first day unless it begins with another date */
export const at = (time: string): Date => new Date(time.includes('T') ? `${time}Z` : `2026-11-02T${time}Z`);
export const later = (time: Date, seconds: number): Date => new Date(time.getTime() + seconds * 1000);

export const engineer = assumedRole('platform-engineer', 'morgan');
export const administrator = assumedRole('key-administrator', 'robin');
export const guardrail = 'gr0123456789';

type EventDetails = Partial<StoredAuditEvent> & { subject?: string; purposeOfUse?: string };

/** An event as the service writes it; its id is made of `name`. */
export function auditEvent(
  name: string,
  time: Date,
  type: AuditEventType,
  { subject = 'clinician-1', purposeOfUse = 'TREAT', ...details }: EventDetails,
): StoredAuditEvent {
  return {
    id: uuidOf(name),
    recordedAt: time.toISOString(),
    type,
    outcome: '0',
    origin: {
      agent: {
        issuer: 'https://issuer.example.org',
        subject,
        clientId: 'ehr',
        scopes: ['user/Patient.rs', 'user/Observation.rs'],
      },
      networkAddress: '198.51.100.20',
      requestId: uuidOf(`request ${name}`),
      purposeOfUse,
    },
    ...details,
  };
}

/** Events of one boot of an instance, numbered without gaps. */
export function chainOf(instance: string, events: readonly StoredAuditEvent[]): AuditEventLine[] {
  const chain = `CHAIN#${uuidOf(instance)}#${uuidOf(`boot of ${instance}`)}`;
  return events.map((event, index) => ({ chain, sequence: index + 1, event }));
}

export const apiAccessLine = (time: Date, address: string, status: number): Record<string, string> => ({
  requestId: uuidOf(`${time.toISOString()} ${address} ${status}`),
  requestTimeEpoch: String(time.getTime()),
  sourceIp: address,
  httpMethod: 'GET',
  resourcePath: '/v1/patients/{patientId}',
  status: String(status),
  responseType: status === 401 ? 'UNAUTHORIZED' : '-',
  wafStatus: '200',
  subject: '-',
  responseLength: '512',
  responseLatency: '21',
  integrationLatency: '18',
});

const clinicians = 12;
const patientsOfEach = 8;

/**
 * Two days of a ward: every clinician reads his patients and their records, writes notes, and the service unwraps keys, calls
 * DynamoDB and Bedrock for it. Beside it what an account does all day. Nothing in it is to be reported by any query.
 */
export function harmlessTrail(): Trail {
  const trail = emptyTrail();
  const events: StoredAuditEvent[] = [];
  for (const day of ['2026-11-02', '2026-11-03']) {
    for (let visit = 0; visit < clinicians * patientsOfEach; visit++) {
      const clinician = visit % clinicians;
      const time = later(at(`${day}T08:00:00`), visit * 240 + 7);
      const name = `ward ${day} ${visit}`;
      const patientId = uuidOf(`ward patient ${(clinician * 5 + Math.floor(visit / clinicians)) % 60}`);
      const subject = `clinician-${clinician}`;
      // The key is unwrapped first; CloudTrail's time is the second before.
      trail.cloudTrail.push(kmsDecrypt({ name: `${name} key`, at: later(time, -0.4), patientId }));
      trail.cloudTrail.push(
        dynamoDbCall({ name: `${name} get`, at: time, table: 'phi-dev-records', operation: 'GetItem' }),
        dynamoDbCall({
          name: `${name} write`,
          at: time,
          table: 'phi-dev-audit',
          operation: 'TransactWriteItems',
          readOnly: false,
        }),
      );
      events.push(
        auditEvent(name, time, 'patient-read', {
          subject,
          patientId,
          entities: [{ type: 'Patient', id: patientId, version: 2, messageSha256: 'q83vEjRWeJA=' }],
        }),
        auditEvent(`${name} records`, later(time, 20), 'record-query', { subject, patientId, count: 3 }),
      );
      if (visit % 4 === 0) {
        trail.cloudTrail.push(
          applyGuardrail({ name: `${name} guardrail`, at: later(time, 40) }),
          converse({ name: `${name} model`, at: later(time, 41), guardrail }),
        );
        events.push(
          auditEvent(`${name} note`, later(time, 42), 'record-create', {
            subject,
            patientId,
            entities: [{ type: 'Observation', id: uuidOf(`${name} note of`), version: 1 }],
            screening: { PHONE: 1 },
          }),
        );
      }
      trail.apiAccess.push(apiAccessLine(time, '198.51.100.20', 200));
    }
  }
  trail.events.push(...chainOf('instance-1', events));
  trail.cloudTrail.push(...accountRoutine());
  trail.service.push({
    level: 'info',
    time: at('08:00:07').toISOString(),
    requestId: uuidOf('a request'),
    method: 'GET',
    route: '/v1/patients/:patientId',
    status: 200,
    milliseconds: 4.2,
    message: 'request',
  });
  return trail;
}

/** What an account does by itself and what people may do: readings, key uses without a patient, grants of AWS services. */
function accountRoutine() {
  const call = (name: string, service: string, operation: string, readOnly: boolean) => ({
    name: `routine ${name}`,
    at: at('09:30:00'),
    service,
    operation,
    readOnly,
    who: engineer,
  });
  const key = { arn: recordsKeyArn, type: 'AWS::KMS::Key' };
  return [
    cloudTrailRecord({ ...call('key policy', 'kms', 'GetKeyPolicy', true), resource: key }),
    cloudTrailRecord({ ...call('rotation', 'kms', 'GetKeyRotationStatus', true), resource: key }),
    cloudTrailRecord({ ...call('alias', 'kms', 'DescribeKey', true), resource: key }),
    cloudTrailRecord({
      ...call('new patient', 'kms', 'GenerateDataKeyWithoutPlaintext', true),
      parameters: { keyId: recordsKeyArn, encryptionContext: { tablename: 'phi-dev-key-store' } },
      resource: key,
    }),
    // Parameter Store unwraps a SecureString: a decryption, but no patient's.
    cloudTrailRecord({
      ...call('parameter', 'kms', 'Decrypt', true),
      parameters: {
        encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
        encryptionContext: {
          PARAMETER_ARN: 'arn:aws:ssm:us-east-1:111122223333:parameter/phi/dev/index-root',
        },
      },
    }),
    // DynamoDB's own grant on the key of its table.
    cloudTrailRecord({
      ...call('grant', 'kms', 'CreateGrant', false),
      who: awsService('dynamodb.amazonaws.com'),
      parameters: { keyId: recordsKeyArn, granteePrincipal: 'dynamodb.us-east-1.amazonaws.com' },
    }),
    cloudTrailRecord(call('role', 'sts', 'AssumeRole', true)),
    cloudTrailRecord(call('tables', 'dynamodb', 'DescribeTable', true)),
    cloudTrailRecord(call('trail', 'cloudtrail', 'GetTrailStatus', true)),
    cloudTrailRecord({
      ...call('archive', 's3', 'PutObject', false),
      isData: true,
      parameters: {
        bucketName: 'phi-dev-audit-archive-111122223333-us-east-1',
        key: 'events/2026/11/02/x.ndjson.gz',
      },
    }),
    cloudTrailRecord({
      ...call('setting of another service', 'ssm', 'PutParameter', false),
      parameters: { name: '/billing/dev/rate', type: 'String' },
    }),
    cloudTrailRecord({
      ...call('function', 'lambda', 'Invoke', false),
      isData: true,
      parameters: { functionName: 'phi-dev-jwks' },
    }),
  ];
}
