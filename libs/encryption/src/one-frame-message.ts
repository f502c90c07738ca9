import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  type CipherGCM,
  type DecipherGCM,
  timingSafeEqual,
} from 'node:crypto';
import { pooledRandomBytes } from './random-pool.js';

/**
 * The message of one frame as this service writes it, to the byte: AWS Encryption SDK message format 2 with the suite
 * ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY and one data key under a branch key. The SDK does the same in five times the time;
 * what it writes and what this writes is read by the other, which the specs hold for every size and every changed byte.
 * @see AWS Encryption SDK Developer Guide, "Message format reference"; AWS Encryption SDK specification, "AWS KMS hierarchical keyring"
 */

const PROVIDER_ID = Buffer.from('aws-kms-hierarchy');
const SUITE_ID = 0x0478;
/** Above the size of nearly every record, so that a message is one frame. */
export const FRAME_LENGTH_BYTES = 131_072;

const MESSAGE_ID_BYTES = 32;
const KEY_BYTES = 32;
const COMMITMENT_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** "Ciphertext" of the hierarchical keyring: salt, IV, branch key version, then the data key and its tag. */
const SALT_BYTES = 16;
const VERSION_BYTES = 16;
export const WRAPPED_BYTES = SALT_BYTES + IV_BYTES + VERSION_BYTES + KEY_BYTES + TAG_BYTES;
const VERSION_AT = SALT_BYTES + IV_BYTES;
const DATA_KEY_AT = VERSION_AT + VERSION_BYTES;

/** Where the message id ends: version, suite, message id. */
const CONTEXT_AT = 1 + 2 + MESSAGE_ID_BYTES;
const FORMAT_AND_SUITE = Buffer.concat([Buffer.from([2]), uint16(SUITE_ID)]);
const ONE_KEY_OF_PROVIDER = Buffer.concat([uint16(1), uint16(PROVIDER_ID.length), PROVIDER_ID]);
const WRAPPED_SIZE = uint16(WRAPPED_BYTES);
const HEADER_IV = Buffer.alloc(IV_BYTES);
/** The sequence number of the one frame, 1. */
const FRAME_IV = Buffer.concat([Buffer.alloc(IV_BYTES - 4), uint32(1)]);
/** Final frame: the mark, the first sequence number, its IV; the length of the content follows. */
const FRAME_HEAD = Buffer.concat([Buffer.from('ffffffff00000001', 'hex'), FRAME_IV]);
const FRAME_HEAD_BYTES = FRAME_HEAD.length + 4;
/** Content type 2 (framed) and the frame length. */
const CONTENT_HEAD = Buffer.concat([Buffer.from([2]), uint32(FRAME_LENGTH_BYTES)]);

/** One frame and its header. Nothing of it is authenticated before `openFrame`. */
export interface OneFrame {
  readonly messageId: Uint8Array;
  /** All that the header's tag covers; the commitment is its end. */
  readonly header: Uint8Array;
  readonly headerTag: Uint8Array;
  readonly commitment: Uint8Array;
  readonly content: Uint8Array;
  readonly contentTag: Uint8Array;
}

/** A message that has the very shape that `sealMessage` gives it. */
export interface OwnMessage extends OneFrame {
  readonly wrappedKey: Buffer;
  /** Id of the branch key version that the data key is wrapped under, a UUID. */
  readonly keyVersion: string;
}

/** What a message is bound to, as its bytes say it. */
export interface Binding {
  /** Also the id of the branch key. */
  readonly patientId: Buffer;
  /** Count and pairs of the context. */
  readonly context: Buffer;
  /** What a header holds because of it: the context, and all of the wrapped key that is not secret. */
  readonly inHeader: Buffer;
}

/** @param context pairs of printable ASCII, among them `patient_id` */
export function bindingOf(context: Readonly<Record<string, string>>): Binding {
  const patientId = Buffer.from(context['patient_id'] ?? '', 'latin1');
  const pairs = serializedContext(context);
  const sizes = [uint16(pairs.length), uint16(patientId.length)] as const;
  const inHeader = Buffer.concat([sizes[0], pairs, ONE_KEY_OF_PROVIDER, sizes[1], patientId, WRAPPED_SIZE]);
  return { patientId, context: pairs, inHeader };
}

/** Count and pairs, sorted by their bytes as the format demands. */
function serializedContext(context: Readonly<Record<string, string>>): Buffer {
  const texts = Object.keys(context)
    .sort()
    .flatMap((name) => [name, context[name]!]);
  const bytes = Buffer.allocUnsafe(texts.reduce((sum, text) => sum + 2 + text.length, 2));
  let position = bytes.writeUInt16BE(texts.length / 2);
  for (const text of texts) {
    position = bytes.writeUInt16BE(text.length, position);
    position += bytes.write(text, position, 'latin1');
  }
  return bytes;
}

/**
 * Compares every byte of the header that is not random or a key with what it has to be, and accounts for every byte of the message, before
 * any key is touched.
 * @param binding what the message must be bound to
 * @returns `undefined` for every message of another shape, among them those of other patients and records
 */
export function ownMessage(message: Uint8Array, { inHeader: bound }: Binding): OwnMessage | undefined {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const wrappedAt = CONTEXT_AT + bound.length;
  const contentHeadAt = wrappedAt + WRAPPED_BYTES;
  const headerEnd = contentHeadAt + CONTENT_HEAD.length + COMMITMENT_BYTES;
  const frameAt = headerEnd + TAG_BYTES;
  const contentAt = frameAt + FRAME_HEAD_BYTES;
  if (bytes.length < contentAt + TAG_BYTES) return undefined;
  const isOurs =
    holdsAt(bytes, FORMAT_AND_SUITE, 0) &&
    holdsAt(bytes, bound, CONTEXT_AT) &&
    holdsAt(bytes, CONTENT_HEAD, contentHeadAt) &&
    holdsAt(bytes, FRAME_HEAD, frameAt);
  if (!isOurs) return undefined;
  const contentEnd = contentAt + bytes.readUInt32BE(contentAt - 4);
  if (contentEnd - contentAt > FRAME_LENGTH_BYTES || bytes.length !== contentEnd + TAG_BYTES)
    return undefined;
  const wrappedKey = bytes.subarray(wrappedAt, contentHeadAt);
  return {
    messageId: bytes.subarray(3, CONTEXT_AT),
    header: bytes.subarray(0, headerEnd),
    commitment: bytes.subarray(headerEnd - COMMITMENT_BYTES, headerEnd),
    headerTag: bytes.subarray(headerEnd, frameAt),
    content: bytes.subarray(contentAt, contentEnd),
    contentTag: bytes.subarray(contentEnd),
    wrappedKey,
    keyVersion: wrappedKeyVersion(wrappedKey),
  };
}

/**
 * @param branchKey 32 bytes, of the version that the message names
 * @param binding as it was given to `ownMessage`
 * @throws Error if any part of it is not authentic
 */
export function openMessage(message: OwnMessage, branchKey: Uint8Array, binding: Binding): Buffer {
  const dataKey = unwrappedKey(message.wrappedKey, branchKey, binding);
  try {
    return openFrame(message, dataKey);
  } finally {
    dataKey.fill(0);
  }
}

/**
 * @param plaintext at most FRAME_LENGTH_BYTES
 * @param branchKey 32 bytes, the active version of the patient's
 * @param keyVersion its id, a UUID
 */
export function sealMessage(
  plaintext: Uint8Array,
  branchKey: Uint8Array,
  keyVersion: string,
  binding: Binding,
): Buffer {
  if (plaintext.byteLength > FRAME_LENGTH_BYTES) throw new RangeError('The plaintext needs several frames');
  const messageId = pooledRandomBytes(MESSAGE_ID_BYTES);
  const dataKey = pooledRandomBytes(KEY_BYTES);
  try {
    const wrapped = wrappedKey(dataKey, branchKey, keyVersion, binding);
    const { key, commitment } = derivedKeys(dataKey, messageId);
    const header = Buffer.concat([
      FORMAT_AND_SUITE,
      messageId,
      binding.inHeader,
      wrapped,
      CONTENT_HEAD,
      commitment,
    ]);
    const headerCipher = createCipheriv('aes-256-gcm', key, HEADER_IV).setAAD(header);
    headerCipher.final();
    const frameCipher = createCipheriv('aes-256-gcm', key, FRAME_IV);
    frameCipher.setAAD(frameAad(messageId, plaintext.byteLength));
    const content = frameCipher.update(plaintext);
    frameCipher.final();
    key.fill(0);
    const length = uint32(plaintext.byteLength);
    return Buffer.concat([
      header,
      headerCipher.getAuthTag(),
      FRAME_HEAD,
      length,
      content,
      frameCipher.getAuthTag(),
    ]);
  } finally {
    dataKey.fill(0);
  }
}

/**
 * Reads the one frame under its data key, commitment and header first.
 * @throws Error if any part of it is not authentic
 */
export function openFrame(frame: OneFrame, dataKey: Uint8Array): Buffer {
  const { key, commitment } = derivedKeys(dataKey, frame.messageId);
  // "Committing": checked before the key is used, so that one ciphertext cannot be opened to two plaintexts.
  if (!timingSafeEqual(commitment, frame.commitment)) throw new Error('Commitment does not match');
  const header = decipher(key, HEADER_IV, frame.header, frame.headerTag);
  header.final();
  const aad = frameAad(frame.messageId, frame.content.byteLength);
  const content = decipher(key, FRAME_IV, aad, frame.contentTag);
  key.fill(0);
  const plaintext = content.update(frame.content);
  content.final();
  return plaintext;
}

const KEY_LABEL = Buffer.concat([uint16(SUITE_ID), Buffer.from('DERIVEKEY'), Buffer.from([1])]);
const COMMITMENT_LABEL = Buffer.concat([Buffer.from('COMMITKEY'), Buffer.from([1])]);

/** HKDF-SHA-512 (RFC 5869) with the message id as salt; each of the two is shorter than one block of the hash. */
function derivedKeys(dataKey: Uint8Array, messageId: Uint8Array): { key: Buffer; commitment: Buffer } {
  const extracted = createHmac('sha512', messageId).update(dataKey).digest();
  const expand = (label: Buffer, bytes: number) =>
    createHmac('sha512', extracted).update(label).digest().subarray(0, bytes);
  const keys = { key: expand(KEY_LABEL, KEY_BYTES), commitment: expand(COMMITMENT_LABEL, COMMITMENT_BYTES) };
  extracted.fill(0);
  return keys;
}

/** KDF in counter mode with HMAC-SHA-256 (NIST SP 800-108): 256 bits are its first block. */
function wrappingKey(branchKey: Uint8Array, salt: Uint8Array): Buffer {
  const input = Buffer.concat([uint32(1), PROVIDER_ID, Buffer.alloc(1), salt, uint32(KEY_BYTES * 8)]);
  return createHmac('sha256', branchKey).update(input).digest();
}

/** "Branch key wrapping and unwrapping AAD": provider, branch key id, version, context. */
const wrappingAad = (version: Uint8Array, { patientId, context }: Binding): Buffer =>
  Buffer.concat([PROVIDER_ID, patientId, version, context]);

function wrappedKey(
  dataKey: Uint8Array,
  branchKey: Uint8Array,
  keyVersion: string,
  binding: Binding,
): Buffer {
  const salt = pooledRandomBytes(SALT_BYTES);
  const iv = pooledRandomBytes(IV_BYTES);
  const version = Buffer.from(keyVersion.replaceAll('-', ''), 'hex');
  if (version.length !== VERSION_BYTES) throw new TypeError('A branch key version is a UUID');
  const key = wrappingKey(branchKey, salt);
  const cipher: CipherGCM = createCipheriv('aes-256-gcm', key, iv);
  key.fill(0);
  cipher.setAAD(wrappingAad(version, binding));
  const wrapped = cipher.update(dataKey);
  cipher.final();
  return Buffer.concat([salt, iv, version, wrapped, cipher.getAuthTag()]);
}

function unwrappedKey(wrapped: Buffer, branchKey: Uint8Array, binding: Binding): Buffer {
  const key = wrappingKey(branchKey, wrapped.subarray(0, SALT_BYTES));
  const aad = wrappingAad(wrapped.subarray(VERSION_AT, DATA_KEY_AT), binding);
  const opened = decipher(key, wrapped.subarray(SALT_BYTES, VERSION_AT), aad, wrapped.subarray(-TAG_BYTES));
  key.fill(0);
  const dataKey = opened.update(wrapped.subarray(DATA_KEY_AT, -TAG_BYTES));
  opened.final();
  return dataKey;
}

/** @returns the id of the branch key version that a wrapped key names, a UUID */
export function wrappedKeyVersion(wrapped: Buffer): string {
  const hex = wrapped.toString('hex', VERSION_AT, DATA_KEY_AT);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function decipher(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, tag: Uint8Array): DecipherGCM {
  return createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES }).setAAD(aad).setAuthTag(tag);
}

const FINAL_FRAME = Buffer.from('AWSKMSEncryptionClient Final Frame', 'utf8');

/** "Body AAD": message id, content type, sequence number, content length. */
function frameAad(messageId: Uint8Array, contentLength: number): Buffer {
  return Buffer.concat([messageId, FINAL_FRAME, uint32(1), uint32(0), uint32(contentLength)]);
}

const holdsAt = (bytes: Buffer, part: Buffer, start: number): boolean =>
  bytes.compare(part, 0, part.length, start, start + part.length) === 0;

function uint16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
