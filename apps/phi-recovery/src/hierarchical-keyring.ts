import { createHmac } from 'node:crypto';
import { IV_BYTES, TAG_BYTES } from './algorithm-suites.js';
import { decryptAesGcm } from './authenticated-decryption.js';
import { ByteReader } from './byte-reader.js';
import { type EncryptedDataKey, type ParsedMessage } from './message-format.js';
import { needs } from './unreadable.js';

/** Which branch key a data key is wrapped by. */
export interface BranchKeyName {
  readonly branchKeyId: string;
  /** UUID in its usual spelling. */
  readonly version: string;
}

interface WrappedDataKey extends BranchKeyName {
  readonly salt: Buffer;
  readonly iv: Buffer;
  readonly versionBytes: Buffer;
  readonly content: Buffer;
  readonly tag: Buffer;
}

const PROVIDER_ID = 'aws-kms-hierarchy';
const SALT_BYTES = 16;
const VERSION_BYTES = 16;
const DERIVED_KEY_BYTES = 32;

/**
 * Unwraps the data key of a message with the branch key that it names.
 * @param branchKey finds the key's 32 bytes
 * @throws Unreadable if there is not exactly one wrapping by a branch key, or it is not authentic
 * @see AWS Encryption SDK Specification, "AWS KMS Hierarchical Keyring", "Branch Key Unwrapping"
 */
export function unwrapDataKey(message: ParsedMessage, branchKey: (name: BranchKeyName) => Buffer): Buffer {
  const wrappings = message.encryptedDataKeys.filter(({ providerId }) => providerId === PROVIDER_ID);
  const [wrapping] = wrappings;
  needs(wrapping !== undefined && wrappings.length === 1, 'The message is not wrapped by one branch key.');
  const wrapped = parse(wrapping, message.suite.keyBytes);
  const key = derivedKey(
    branchKey({ branchKeyId: wrapped.branchKeyId, version: wrapped.version }),
    wrapped.salt,
  );
  const aad = Buffer.concat([
    Buffer.from(PROVIDER_ID),
    wrapping.providerInfo,
    wrapped.versionBytes,
    message.serializedContext,
  ]);
  return decryptAesGcm(key, { ...wrapped, aad }, 'The data key is not authentic.');
}

/** "Ciphertext": salt, IV, version, the wrapped key, tag. */
function parse({ providerInfo, ciphertext }: EncryptedDataKey, keyBytes: number): WrappedDataKey {
  const reader = new ByteReader(ciphertext);
  const salt = reader.bytes(SALT_BYTES);
  const iv = reader.bytes(IV_BYTES);
  const versionBytes = reader.bytes(VERSION_BYTES);
  const content = reader.bytes(keyBytes);
  const tag = reader.bytes(TAG_BYTES);
  needs(reader.left === 0, 'There are bytes after the wrapped data key.');
  const hex = versionBytes.toString('hex');
  const version = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return { branchKeyId: providerInfo.toString('utf8'), version, salt, iv, versionBytes, content, tag };
}

/**
 * NIST SP 800-108, KDF in counter mode with HMAC-SHA-256: one block is the whole key, so the counter is 1. The fixed
 * input is label, a zero byte, context (the salt) and the length in bits.
 */
function derivedKey(branchKey: Buffer, salt: Buffer): Buffer {
  const counter = Buffer.of(0, 0, 0, 1);
  const bits = Buffer.alloc(4);
  bits.writeUInt32BE(DERIVED_KEY_BYTES * 8);
  const input = Buffer.concat([counter, Buffer.from(PROVIDER_ID), Buffer.of(0), salt, bits]);
  return createHmac('sha256', branchKey).update(input).digest();
}
