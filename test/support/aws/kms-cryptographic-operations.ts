import { createPublicKey, hash, type KeyObject, randomBytes } from 'node:crypto';
import type { JsonObject } from './aws-endpoint.js';
import { AwsException, validationError } from './aws-exception.js';
import { signDigest, verifyDigest } from './ecdsa.js';
import {
  blob,
  oneOf,
  operation,
  type Operations,
  optional,
  text,
  textMap,
  wholeNumber,
} from './input-fields.js';
import { type EncryptionContext, seal, unseal } from './kms-ciphertext.js';
import { type KmsKey, type KmsKeyRing, needEnabled, needUsage } from './kms-key-ring.js';

const keyId = text(1, 2048);
const encryptionAlgorithm = oneOf('SYMMETRIC_DEFAULT');
const ciphertext = blob(1, 6144);

/** @see AWS KMS Developer Guide, "Encryption context" */
const contextBytesAtMost = 8192;
const encryptionContext = optional((value: unknown, name: string): EncryptionContext => {
  const context = textMap(value, name);
  if (Buffer.byteLength(JSON.stringify(context)) > contextBytesAtMost)
    throw validationError(name, `Member must have length less than or equal to ${contextBytesAtMost}`);
  return context;
});

const ALGORITHM = 'SYMMETRIC_DEFAULT';
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/** What is done with keys. */
export function cryptographicOperations(keys: KmsKeyRing): Operations {
  return { ...encryptionOperations(keys), ...dataKeyOperations(keys), ...signingOperations(keys) };
}

function usable(keys: KmsKeyRing, id: string, usage: KmsKey['usage']): KmsKey {
  const key = keys.find(id);
  needEnabled(key);
  needUsage(key, usage);
  return key;
}

function encryptionOperations(keys: KmsKeyRing): Operations {
  return {
    Encrypt: operation(
      {
        KeyId: keyId,
        Plaintext: blob(1, 4096),
        EncryptionContext: encryptionContext,
        EncryptionAlgorithm: optional(encryptionAlgorithm),
      },
      ({ KeyId, Plaintext, EncryptionContext = {} }) => {
        const key = usable(keys, KeyId, 'ENCRYPT_DECRYPT');
        const CiphertextBlob = base64(seal(key, Plaintext, EncryptionContext));
        return { CiphertextBlob, KeyId: key.arn, EncryptionAlgorithm: ALGORITHM };
      },
    ),
    Decrypt: operation(
      {
        CiphertextBlob: ciphertext,
        EncryptionContext: encryptionContext,
        KeyId: optional(keyId),
        EncryptionAlgorithm: optional(encryptionAlgorithm),
      },
      ({ CiphertextBlob, EncryptionContext = {}, KeyId }) => {
        const named = KeyId === undefined ? undefined : usable(keys, KeyId, 'ENCRYPT_DECRYPT');
        const { key, plaintext } = unseal(keys, CiphertextBlob, EncryptionContext, named);
        return { KeyId: key.arn, Plaintext: base64(plaintext), EncryptionAlgorithm: ALGORITHM };
      },
    ),
    ReEncrypt: operation(
      {
        CiphertextBlob: ciphertext,
        SourceKeyId: optional(keyId),
        SourceEncryptionContext: encryptionContext,
        SourceEncryptionAlgorithm: optional(encryptionAlgorithm),
        DestinationKeyId: keyId,
        DestinationEncryptionContext: encryptionContext,
        DestinationEncryptionAlgorithm: optional(encryptionAlgorithm),
      },
      (input) => {
        const destination = usable(keys, input.DestinationKeyId, 'ENCRYPT_DECRYPT');
        const named =
          input.SourceKeyId === undefined ? undefined : usable(keys, input.SourceKeyId, 'ENCRYPT_DECRYPT');
        const source = unseal(keys, input.CiphertextBlob, input.SourceEncryptionContext ?? {}, named);
        const moved = seal(destination, source.plaintext, input.DestinationEncryptionContext ?? {});
        return {
          CiphertextBlob: base64(moved),
          SourceKeyId: source.key.arn,
          KeyId: destination.arn,
          SourceEncryptionAlgorithm: ALGORITHM,
          DestinationEncryptionAlgorithm: ALGORITHM,
        };
      },
    ),
  };
}

function dataKeyOperations(keys: KmsKeyRing): Operations {
  const fields = {
    KeyId: keyId,
    EncryptionContext: encryptionContext,
    NumberOfBytes: optional(wholeNumber(1, 1024)),
    KeySpec: optional(oneOf('AES_256', 'AES_128')),
  };
  const dataKey = (plaintext: boolean) =>
    operation(fields, ({ KeyId, EncryptionContext = {}, NumberOfBytes, KeySpec }): JsonObject => {
      if ((NumberOfBytes === undefined) === (KeySpec === undefined))
        throw new AwsException('ValidationException', 'Please specify either number of bytes or key spec.');
      const key = usable(keys, KeyId, 'ENCRYPT_DECRYPT');
      const bytes = randomBytes(NumberOfBytes ?? (KeySpec === 'AES_128' ? 16 : 32));
      const CiphertextBlob = base64(seal(key, bytes, EncryptionContext));
      return { CiphertextBlob, KeyId: key.arn, ...(plaintext && { Plaintext: base64(bytes) }) };
    });
  return { GenerateDataKey: dataKey(true), GenerateDataKeyWithoutPlaintext: dataKey(false) };
}

function signingOperations(keys: KmsKeyRing): Operations {
  const fields = {
    KeyId: keyId,
    // 4,096 bytes at most, also where the message is hashed by KMS.
    Message: blob(1, 4096),
    MessageType: optional(oneOf('RAW', 'DIGEST')),
    SigningAlgorithm: oneOf('ECDSA_SHA_256', 'ECDSA_SHA_384', 'RSASSA_PSS_SHA_256'),
  };
  const digestOf = (message: Buffer, type: 'RAW' | 'DIGEST' = 'RAW', algorithm: string) => {
    if (type === 'RAW') return hash('sha256', message, 'buffer');
    if (message.length !== 32)
      throw new AwsException('ValidationException', `Digest is invalid length for algorithm ${algorithm}.`);
    return message;
  };
  const signer = (id: string, algorithm: string) => {
    const key = usable(keys, id, 'SIGN_VERIFY');
    if (algorithm !== 'ECDSA_SHA_256')
      throw new AwsException(
        'InvalidKeyUsageException',
        `Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`,
      );
    return key;
  };
  return {
    Sign: operation(fields, ({ KeyId, Message, MessageType, SigningAlgorithm }) => {
      const key = signer(KeyId, SigningAlgorithm);
      const digest = digestOf(Message, MessageType, SigningAlgorithm);
      const Signature = base64(signDigest(key.material as KeyObject, digest));
      return { KeyId: key.arn, Signature, SigningAlgorithm };
    }),
    Verify: operation({ ...fields, Signature: blob(1, 6144) }, ({ Signature, ...input }) => {
      const key = signer(input.KeyId, input.SigningAlgorithm);
      const digest = digestOf(input.Message, input.MessageType, input.SigningAlgorithm);
      if (!verifyDigest(key.material as KeyObject, digest, Signature))
        throw new AwsException('KMSInvalidSignatureException');
      return { KeyId: key.arn, SignatureValid: true, SigningAlgorithm: input.SigningAlgorithm };
    }),
    GetPublicKey: operation({ KeyId: keyId }, ({ KeyId }) => {
      const key = keys.find(KeyId);
      needEnabled(key);
      if (key.usage !== 'SIGN_VERIFY')
        throw new AwsException('UnsupportedOperationException', `${key.arn} key spec is ${key.spec}.`);
      const publicKey = createPublicKey(key.material as KeyObject).export({ type: 'spki', format: 'der' });
      return {
        KeyId: key.arn,
        PublicKey: base64(publicKey),
        CustomerMasterKeySpec: key.spec,
        KeySpec: key.spec,
        KeyUsage: key.usage,
        SigningAlgorithms: ['ECDSA_SHA_256'],
      };
    }),
  };
}
