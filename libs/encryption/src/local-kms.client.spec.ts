import { copyFileSync, chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  KMSClient,
  ListKeysCommand,
  ReEncryptCommand,
} from '@aws-sdk/client-kms';
import { LocalKmsClient } from './local-kms.client.js';

const CONTEXT = { 'branch-key-id': 'a', type: 'branch:ACTIVE' };

let folder: string;
let kms: LocalKmsClient;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'phi-local-kms-'));
  kms = LocalKmsClient.open(join(folder, 'root.key'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const seal = (text = 'secret', EncryptionContext: Record<string, string> = CONTEXT) =>
  kms.send(new EncryptCommand({ KeyId: kms.keyArn, Plaintext: Buffer.from(text), EncryptionContext }));
const open = (CiphertextBlob: Uint8Array | undefined, EncryptionContext: Record<string, string> = CONTEXT) =>
  kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext, KeyId: kms.keyArn }));

describe('LocalKmsClient', () => {
  it('is a KMSClient with a key ARN that the SDK accepts', async () => {
    expect(kms).toBeInstanceOf(KMSClient);
    expect(kms.keyArn).toMatch(
      /^arn:aws:kms:local:000000000000:key\/[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/,
    );
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: kms.keyArn }));
    expect(KeyMetadata).toMatchObject({ Arn: kms.keyArn, Enabled: true, KeySpec: 'SYMMETRIC_DEFAULT' });
  });

  it('refuses keys that are not here, and does not read what another root key wrote', async () => {
    const other = LocalKmsClient.open(join(folder, 'other.key'));
    expect(other.keyArn).not.toBe(kms.keyArn);
    const { CiphertextBlob } = await seal();
    const EncryptionContext = CONTEXT;
    await expect(other.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }))).rejects.toMatchObject(
      {
        name: 'InvalidCiphertextException',
      },
    );
    await expect(
      other.send(new DecryptCommand({ CiphertextBlob, EncryptionContext, KeyId: kms.keyArn })),
    ).rejects.toMatchObject({ name: 'IncorrectKeyException' });
    await expect(
      other.send(new EncryptCommand({ KeyId: kms.keyArn, Plaintext: Buffer.from('x') })),
    ).rejects.toMatchObject({ name: 'NotFoundException' });
  });

  it('reads with a copy of the root key file, under the same ARN', async () => {
    copyFileSync(join(folder, 'root.key'), join(folder, 'copy.key'));
    chmodSync(join(folder, 'copy.key'), 0o600);
    const copy = LocalKmsClient.open(join(folder, 'copy.key'));
    const { CiphertextBlob } = await seal();
    expect(copy.keyArn).toBe(kms.keyArn);
    await expect(
      copy.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: CONTEXT })),
    ).resolves.toMatchObject({ KeyId: kms.keyArn });
  });

  it('points its alias to the newest key, and reads what earlier ones wrote', async () => {
    const keys = LocalKmsClient.open(join(folder, 'several.key'));
    const other = LocalKmsClient.open(join(folder, 'several.key'));
    const earlier = keys.keyArn;
    const described = async (client: LocalKmsClient, KeyId: string) =>
      (await client.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.Arn;
    expect(await described(keys, keys.aliasArn)).toBe(earlier);
    const sealed = await keys.send(
      new EncryptCommand({ KeyId: earlier, Plaintext: Buffer.from('secret'), EncryptionContext: CONTEXT }),
    );

    const current = keys.addKey();
    expect([keys.keyArn, keys.keyArns]).toEqual([current, [earlier, current]]);
    expect(await described(keys, 'alias/phi-branch-keys')).toBe(current);
    expect(await described(keys, earlier)).toBe(earlier);
    // Another process sees it when it asks, for the alias or for the key.
    expect(other.keyArn).toBe(earlier);
    expect(await described(other, current)).toBe(current);
    expect(await described(LocalKmsClient.open(join(folder, 'several.key')), keys.aliasArn)).toBe(current);

    const moved = await other.send(
      new ReEncryptCommand({
        CiphertextBlob: sealed.CiphertextBlob,
        SourceKeyId: earlier,
        SourceEncryptionContext: CONTEXT,
        DestinationKeyId: current,
        DestinationEncryptionContext: { other: 'context' },
      }),
    );
    expect(moved).toMatchObject({ SourceKeyId: earlier, KeyId: current });
    const decrypt = (
      CiphertextBlob: Uint8Array | undefined,
      EncryptionContext: Record<string, string>,
      KeyId?: string,
    ) => keys.send(new DecryptCommand({ CiphertextBlob, EncryptionContext, KeyId }));
    expect(await decrypt(sealed.CiphertextBlob, CONTEXT)).toMatchObject({ KeyId: earlier });
    expect(await decrypt(moved.CiphertextBlob, { other: 'context' }, current)).toMatchObject({
      KeyId: current,
    });
    await expect(decrypt(sealed.CiphertextBlob, CONTEXT, current)).rejects.toMatchObject({
      name: 'IncorrectKeyException',
    });
    await expect(decrypt(moved.CiphertextBlob, CONTEXT)).rejects.toMatchObject({
      name: 'InvalidCiphertextException',
    });
  });

  it('refuses operations and options that it does not know, instead of ignoring them', async () => {
    await expect(kms.send(new ListKeysCommand({}))).rejects.toMatchObject({
      name: 'UnsupportedOperationException',
    });
    await expect(
      kms.send(new EncryptCommand({ KeyId: kms.keyArn, Plaintext: Buffer.from('x'), DryRun: true })),
    ).rejects.toMatchObject({ name: 'UnsupportedOperationException' });
  });

  it('counts its calls', async () => {
    const before = { ...kms.calls };
    await open((await seal()).CiphertextBlob);
    expect(kms.calls).toEqual({ ...before, Encrypt: before.Encrypt + 1, Decrypt: before.Decrypt + 1 });
  });
});
