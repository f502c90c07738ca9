import { type AlgorithmSuite, algorithmSuites, IV_BYTES, TAG_BYTES } from './algorithm-suites.js';
import { ByteReader } from './byte-reader.js';
import { needs } from './unreadable.js';

/** One wrapping of the data key. */
export interface EncryptedDataKey {
  readonly providerId: string;
  readonly providerInfo: Buffer;
  readonly ciphertext: Buffer;
}

/** A part of the body: a frame of several, the last frame, or an unframed body. */
export interface BodyPart {
  readonly kind: 'frame' | 'final frame' | 'single block';
  readonly sequenceNumber: number;
  readonly iv: Buffer;
  readonly content: Buffer;
  readonly tag: Buffer;
}

/** An AWS Encryption SDK message taken apart; nothing of it is authenticated yet. All buffers are views of it. */
export interface ParsedMessage {
  readonly suite: AlgorithmSuite;
  readonly messageId: Buffer;
  readonly context: ReadonlyMap<string, string>;
  /** The context as it stands in the header, behind its length. */
  readonly serializedContext: Buffer;
  readonly encryptedDataKeys: readonly EncryptedDataKey[];
  /** What the header's tag authenticates. */
  readonly headerBody: Buffer;
  readonly commitment?: Buffer;
  readonly headerIv: Buffer;
  readonly headerTag: Buffer;
  readonly body: readonly BodyPart[];
  /** Header and body, which the footer's signature is over. */
  readonly signedPart: Buffer;
  readonly signature?: Buffer;
}

const CUSTOMER_AUTHENTICATED = 0x80;
const UNFRAMED = 1;
const FRAMED = 2;
const MESSAGE_ID_BYTES = { 1: 16, 2: 32 } as const;
const COMMITMENT_BYTES = 32;
const SEQUENCE_NUMBER_END = 0xffff_ffff;

/**
 * @param bytes one message and nothing behind it
 * @throws Unreadable
 * @see AWS Encryption SDK Specification, "Message Header", "Message Body", "Message Footer"
 */
export function parseMessage(bytes: Buffer): ParsedMessage {
  const reader = new ByteReader(bytes);
  const header = readHeader(reader);
  const body = header.isFramed ? readFrames(reader, header.frameLength) : [readSingleBlock(reader)];
  const signedPart = reader.since(0);
  // "Message Footer": present exactly where the suite signs.
  const signature = header.suite.signature === undefined ? undefined : reader.prefixed();
  needs(reader.left === 0, 'There are bytes after the message.');
  return { ...header, body, signedPart, ...(signature === undefined ? {} : { signature }) };
}

function readHeader(reader: ByteReader) {
  const version = reader.uint8();
  needs(version === 1 || version === 2, 'The message has an unknown format version.');
  if (version === 1) needs(reader.uint8() === CUSTOMER_AUTHENTICATED, 'The message has an unknown type.');
  const suite = algorithmSuites.get(reader.uint16());
  needs(
    suite !== undefined && suite.messageVersion === version,
    'The message has an unknown algorithm suite.',
  );
  const messageId = reader.bytes(MESSAGE_ID_BYTES[version]);
  const serializedContext = reader.prefixed();
  const context = readContext(serializedContext);
  const encryptedDataKeys = readEncryptedDataKeys(reader);
  const contentType = reader.uint8();
  needs(contentType === FRAMED || contentType === UNFRAMED, 'The message has an unknown content type.');
  if (version === 1) {
    needs(reader.uint32() === 0, 'Reserved bytes are in use.');
    needs(reader.uint8() === IV_BYTES, 'The message has an IV of another length.');
  }
  const frameLength = reader.uint32();
  const isFramed = contentType === FRAMED;
  // A frame length of 0 in a framed message would make every frame empty.
  needs(isFramed === frameLength > 0, 'The frame length does not fit the content type.');
  const commitment = suite.commits ? reader.bytes(COMMITMENT_BYTES) : undefined;
  const headerBody = reader.since(0);
  // "Header Authentication": format 2 has no IV there, it is zero.
  const headerIv = version === 1 ? reader.bytes(IV_BYTES) : Buffer.alloc(IV_BYTES);
  const headerTag = reader.bytes(TAG_BYTES);
  const authentication = { headerBody, headerIv, headerTag, ...(commitment && { commitment }) };
  const shape = { isFramed, frameLength };
  return { suite, messageId, context, serializedContext, encryptedDataKeys, ...authentication, ...shape };
}

/** "Key Value Pairs": absent when there are none, otherwise a count and the pairs, no key twice. */
function readContext(serialized: Buffer): Map<string, string> {
  const context = new Map<string, string>();
  if (serialized.length === 0) return context;
  const reader = new ByteReader(serialized);
  const count = reader.uint16();
  needs(count > 0, 'The encryption context has no pairs but a length.');
  for (let pair = 0; pair < count; pair += 1) context.set(reader.text(), reader.text());
  needs(context.size === count, 'The encryption context has a key twice.');
  needs(reader.left === 0, 'The encryption context is longer than its pairs.');
  return context;
}

function readEncryptedDataKeys(reader: ByteReader): EncryptedDataKey[] {
  const count = reader.uint16();
  needs(count > 0, 'The message has no encrypted data key.');
  return Array.from({ length: count }, () => ({
    providerId: reader.text(),
    providerInfo: reader.prefixed(),
    ciphertext: reader.prefixed(),
  }));
}

/** "Framed Data": sequence numbers count from 1, exactly one final frame, which is the last. */
function readFrames(reader: ByteReader, frameLength: number): BodyPart[] {
  const frames: BodyPart[] = [];
  // Each frame takes its IV and tag from the bytes that are there, so their end ends the loop.
  for (let expected = 1; ; expected += 1) {
    const first = reader.uint32();
    const isFinal = first === SEQUENCE_NUMBER_END;
    const sequenceNumber = isFinal ? reader.uint32() : first;
    needs(sequenceNumber === expected, 'A frame is missing or out of order.');
    const iv = reader.bytes(IV_BYTES);
    const length = isFinal ? reader.uint32() : frameLength;
    needs(length <= frameLength, 'The final frame is longer than the frame length.');
    const content = reader.bytes(length);
    const tag = reader.bytes(TAG_BYTES);
    frames.push({ kind: isFinal ? 'final frame' : 'frame', sequenceNumber, iv, content, tag });
    if (isFinal) return frames;
  }
}

function readSingleBlock(reader: ByteReader): BodyPart {
  const iv = reader.bytes(IV_BYTES);
  const content = reader.bytes(reader.longLength());
  const tag = reader.bytes(TAG_BYTES);
  // "Message Body AAD": the sequence number of an unframed body is 1.
  return { kind: 'single block', sequenceNumber: 1, iv, content, tag };
}
