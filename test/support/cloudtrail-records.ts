import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** A template below `test/fixtures/cloudtrail`, after AWS's documented examples. */
export type RecordTemplate =
  | 'decrypt'
  | 'decrypt-invalid-ciphertext'
  | 'decrypt-access-denied'
  | 'generate-data-key-without-plaintext'
  | 're-encrypt'
  | 'describe-key'
  | 'decrypt-of-secrets-manager'
  | 'get-object';

/** An event as CloudTrail writes it. */
export type CloudTrailRecord = Record<string, unknown> & { eventID: string; eventTime: string };

export interface RecordValues {
  /** Milliseconds since the epoch; CloudTrail keeps whole seconds. */
  at: number;
  patientId?: string;
  /** Stands in the place of `branch:ACTIVE` and its version, or of the source's. */
  row?: { type: string; version?: string };
  keyArn?: string;
  destinationKeyArn?: string;
  roleName?: string;
  session?: string;
  region?: string;
  eventId?: string;
}

export const serviceRole = 'phi-api-task';
const template = {
  patientId: '5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11',
  keyArn: 'arn:aws:kms:us-east-1:111122223333:key/6d0c0f2e-7a54-4f0e-9d3b-0a1f5a6c7e10',
};

/** @returns the template with the values in their places */
export function cloudTrailRecord(name: RecordTemplate, values: RecordValues): CloudTrailRecord {
  const { at, patientId = template.patientId, keyArn = template.keyArn, region = 'us-east-1' } = values;
  let text = readFileSync(`test/fixtures/cloudtrail/${name}.json`, 'utf8')
    .replaceAll(template.patientId, patientId)
    .replaceAll(template.keyArn, keyArn);
  if (values.roleName !== undefined) text = text.replaceAll(serviceRole, values.roleName);
  if (values.session !== undefined)
    text = text.replaceAll('9f1c2d3e4b5a69788796a5b4c3d2e1f0', values.session);
  const record = JSON.parse(text) as CloudTrailRecord & {
    requestParameters: Record<string, unknown> | null;
    resources: { ARN: string }[];
  };
  const { requestParameters: parameters, resources } = record;
  const { row, destinationKeyArn } = values;
  if (parameters !== null && row !== undefined) {
    const place = name === 're-encrypt' ? 'sourceEncryptionContext' : 'encryptionContext';
    const { version: _, ...context } = parameters[place] as Record<string, string>;
    parameters[place] = { ...context, ...row };
  }
  if (parameters !== null && destinationKeyArn !== undefined) {
    parameters['destinationKeyId'] = destinationKeyArn;
    resources[1] = { ...resources[1], ARN: destinationKeyArn };
  }
  const eventTime = new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
  return { ...record, eventTime, eventID: values.eventId ?? randomUUID(), awsRegion: region };
}

/** The four calls for a new patient's key and its first use, in their order. */
export function creationRecords(values: RecordValues): CloudTrailRecord[] {
  const version = `branch:version:${randomUUID()}`;
  const of = (name: RecordTemplate, type: string, more: { version?: string } = {}) =>
    cloudTrailRecord(name, { ...values, row: { type, ...more } });
  return [
    of('generate-data-key-without-plaintext', version),
    of('re-encrypt', version),
    of('generate-data-key-without-plaintext', 'beacon:ACTIVE'),
    of('decrypt', 'branch:ACTIVE', { version }),
  ];
}

/** @returns a trail file's bytes */
export const trailFile = (records: readonly object[]): Buffer =>
  gzipSync(JSON.stringify({ Records: records }));

/** Where CloudTrail delivers a file that it closed at that time. */
export function trailPath(closedAt: number, region = 'us-east-1', unique = randomUUID().slice(0, 8)): string {
  const time = new Date(closedAt).toISOString();
  const [year, month, day] = time.slice(0, 10).split('-');
  const stamp = `${time.slice(0, 16).replaceAll(/[-:]/g, '')}Z`;
  return `AWSLogs/111122223333/CloudTrail/${region}/${year}/${month}/${day}/111122223333_CloudTrail_${region}_${stamp}_${unique}.json.gz`;
}

/** Writes files below a folder, with the folders that they need. */
export function writeTrail(folder: string, files: Readonly<Record<string, Buffer | string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}
