import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AwsException } from './aws-exception.js';
import { type KmsKey, type KmsKeyRing, needEnabled } from './kms-key-ring.js';

export type EncryptionContext = Readonly<Record<string, string>>;

const FORMAT = 1;
const ID_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + ID_BYTES + IV_BYTES;

/** Layout: format (1), key id (16), IV (12), ciphertext, tag (16). The context is authenticated, whatever its order. */
export function seal(key: KmsKey, plaintext: Uint8Array, context: EncryptionContext): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key.material as Buffer, iv).setAAD(aadOf(key, context));
  const content = [cipher.update(plaintext), cipher.final()];
  const id = Buffer.from(key.id.replaceAll('-', ''), 'hex');
  return Buffer.concat([Buffer.of(FORMAT), id, iv, ...content, cipher.getAuthTag()]);
}

/**
 * Finds the key by the bytes, as KMS does; one that was named must be the one.
 * @throws AwsException `InvalidCiphertextException`, `IncorrectKeyException`, or by the state of the key
 */
export function unseal(
  keys: KmsKeyRing,
  bytes: Buffer,
  context: EncryptionContext,
  named?: KmsKey,
): { key: KmsKey; plaintext: Buffer } {
  const key =
    bytes.length < HEAD_BYTES + TAG_BYTES || bytes[0] !== FORMAT ? undefined : keys.byId(idIn(bytes));
  if (key === undefined) throw invalidCiphertext();
  if (named !== undefined && named !== key)
    throw new AwsException(
      'IncorrectKeyException',
      'The key ID in the request does not identify a CMK that can perform this operation.',
    );
  needEnabled(key);
  const iv = bytes.subarray(1 + ID_BYTES, HEAD_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key.material as Buffer, iv)
    .setAAD(aadOf(key, context))
    .setAuthTag(bytes.subarray(-TAG_BYTES));
  const content = decipher.update(bytes.subarray(HEAD_BYTES, -TAG_BYTES));
  try {
    decipher.final();
  } catch {
    throw invalidCiphertext();
  }
  return { key, plaintext: content };
}

/** KMS says no more than this. */
const invalidCiphertext = () => new AwsException('InvalidCiphertextException');

function idIn(bytes: Buffer): string {
  const hex = bytes.subarray(1, 1 + ID_BYTES).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

function aadOf({ arn }: KmsKey, context: EncryptionContext): Buffer {
  const pairs = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.from(JSON.stringify([arn, pairs]));
}
