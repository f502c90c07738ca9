import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  type KMSClient,
  ReEncryptCommand,
} from '@aws-sdk/client-kms';

/** A key service with an alias that can be pointed to another key. */
export interface OpenKms {
  client: KMSClient;
  aliasArn: string;
  /** Makes a key and points the alias to it. @returns its ARN */
  replaceKey(): Promise<string>;
  close(): Promise<void>;
}

type Context = Record<string, string>;

const context: Context = { 'branch-key-id': 'a', type: 'branch:ACTIVE' };

/** What the key store asks of KMS, and how KMS answers it: the shapes and refusals of its API Reference. */
export function kmsContract(open: () => Promise<OpenKms>): void {
  let kms: OpenKms;
  let keyArn: string;

  const described = async (KeyId: string) =>
    (await kms.client.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.Arn ?? '';
  const seal = async (text = 'secret', EncryptionContext = context) => {
    const Plaintext = Buffer.from(text);
    const sealed = await kms.client.send(new EncryptCommand({ KeyId: keyArn, Plaintext, EncryptionContext }));
    return sealed;
  };
  const unseal = (
    CiphertextBlob: Uint8Array | undefined,
    EncryptionContext = context,
    KeyId: string | undefined = keyArn,
  ) => kms.client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext, KeyId }));
  const refusal = (name: string) => ({ name, $fault: 'client' });

  beforeAll(async () => {
    kms = await open();
    keyArn = await described(kms.aliasArn);
  });
  afterAll(() => kms.close());

  it('tells the key behind an alias', async () => {
    expect(keyArn).toMatch(/^arn:aws:kms:[a-z0-9-]+:\d{12}:key\/[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/);
    const { KeyMetadata } = await kms.client.send(new DescribeKeyCommand({ KeyId: keyArn }));
    expect(KeyMetadata).toMatchObject({
      Arn: keyArn,
      KeyId: keyArn.split('/')[1],
      Enabled: true,
      KeyState: 'Enabled',
      KeyUsage: 'ENCRYPT_DECRYPT',
      KeySpec: 'SYMMETRIC_DEFAULT',
      KeyManager: 'CUSTOMER',
      MultiRegion: false,
    });
  });

  it('gives back what it encrypted, by key and by context in any order', async () => {
    const sealed = await seal();
    expect(sealed).toMatchObject({ KeyId: keyArn, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' });
    expect(Buffer.from(sealed.CiphertextBlob ?? []).includes('secret')).toBe(false);
    expect((await seal()).CiphertextBlob).not.toEqual(sealed.CiphertextBlob);
    const reordered = { type: 'branch:ACTIVE', 'branch-key-id': 'a' };
    for (const KeyId of [keyArn, keyArn.split('/')[1]]) {
      const opened = await unseal(sealed.CiphertextBlob, reordered, KeyId);
      expect(Buffer.from(opened.Plaintext ?? []).toString()).toBe('secret');
      expect(opened).toMatchObject({ KeyId: keyArn, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' });
    }
    // The key is found by the ciphertext where none is named.
    const found = await kms.client.send(
      new DecryptCommand({ CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: context }),
    );
    expect(found.KeyId).toBe(keyArn);
  });

  it('makes data keys that nobody sees, and moves them to another context', async () => {
    const generate = () =>
      kms.client.send(
        new GenerateDataKeyWithoutPlaintextCommand({
          KeyId: keyArn,
          NumberOfBytes: 32,
          EncryptionContext: context,
        }),
      );
    const generated = await generate();
    expect(Object.keys(generated).sort()).toEqual(['$metadata', 'CiphertextBlob', 'KeyId']);
    const moved = await kms.client.send(
      new ReEncryptCommand({
        CiphertextBlob: generated.CiphertextBlob,
        SourceEncryptionContext: context,
        DestinationKeyId: keyArn,
        DestinationEncryptionContext: { other: 'context' },
      }),
    );
    expect(moved).toMatchObject({
      SourceKeyId: keyArn,
      KeyId: keyArn,
      SourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      DestinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    });
    const before = await unseal(generated.CiphertextBlob);
    expect(before.Plaintext).toHaveLength(32);
    expect((await unseal(moved.CiphertextBlob, { other: 'context' })).Plaintext).toEqual(before.Plaintext);
    expect((await unseal((await generate()).CiphertextBlob)).Plaintext).not.toEqual(before.Plaintext);
    await expect(unseal(moved.CiphertextBlob)).rejects.toMatchObject(refusal('InvalidCiphertextException'));
  });

  it.each<[string, Context]>([
    ['no context', {}],
    ['a context with one pair more', { ...context, more: 'b' }],
    ['another value', { ...context, 'branch-key-id': 'b' }],
    ['a context whose pairs run together', { 'branch-key-id': 'atype', branch: 'ACTIVE' }],
  ])('refuses %s', async (_, other) => {
    const { CiphertextBlob } = await seal();
    await expect(unseal(CiphertextBlob, other)).rejects.toMatchObject(refusal('InvalidCiphertextException'));
    const DestinationKeyId = keyArn;
    await expect(
      kms.client.send(
        new ReEncryptCommand({ CiphertextBlob, SourceEncryptionContext: other, DestinationKeyId }),
      ),
    ).rejects.toMatchObject(refusal('InvalidCiphertextException'));
  });

  it('refuses every altered byte, and what is no ciphertext', async () => {
    const blob = Buffer.from((await seal()).CiphertextBlob ?? []);
    const altered = Array.from(blob.keys(), (index) => {
      const copy = Buffer.from(blob);
      copy[index] = (copy[index] as number) ^ 1;
      return copy;
    });
    const others = [Buffer.of(0), blob.subarray(0, -1), Buffer.concat([blob, Buffer.of(0)])];
    for (const bytes of [...altered, ...others])
      await expect(unseal(bytes)).rejects.toMatchObject(refusal('InvalidCiphertextException'));
    await expect(unseal(blob)).resolves.toMatchObject({ KeyId: keyArn });
  });

  it('refuses keys that are not here', async () => {
    const KeyId = keyArn.replace(/[0-9a-f]{12}$/, '000000000000');
    const Plaintext = Buffer.from('x');
    const { CiphertextBlob } = await seal();
    for (const command of [
      new DescribeKeyCommand({ KeyId }),
      new EncryptCommand({ KeyId, Plaintext }),
      new GenerateDataKeyWithoutPlaintextCommand({ KeyId, NumberOfBytes: 32 }),
      new ReEncryptCommand({ CiphertextBlob, SourceEncryptionContext: context, DestinationKeyId: KeyId }),
    ])
      await expect(kms.client.send(command as EncryptCommand)).rejects.toMatchObject(
        refusal('NotFoundException'),
      );
  });

  it('refuses options that it does not know, instead of ignoring them', async () => {
    const command = new EncryptCommand({ KeyId: keyArn, Plaintext: Buffer.from('x'), DryRun: true });
    await expect(kms.client.send(command)).rejects.toMatchObject({ $fault: 'client' });
  });

  it('reads what earlier keys wrote after the alias has moved, and only as theirs', async () => {
    const earlier = keyArn;
    const { CiphertextBlob } = await seal();
    const current = await kms.replaceKey();
    expect(current).not.toBe(earlier);
    expect(await described(kms.aliasArn)).toBe(current);
    expect(await described(earlier)).toBe(earlier);

    expect(await unseal(CiphertextBlob, context, earlier)).toMatchObject({ KeyId: earlier });
    await expect(unseal(CiphertextBlob, context, current)).rejects.toMatchObject(
      refusal('IncorrectKeyException'),
    );
    const moved = await kms.client.send(
      new ReEncryptCommand({
        CiphertextBlob,
        SourceKeyId: earlier,
        SourceEncryptionContext: context,
        DestinationKeyId: current,
        DestinationEncryptionContext: { other: 'context' },
      }),
    );
    expect(moved).toMatchObject({ SourceKeyId: earlier, KeyId: current });
    expect(await unseal(moved.CiphertextBlob, { other: 'context' }, current)).toMatchObject({
      KeyId: current,
    });
    await expect(unseal(moved.CiphertextBlob, { other: 'context' }, earlier)).rejects.toMatchObject(
      refusal('IncorrectKeyException'),
    );
  });
}
