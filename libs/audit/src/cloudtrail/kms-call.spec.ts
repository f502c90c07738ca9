import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  cloudTrailRecord,
  type RecordTemplate,
  type RecordValues,
} from '../../../../test/support/cloudtrail-records.js';
import { readKmsCall, UnreadableRecord } from './kms-call.js';

const at = Date.UTC(2026, 10, 21, 8, 0, 7);
const patientId = '0c7a4a54-57f5-4d0c-8b4e-2f4a1d4be0aa';
const keyArn = 'arn:aws:kms:us-east-1:111122223333:key/6d0c0f2e-7a54-4f0e-9d3b-0a1f5a6c7e10';
const version = 'branch:version:c2f1c1de-3a0d-4f34-9b52-5b8a3cf0a9e7';

const read = (name: RecordTemplate, values: Partial<RecordValues> = {}) =>
  readKmsCall(cloudTrailRecord(name, { at, patientId, ...values }));

describe('a record of CloudTrail', () => {
  it('tells who decrypted whose key', () => {
    expect(read('decrypt', { session: '9f1c' })).toEqual({
      eventId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      at,
      operation: 'Decrypt',
      region: 'us-east-1',
      principal: 'arn:aws:iam::111122223333:role/phi-api-task',
      session: 'arn:aws:sts::111122223333:assumed-role/phi-api-task/9f1c',
      sourceAddress: '10.0.12.34',
      keyArn,
      patientId,
      row: `branch:ACTIVE ${version}`,
    });
  });

  it('tells both keys of ReEncrypt, and the patient of the source', () => {
    const destinationKeyArn = 'arn:aws:kms:us-east-1:999988887777:key/mrk-0011';
    expect(read('re-encrypt', { destinationKeyArn })).toMatchObject({
      keyArn,
      destinationKeyArn,
      patientId,
      row: version,
    });
  });

  it('tells a generated key', () => {
    expect(read('generate-data-key-without-plaintext')).toMatchObject({ patientId, row: version, keyArn });
  });

  // AWS CloudTrail User Guide, record contents: requestParameters may be null when access was denied.
  it('takes the key of a denied call from its message', () => {
    expect(read('decrypt-access-denied')).toMatchObject({
      errorCode: 'AccessDenied',
      keyArn,
      row: 'unknown',
      session: 'arn:aws:sts::111122223333:assumed-role/analyst/jordan',
    });
    expect(read('decrypt-access-denied')).not.toHaveProperty('patientId');
    expect(read('decrypt-invalid-ciphertext')).toMatchObject({
      errorCode: 'InvalidCiphertextException',
      patientId,
    });
  });

  it('takes the service that called in the name of somebody', () => {
    expect(read('decrypt-of-secrets-manager')).toMatchObject({
      sourceAddress: 'secretsmanager.amazonaws.com',
    });
  });

  it.each<RecordTemplate>(['describe-key', 'get-object'])('passes over %s', (name) => {
    expect(read(name)).toBeUndefined();
  });

  it.each([[null], ['text'], [[]], [{}]])('passes over %j', (record) => {
    expect(readKmsCall(record)).toBeUndefined();
  });

  it.each(['eventID', 'eventTime'])('cannot be read without %s', (field) => {
    const record = cloudTrailRecord('decrypt', { at });
    expect(() => readKmsCall({ ...record, [field]: 'x' })).toThrow(UnreadableRecord);
    expect(() => readKmsCall({ ...record, [field]: undefined })).toThrow(UnreadableRecord);
  });

  it('hands on nothing that whoever called KMS could have written there', () => {
    const marked = 'Zyxwquell 536-90-4481';
    const text = readFileSync('test/fixtures/cloudtrail/decrypt.json', 'utf8');
    const { requestParameters, ...record } = JSON.parse(text) as {
      requestParameters: { encryptionContext: object };
    };
    const encryptionContext = {
      ...requestParameters.encryptionContext,
      'aws-crypto-ec:patient_id': marked,
      type: marked,
      version: marked,
      [marked]: marked,
    };
    const identity = {
      type: marked,
      arn: `arn:aws:sts::1:x ${marked}`,
      userName: marked,
      sessionContext: marked,
    };
    const call = readKmsCall({
      ...record,
      requestParameters: { encryptionContext, keyId: marked },
      userIdentity: identity,
      userAgent: marked,
      sourceIPAddress: marked,
      awsRegion: marked,
      errorCode: marked,
      errorMessage: marked,
      resources: [{ ARN: marked }],
    });
    expect(call).toMatchObject({
      patientId: 'invalid',
      errorCode: 'unknown',
      row: 'unknown',
      session: 'unknown',
    });
    expect(JSON.stringify(call)).not.toContain('Zyxwquell');
    expect(JSON.stringify(call)).not.toContain('536');
  });

  it('does not take another spelling of an id for the id', () => {
    expect(read('decrypt', { patientId: patientId.toUpperCase() })?.patientId).toBe('invalid');
  });
});
