import { createPublicKey, hash, verify } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GetKeyRotationStatusCommand,
  GetPublicKeyCommand,
  KMSClient,
  ListAliasesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  ReEncryptCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
  TagResourceCommand,
  UpdateAliasCommand,
  VerifyCommand,
} from '@aws-sdk/client-kms';
import { testCredentials, testRegion } from './aws-endpoint.js';
import { type KmsServer, startKmsServer } from './kms-server.js';

let server: KmsServer;
let kms: KMSClient;

beforeAll(async () => {
  server = await startKmsServer();
  kms = new KMSClient({ endpoint: server.endpoint.url, region: testRegion, credentials: testCredentials });
});
afterAll(async () => {
  kms.destroy();
  await server.endpoint.close();
});

const newKey = async (input: CreateKeyCommand['input'] = {}) =>
  (await kms.send(new CreateKeyCommand(input))).KeyMetadata?.Arn ?? '';
const signingKey = () => newKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
const Plaintext = Buffer.from('secret');
const refuses = (work: Promise<unknown>, name: string, message = /./) =>
  expect(work).rejects.toMatchObject({ name, message: expect.stringMatching(message) });

describe('keys of the KMS endpoint', () => {
  it('are enabled, described and tagged', async () => {
    const Tags = [{ TagKey: 'Stage', TagValue: 'dev' }];
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: 'Wraps', Tags }));
    const KeyId = KeyMetadata?.Arn;
    expect(KeyMetadata).toMatchObject({ Description: 'Wraps', Enabled: true, Origin: 'AWS_KMS' });
    expect(KeyMetadata?.CreationDate?.getTime()).toBeGreaterThan(Date.now() - 60_000);
    await kms.send(new TagResourceCommand({ KeyId, Tags: [{ TagKey: 'Data', TagValue: 'phi' }] }));
    expect((await kms.send(new ListResourceTagsCommand({ KeyId }))).Tags).toEqual([
      ...Tags,
      { TagKey: 'Data', TagValue: 'phi' },
    ]);
    expect((await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata).toEqual(KeyMetadata);
  });

  it('refuse use while they are disabled', async () => {
    const KeyId = await newKey();
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext }));
    const uses = () => [
      kms.send(new EncryptCommand({ KeyId, Plaintext })),
      kms.send(new DecryptCommand({ CiphertextBlob })),
      kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' })),
      kms.send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: KeyId })),
    ];
    await kms.send(new DisableKeyCommand({ KeyId }));
    for (const use of uses()) await refuses(use, 'DisabledException', /is disabled/);
    expect((await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata).toMatchObject({
      Enabled: false,
      KeyState: 'Disabled',
    });
    await kms.send(new EnableKeyCommand({ KeyId }));
    await Promise.all(uses());
  });

  it('refuse use and change once their deletion is scheduled', async () => {
    const KeyId = await newKey();
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext }));
    await refuses(
      kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 6 })),
      'ValidationException',
      /greater than or equal to 7/,
    );
    const scheduled = await kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    expect(scheduled).toMatchObject({ KeyState: 'PendingDeletion', PendingWindowInDays: 7 });
    for (const use of [
      kms.send(new DecryptCommand({ CiphertextBlob })),
      kms.send(new EnableKeyCommand({ KeyId })),
      kms.send(new CreateAliasCommand({ AliasName: 'alias/late', TargetKeyId: KeyId })),
    ])
      await refuses(use, 'KMSInvalidStateException', /pending deletion/);
  });

  it('rotate if they are symmetric', async () => {
    const KeyId = await newKey();
    const status = () => kms.send(new GetKeyRotationStatusCommand({ KeyId }));
    expect(await status()).toMatchObject({ KeyRotationEnabled: false });
    await kms.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 365 }));
    expect(await status()).toMatchObject({ KeyRotationEnabled: true, RotationPeriodInDays: 365 });
    const rotated = kms.send(new EnableKeyRotationCommand({ KeyId: await signingKey() }));
    await expect(rotated).rejects.toMatchObject({ name: 'UnsupportedOperationException' });
  });

  it('are listed, page by page', async () => {
    const made = [await newKey(), await newKey(), await newKey()];
    const listed: string[] = [];
    let Marker: string | undefined;
    do {
      const page = await kms.send(new ListKeysCommand({ Limit: 2, Marker }));
      expect(page.Keys?.length).toBeLessThanOrEqual(2);
      listed.push(...(page.Keys ?? []).map(({ KeyArn = '' }) => KeyArn));
      Marker = page.Truncated ? page.NextMarker : undefined;
    } while (Marker !== undefined);
    expect(listed).toEqual(expect.arrayContaining(made));
    await expect(kms.send(new ListKeysCommand({ Marker: 'made-up' }))).rejects.toMatchObject({
      name: 'InvalidMarkerException',
    });
  });
});

describe('aliases of the KMS endpoint', () => {
  it('stand for a key by name and ARN, where an alias is taken', async () => {
    const TargetKeyId = await newKey();
    await kms.send(new CreateAliasCommand({ AliasName: 'alias/phi-one', TargetKeyId }));
    const { Aliases = [] } = await kms.send(new ListAliasesCommand({ KeyId: TargetKeyId }));
    expect(Aliases).toMatchObject([
      { AliasName: 'alias/phi-one', TargetKeyId: TargetKeyId.split('/').at(-1) },
    ]);
    for (const KeyId of ['alias/phi-one', Aliases[0]?.AliasArn]) {
      const { CiphertextBlob, ...sealed } = await kms.send(new EncryptCommand({ KeyId, Plaintext }));
      expect(sealed).toMatchObject({ KeyId: TargetKeyId });
      expect(await kms.send(new DecryptCommand({ CiphertextBlob, KeyId }))).toMatchObject({
        KeyId: TargetKeyId,
      });
      await refuses(kms.send(new DisableKeyCommand({ KeyId })), 'NotFoundException', /Invalid keyId/);
    }
  });

  it('are made once, moved if they are there, to keys of the same kind', async () => {
    const alias = { AliasName: 'alias/phi-two', TargetKeyId: await newKey() };
    await refuses(kms.send(new UpdateAliasCommand(alias)), 'NotFoundException', /is not found/);
    await kms.send(new CreateAliasCommand(alias));
    await refuses(kms.send(new CreateAliasCommand(alias)), 'AlreadyExistsException');
    await kms.send(new UpdateAliasCommand({ ...alias, TargetKeyId: await newKey() }));
    await refuses(
      kms.send(new UpdateAliasCommand({ ...alias, TargetKeyId: await signingKey() })),
      'ValidationException',
    );
    await refuses(
      kms.send(new CreateAliasCommand({ ...alias, AliasName: 'phi-two' })),
      'ValidationException',
      /pattern/,
    );
  });
});

describe('data keys of the KMS endpoint', () => {
  it('take a spec or a number of bytes, and are the ones that Decrypt gives back', async () => {
    const KeyId = await newKey();
    const made = await kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }));
    expect(made.Plaintext).toHaveLength(32);
    const { Plaintext: opened } = await kms.send(new DecryptCommand({ CiphertextBlob: made.CiphertextBlob }));
    expect(opened).toEqual(made.Plaintext);
    for (const input of [{ KeyId }, { KeyId, KeySpec: 'AES_256' as const, NumberOfBytes: 32 }])
      await refuses(
        kms.send(new GenerateDataKeyWithoutPlaintextCommand(input)),
        'ValidationException',
        /bytes or key spec/,
      );
    await refuses(
      kms.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId, NumberOfBytes: 1025 })),
      'ValidationException',
      /less than or equal to 1024/,
    );
  });

  it('are refused by keys that sign', async () => {
    const KeyId = await signingKey();
    await refuses(
      kms.send(new EncryptCommand({ KeyId, Plaintext })),
      'InvalidKeyUsageException',
      /key usage/,
    );
    await refuses(
      kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' })),
      'InvalidKeyUsageException',
      /key usage/,
    );
  });

  it('are wrapped under a context of at most 8,192 bytes, and plaintexts of at most 4,096', async () => {
    const KeyId = await newKey();
    const EncryptionContext = { a: 'x'.repeat(8192) };
    await refuses(
      kms.send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext })),
      'ValidationException',
      /less than or equal to 8192/,
    );
    await refuses(
      kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.alloc(4097) })),
      'ValidationException',
      /less than or equal to 4096/,
    );
  });
});

describe('signatures of the KMS endpoint', () => {
  const SigningAlgorithm = 'ECDSA_SHA_256';

  it('are verified with the public key alone, over a message or its digest', async () => {
    const KeyId = await signingKey();
    const { PublicKey, ...told } = await kms.send(new GetPublicKeyCommand({ KeyId }));
    expect(told).toMatchObject({ KeySpec: 'ECC_NIST_P256', SigningAlgorithms: [SigningAlgorithm] });
    const key = createPublicKey({ key: Buffer.from(PublicKey ?? []), type: 'spki', format: 'der' });
    const message = Buffer.from('checkpoint');
    for (let round = 0; round < 20; round++) {
      for (const input of [
        { Message: message },
        { Message: hash('sha256', message, 'buffer'), MessageType: 'DIGEST' as const },
      ]) {
        const { Signature = new Uint8Array() } = await kms.send(
          new SignCommand({ KeyId, SigningAlgorithm, ...input }),
        );
        expect(verify('sha256', message, { key, dsaEncoding: 'der' }, Signature)).toBe(true);
        const verified = { KeyId, SigningAlgorithm, Signature, ...input } as const;
        expect(await kms.send(new VerifyCommand(verified))).toMatchObject({ SignatureValid: true });
        const altered = Buffer.from(Signature);
        altered[altered.length - 1]! ^= 1;
        await expect(kms.send(new VerifyCommand({ ...verified, Signature: altered }))).rejects.toMatchObject({
          name: 'KMSInvalidSignatureException',
        });
      }
    }
  });

  it('are made of at most 4,096 bytes, and of digests of the right length', async () => {
    const KeyId = await signingKey();
    const sign = (Message: Buffer, MessageType: 'RAW' | 'DIGEST') =>
      kms.send(new SignCommand({ KeyId, SigningAlgorithm, Message, MessageType }));
    await sign(Buffer.alloc(4096), 'RAW');
    await refuses(sign(Buffer.alloc(4097), 'RAW'), 'ValidationException', /'message'.*4096/);
    await refuses(sign(Buffer.alloc(31), 'DIGEST'), 'ValidationException', /Digest is invalid length/);
  });

  it('are made by keys that sign, with their algorithm', async () => {
    const Message = Buffer.from('checkpoint');
    await refuses(
      kms.send(new SignCommand({ KeyId: await newKey(), SigningAlgorithm, Message })),
      'InvalidKeyUsageException',
      /key usage/,
    );
    const KeyId = await signingKey();
    await refuses(
      kms.send(new SignCommand({ KeyId, SigningAlgorithm: 'ECDSA_SHA_384', Message })),
      'InvalidKeyUsageException',
      /incompatible/,
    );
    await kms.send(new DisableKeyCommand({ KeyId }));
    await refuses(kms.send(new SignCommand({ KeyId, SigningAlgorithm, Message })), 'DisabledException');
    await refuses(kms.send(new GetPublicKeyCommand({ KeyId })), 'DisabledException');
  });
});
