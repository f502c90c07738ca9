import { createPublicKey, generateKeyPairSync, hash } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { SecretFileError } from '@app/configuration';
import { type SignedCheckpoint, verifyCheckpoint } from './checkpoint.js';
import { LocalCheckpointSigner } from './local-checkpoint-signer.js';

const folder = mkdtempSync(join(tmpdir(), 'phi-signer-'));
const path = join(folder, 'keys', 'audit-checkpoint-key');
afterAll(() => rmSync(folder, { recursive: true }));

const signed = async (signer: LocalCheckpointSigner, text: string) => {
  const signature = Buffer.from(await signer.sign(text)).toString('base64');
  return { text, signature } as SignedCheckpoint;
};

describe('the signer of this machine', () => {
  it('makes its key once, for its owner alone, and never over one that is there', () => {
    const { keyId, publicKey } = LocalCheckpointSigner.open(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const content = readFileSync(path);
    expect(LocalCheckpointSigner.open(path)).toMatchObject({ keyId, publicKey });
    expect(readFileSync(path)).toEqual(content);
  });

  it('names its key by the digest of the public half', () => {
    const { keyId, publicKey } = LocalCheckpointSigner.open(path);
    const key = createPublicKey(publicKey);
    expect(key.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    const der = key.export({ type: 'spki', format: 'der' });
    expect(keyId).toBe(hash('sha256', der, 'hex').slice(0, 32));
  });

  it('signs so that the public key tells the very text from any other', async () => {
    const signer = LocalCheckpointSigner.open(path);
    const key = createPublicKey(signer.publicKey);
    const checkpoint = await signed(signer, '{"number":1}');
    expect(verifyCheckpoint(checkpoint, key)).toBe(true);
    expect(verifyCheckpoint({ ...checkpoint, text: '{"number":2}' }, key)).toBe(false);
    const other = LocalCheckpointSigner.open(join(folder, 'other-key'));
    expect(verifyCheckpoint(checkpoint, createPublicKey(other.publicKey))).toBe(false);
    expect(verifyCheckpoint(await signed(other, checkpoint.text), key)).toBe(false);
  });

  it.each([
    ['what is no key', () => 'no key'],
    ['a key of another curve', () => pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey)],
    ['a key of another kind', () => pem(generateKeyPairSync('ed25519').privateKey)],
  ])('refuses %s', (_, content) => {
    const file = join(folder, 'wrong-key');
    writeFileSync(file, content(), { mode: 0o600 });
    expect(() => LocalCheckpointSigner.open(file)).toThrow(SecretFileError);
    rmSync(file);
  });

  it('refuses a file that others may read, and a symbolic link', () => {
    const file = join(folder, 'wide-key');
    LocalCheckpointSigner.open(file);
    chmodSync(file, 0o640);
    expect(() => LocalCheckpointSigner.open(file)).toThrow(/audit checkpoint key file has wider permissions/);
    symlinkSync(path, join(folder, 'link'));
    expect(() => LocalCheckpointSigner.open(join(folder, 'link'))).toThrow(SecretFileError);
  });
});

const pem = (key: ReturnType<typeof generateKeyPairSync>['privateKey']) =>
  key.export({ type: 'pkcs8', format: 'pem' }).toString();
