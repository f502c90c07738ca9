import { createPublicKey, ECDH, hkdfSync, timingSafeEqual, verify } from 'node:crypto';
import { type AlgorithmSuite } from './algorithm-suites.js';
import { decryptAesGcm } from './authenticated-decryption.js';
import { type BodyPart, type ParsedMessage } from './message-format.js';
import { needs, Unreadable } from './unreadable.js';

/** What comes of a data key. */
export interface DerivedKeys {
  readonly encryptionKey: Buffer;
  /** Of committing suites: what the header has to hold. */
  readonly commitment?: Buffer;
}

const COMMITMENT_BYTES = 32;
const HASH_BYTES = { sha256: 32, sha384: 48, sha512: 64 } as const;
/** Where a signed message keeps the key that its signature is checked with. */
const PUBLIC_KEY = 'aws-crypto-public-key';
const NO_CONTENT = Buffer.alloc(0);

/** "Message Body AAD": what a part of the body is, so that none can stand for another. */
const BODY_AAD_CONTENT = {
  frame: 'AWSKMSEncryptionClient Frame',
  'final frame': 'AWSKMSEncryptionClient Final Frame',
  'single block': 'AWSKMSEncryptionClient Single Block',
} as const;

/**
 * @param dataKey in plaintext, of the suite's length
 * @throws Unreadable if it has another length
 * @see AWS Encryption SDK Specification, "Key Derivation"
 */
export function deriveKeys({ suite, messageId }: ParsedMessage, dataKey: Buffer): DerivedKeys {
  needs(dataKey.length === suite.keyBytes, 'The data key has another length than its suite says.');
  if (suite.derivation === undefined) return { encryptionKey: dataKey };
  const suiteId = Buffer.alloc(2);
  suiteId.writeUInt16BE(suite.id);
  const { derivation: hash, keyBytes } = suite;
  const expand = (salt: Buffer, info: Buffer, length: number) =>
    Buffer.from(hkdfSync(hash, dataKey, salt, info, length));
  if (!suite.commits) {
    // Without commitment: a salt of zeros as long as the hash, and the message id in the info.
    const info = Buffer.concat([suiteId, messageId]);
    return { encryptionKey: expand(Buffer.alloc(HASH_BYTES[hash]), info, keyBytes) };
  }
  return {
    encryptionKey: expand(messageId, Buffer.concat([suiteId, Buffer.from('DERIVEKEY')]), keyBytes),
    commitment: expand(messageId, Buffer.from('COMMITKEY'), COMMITMENT_BYTES),
  };
}

/**
 * Decrypts a message in the order that the specification demands: commitment, header, body, signature.
 * @returns the plaintext by frame; nothing at all unless all of it is authentic
 * @throws Unreadable
 * @see AWS Encryption SDK Specification, "Decrypt"
 */
export function decryptMessage(message: ParsedMessage, dataKey: Buffer): Buffer[] {
  const { encryptionKey, commitment } = deriveKeys(message, dataKey);
  if (commitment !== undefined) {
    const isSame = message.commitment !== undefined && timingSafeEqual(message.commitment, commitment);
    needs(isSame, 'The commitment is not that of the data key.');
  }
  const { headerIv: iv, headerBody: aad, headerTag: tag } = message;
  decryptAesGcm(encryptionKey, { iv, aad, content: NO_CONTENT, tag }, 'The header is not authentic.');
  const plaintext = message.body.map((part) =>
    decryptAesGcm(
      encryptionKey,
      { ...part, aad: bodyAad(message.messageId, part) },
      'A part of the body is not authentic.',
    ),
  );
  verifySignature(message);
  return plaintext;
}

/** "Message Body AAD": message id, kind of content, sequence number (4 bytes), length of the content (8 bytes). */
function bodyAad(messageId: Buffer, { kind, sequenceNumber, content }: BodyPart): Buffer {
  const numbers = Buffer.alloc(12);
  numbers.writeUInt32BE(sequenceNumber, 0);
  numbers.writeBigUInt64BE(BigInt(content.length), 4);
  return Buffer.concat([messageId, Buffer.from(BODY_AAD_CONTENT[kind]), numbers]);
}

/** "Verify the signature": over header and body, with the key of the context, which the header's tag covers. */
function verifySignature({ suite, context, signature, signedPart }: ParsedMessage): void {
  const encoded = context.get(PUBLIC_KEY);
  if (suite.signature === undefined) {
    // "Default CMM": the key of a signature in a message without one means that the signature was taken off.
    needs(encoded === undefined, 'The message has the key of a signature but no signature.');
    return;
  }
  needs(encoded !== undefined && signature !== undefined, 'The message has no key for its signature.');
  const key = publicKey(suite.signature.curve, encoded);
  needs(verify(suite.signature.hash, signedPart, key, signature), 'The signature is wrong.');
}

/** @param encoded the compressed point in base64, SEC 1 section 2.3.3 */
function publicKey(curve: NonNullable<AlgorithmSuite['signature']>['curve'], encoded: string) {
  try {
    const point = ECDH.convertKey(
      Buffer.from(encoded, 'base64'),
      curve,
      undefined,
      undefined,
      'uncompressed',
    );
    const coordinates = Buffer.from(point).subarray(1);
    const half = coordinates.length / 2;
    const x = coordinates.subarray(0, half).toString('base64url');
    const y = coordinates.subarray(half).toString('base64url');
    const crv = curve === 'prime256v1' ? 'P-256' : 'P-384';
    return createPublicKey({ key: { kty: 'EC', crv, x, y }, format: 'jwk' });
  } catch {
    throw new Unreadable('The key of the signature is no point of its curve.');
  }
}
