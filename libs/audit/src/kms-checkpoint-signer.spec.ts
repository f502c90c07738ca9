import { createPublicKey } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { KMSClient } from '@aws-sdk/client-kms';
import { AwsRefusal } from '@app/configuration';
import { testCredentials, testRegion } from '../../../test/support/aws/aws-endpoint.js';
import { accessDenied } from '../../../test/support/aws/faults.js';
import { type KmsServer, startKmsServer } from '../../../test/support/aws/kms-server.js';
import { keyIdOf, type SignedCheckpoint, verifyCheckpoint } from './checkpoint.js';
import { KmsCheckpointSigner } from './kms-checkpoint-signer.js';

let kms: KmsServer;
let client: KMSClient;
beforeAll(async () => {
  kms = await startKmsServer();
  const endpoint = kms.endpoint.url;
  client = new KMSClient({ endpoint, region: testRegion, credentials: testCredentials, maxAttempts: 1 });
});
afterEach(() => kms.endpoint.reset());
afterAll(async () => {
  client.destroy();
  await kms.endpoint.close();
});

const newKey = () => kms.keys.create('ECC_NIST_P256', 'signs checkpoints');
const open = (keyArn: string) => KmsCheckpointSigner.open({ client, keyArn });
const refusalOf = async (attempt: Promise<unknown>) => {
  const error: unknown = await attempt.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(AwsRefusal);
  return (error as AwsRefusal).message;
};

describe('the signer in KMS', () => {
  it('signs so that the public key tells the very text from any other', async () => {
    const signer = await open(newKey().arn);
    const text = '{"number":1}';
    const signature = Buffer.from(await signer.sign(text)).toString('base64');
    const checkpoint = { text, signature } as SignedCheckpoint;
    const key = createPublicKey(signer.publicKey);
    expect(verifyCheckpoint(checkpoint, key)).toBe(true);
    expect(verifyCheckpoint({ ...checkpoint, text: '{"number":2}' }, key)).toBe(false);
    expect(signer.keyId).toBe(keyIdOf(signer.publicKey));
  });

  it('signs a text of any length, of which KMS sees the digest', async () => {
    const signer = await open(newKey().arn);
    const text = `{"text":"${'é'.repeat(5000)}"}`;
    const signature = Buffer.from(await signer.sign(text)).toString('base64');
    expect(verifyCheckpoint({ text, signature } as SignedCheckpoint, createPublicKey(signer.publicKey))).toBe(
      true,
    );
    const call = kms.endpoint.calls.at(-1);
    expect(call?.operation).toBe('Sign');
    expect(call?.input).toMatchObject({ MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' });
    expect(Buffer.from(String(call?.input['Message']), 'base64')).toHaveLength(32);
  });

  it('asks for the public key once', async () => {
    const signer = await open(newKey().arn);
    await Promise.all(['a', 'b', 'c'].map((text) => signer.sign(text)));
    expect(kms.endpoint.counts()).toEqual({ GetPublicKey: 1, Sign: 3 });
  });

  it('refuses a signature of another key under its name', async () => {
    const [first, second] = [newKey(), newKey()];
    kms.keys.addAlias('alias/moved', first.id);
    const signer = await open('alias/moved');
    await signer.sign('before');
    kms.keys.moveAlias('alias/moved', second);
    expect(await refusalOf(signer.sign('after'))).toMatch(/KMSInvalidSignatureException/);
  });

  it.each([
    ['of another kind', () => kms.keys.create('SYMMETRIC_DEFAULT', 'wraps').arn, /is of another kind/],
    ['that is not there', () => `${newKey().arn.slice(0, -4)}0000`, /is not there/],
    ['that is disabled', () => Object.assign(newKey(), { state: 'Disabled' }).arn, /is disabled/],
  ])('does not open a key %s, and names it', async (_, keyArn, message) => {
    const arn = keyArn();
    const refusal = await refusalOf(open(arn));
    expect(refusal).toMatch(message);
    expect(refusal).toContain(arn);
  });

  it('names the permission that it is denied', async () => {
    const { arn } = newKey();
    const signer = await open(arn);
    kms.endpoint.faults.inject(accessDenied);
    expect(await refusalOf(open(arn))).toMatch(/kms:GetPublicKey is needed/);
    expect(await refusalOf(signer.sign('text'))).toMatch(/kms:Sign is needed/);
  });
});
