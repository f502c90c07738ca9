import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import type { KMSClient } from '@aws-sdk/client-kms';
import { awsRefusal } from '@app/configuration';
import { CheckpointSigner, keyIdOf } from './checkpoint.js';

export interface KmsCheckpointSignerOptions {
  /** Stays the caller's. */
  client: KMSClient;
  /** ARN of an asymmetric KMS key: ECC_NIST_P256, SIGN_VERIFY. */
  keyArn: string;
}

const algorithm = 'ECDSA_SHA_256';

/** Signs checkpoints with a key that never leaves KMS: whoever owns the tables cannot sign anew (45 CFR 164.312(c)(1)). */
export class KmsCheckpointSigner extends CheckpointSigner {
  override readonly keyId: string;
  override readonly publicKey: string;

  private constructor(
    private readonly options: KmsCheckpointSignerOptions,
    private readonly key: KeyObject,
  ) {
    super();
    this.publicKey = key.export({ type: 'spki', format: 'pem' }) as string;
    this.keyId = keyIdOf(this.publicKey);
  }

  /**
   * Reads the public half, once.
   * @throws AwsRefusal when the key is out of reach, disabled, or of another kind
   */
  static async open(options: KmsCheckpointSignerOptions): Promise<KmsCheckpointSigner> {
    const request = { thing: `signing key ${options.keyArn}`, action: 'kms:GetPublicKey' };
    const { GetPublicKeyCommand } = await import('@aws-sdk/client-kms');
    let key: KeyObject | undefined;
    try {
      const answer = await options.client.send(new GetPublicKeyCommand({ KeyId: options.keyArn }));
      if (answer.KeySpec === 'ECC_NIST_P256' && answer.KeyUsage === 'SIGN_VERIFY') {
        key = createPublicKey({ key: Buffer.from(answer.PublicKey ?? []), type: 'spki', format: 'der' });
      }
    } catch (error) {
      throw awsRefusal(error, request);
    }
    if (key === undefined) throw awsRefusal({ name: 'InvalidKeyUsageException' }, request);
    return new KmsCheckpointSigner(options, key);
  }

  /**
   * The digest is sent, and not the text: KMS takes 4096 bytes, and of what it signs CloudTrail need know no more.
   * @throws AwsRefusal
   */
  override async sign(text: string): Promise<Uint8Array> {
    const { client, keyArn } = this.options;
    const request = { thing: `signing key ${keyArn}`, action: 'kms:Sign' };
    const { SignCommand } = await import('@aws-sdk/client-kms');
    let signature: Uint8Array | undefined;
    try {
      const answer = await client.send(
        new SignCommand({
          KeyId: keyArn,
          Message: hash('sha256', text, 'buffer'),
          MessageType: 'DIGEST',
          SigningAlgorithm: algorithm,
        }),
      );
      signature = answer.Signature;
    } catch (error) {
      throw awsRefusal(error, request);
    }
    // Where an alias was pointed elsewhere, a signature of another key would stand under the name of this one.
    if (signature === undefined || !verify('sha256', Buffer.from(text), this.key, signature)) {
      throw awsRefusal({ name: 'KMSInvalidSignatureException' }, request);
    }
    return signature;
  }
}
