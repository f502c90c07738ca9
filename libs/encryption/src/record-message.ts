import {
  AlgorithmSuiteIdentifier,
  type EncryptedDataKey,
  MessageFormat,
  NodeAlgorithmSuite,
  type NodeDecryptionMaterial,
  type NodeEncryptionMaterial,
  getDecryptionHelper,
  getEncryptHelper,
} from '@aws-crypto/client-node';
import {
  ContentAADString,
  ContentType,
  type HeaderInfo,
  type MessageHeaderV2,
  MessageIdLength,
  decodeBodyHeader,
  deserializeFactory,
  serializeFactory,
  uuidv4Factory,
} from '@aws-crypto/serialize';
import { pooledRandomBytes } from './random-pool.js';

/** The one suite that is written and read: AES-256-GCM, HKDF-SHA-512, key commitment, no signature. */
export const SUITE = new NodeAlgorithmSuite(
  AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
);
/** Above the size of nearly every record, so that a message is one frame. */
export const FRAME_LENGTH_BYTES = 131_072;
export const MAX_ENCRYPTED_DATA_KEYS = 1;

const IV_BYTES = 12;
const TAG_BYTES = 16;
const FINAL_FRAME_STRING = Buffer.from(ContentAADString.FINAL_FRAME_STRING_ID, 'utf8');
const fromUtf8 = (text: string) => Buffer.from(text, 'utf8');
/** The same memory as a Buffer. */
const viewOf = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const toUtf8 = (bytes: Uint8Array) => viewOf(bytes).toString('utf8');
// Sorted by UTF-8 bytes as the format demands; the SDK's other setting sorts by locale.
const serializer = serializeFactory(fromUtf8, { utf8Sorting: true });
const { deserializeMessageHeader } = deserializeFactory(toUtf8, NodeAlgorithmSuite);

const { decompressBytesToUuidv4 } = uuidv4Factory(
  (hex) => new Uint8Array(Buffer.from(hex, 'hex')),
  (bytes) => viewOf(bytes).toString('hex'),
);

/** "Ciphertext" of the hierarchical keyring: salt, IV, branch key version, then the data key of 32 bytes and its tag. */
const WRAPPED = { versionAt: 16 + 12, versionBytes: 16, bytes: 16 + 12 + 16 + 32 + 16 } as const;

/**
 * @returns the id of the branch key version that the data key is wrapped under
 * @throws Error if the hierarchical keyring did not write it
 * @see AWS Encryption SDK specification, "AWS KMS hierarchical keyring", section "Ciphertext"
 */
export function wrappingKeyVersion({ encryptedDataKey }: EncryptedDataKey): string {
  if (encryptedDataKey.length !== WRAPPED.bytes) throw new Error('Not a data key under a branch key');
  const { versionAt, versionBytes } = WRAPPED;
  return decompressBytesToUuidv4(encryptedDataKey.subarray(versionAt, versionAt + versionBytes));
}

/** A message whose shape is known, and nothing of it authenticated yet. */
export interface ParsedMessage {
  readonly bytes: Buffer;
  readonly header: MessageHeaderV2;
  readonly info: HeaderInfo;
  /** Where the ciphertext of the only frame lies; undefined when there are several frames. */
  readonly onlyFrame: { start: number; end: number } | undefined;
}

/**
 * Reads the header and walks over the frames, so that no byte is left unaccounted for: a message without a
 * signature would otherwise accept anything appended to it.
 * @throws Error on everything that this service never wrote
 */
export function parseMessage(message: Uint8Array): ParsedMessage {
  const bytes = viewOf(message);
  const info = deserializeMessageHeader(bytes, { maxEncryptedDataKeys: MAX_ENCRYPTED_DATA_KEYS });
  if (!info) throw new Error('The header is incomplete');
  const { messageHeader: header } = info;
  if (header.version !== MessageFormat.V2 || info.algorithmSuite.id !== SUITE.id) {
    throw new Error('Another algorithm suite');
  }
  if (header.contentType !== ContentType.FRAMED_DATA) throw new Error('The body is not framed');
  return { bytes, header, info, onlyFrame: walkFrames(bytes, info) };
}

function walkFrames(bytes: Buffer, info: HeaderInfo): ParsedMessage['onlyFrame'] {
  let position = info.headerLength + info.headerAuth.headerAuthLength;
  for (let sequenceNumber = 1; ; sequenceNumber += 1) {
    const frame = decodeBodyHeader(bytes, info, position);
    if (!frame || frame.sequenceNumber !== sequenceNumber) throw new Error('A frame is missing');
    if (!viewOf(frame.iv).equals(serializer.frameIv(IV_BYTES, sequenceNumber)))
      throw new Error('A foreign IV');
    const start = frame.readPos;
    position = start + frame.contentLength + TAG_BYTES;
    if (position > bytes.length) throw new Error('A frame is incomplete');
    if (!frame.isFinalFrame) continue;
    if (position !== bytes.length) throw new Error('There are bytes after the last frame');
    return sequenceNumber === 1 ? { start, end: start + frame.contentLength } : undefined;
  }
}

const HEADER_IV = Buffer.from(serializer.headerAuthIv(IV_BYTES));
const FRAME_IV = Buffer.from(serializer.frameIv(IV_BYTES, 1));

/** "Body AAD": message id, content type, sequence number, content length. */
function frameAad(messageId: Uint8Array, contentLength: number): Buffer {
  const numbers = Buffer.alloc(12);
  numbers.writeUInt32BE(1, 0);
  numbers.writeUInt32BE(contentLength, 8);
  return Buffer.concat([messageId, FINAL_FRAME_STRING, numbers]);
}

/**
 * Writes a message of one final frame; the SDK's stream wrapper does the same in five times the time.
 * @param plaintext at most FRAME_LENGTH_BYTES
 */
export function sealOneFrame(material: NodeEncryptionMaterial, plaintext: Uint8Array): Buffer {
  const { getCipherInfo, dispose } = getEncryptHelper(material);
  try {
    const messageId = pooledRandomBytes(MessageIdLength.V2);
    const { getCipher, keyCommitment } = getCipherInfo(messageId);
    const messageHeader = serializer.buildMessageHeader({
      suite: SUITE,
      encryptedDataKeys: material.encryptedDataKeys,
      encryptionContext: material.encryptionContext,
      messageId,
      frameLength: FRAME_LENGTH_BYTES,
      suiteData: keyCommitment,
    });
    const header = viewOf(serializer.serializeMessageHeader(messageHeader));
    const headerAuth = getCipher(HEADER_IV).setAAD(header);
    headerAuth.final();
    const frame = getCipher(FRAME_IV).setAAD(frameAad(messageId, plaintext.byteLength));
    const content = frame.update(viewOf(plaintext));
    frame.final();
    const frameHeader = serializer.finalFrameHeader(1, FRAME_IV, plaintext.byteLength);
    return Buffer.concat([header, headerAuth.getAuthTag(), frameHeader, content, frame.getAuthTag()]);
  } finally {
    dispose();
  }
}

/**
 * Reads a message of one frame, commitment and header first.
 * @throws Error if any part of it is not authentic
 */
export function openOneFrame(
  material: NodeDecryptionMaterial,
  { bytes, header, info }: ParsedMessage,
  { start, end }: { start: number; end: number },
): Buffer {
  const { getDecipherInfo, dispose } = getDecryptionHelper(material);
  try {
    const getDecipher = getDecipherInfo(header.messageId, header.suiteData);
    getDecipher(HEADER_IV)
      .setAAD(viewOf(info.rawHeader))
      .setAuthTag(viewOf(info.headerAuth.headerAuthTag))
      .final();
    const frame = getDecipher(FRAME_IV)
      .setAAD(frameAad(header.messageId, end - start))
      .setAuthTag(bytes.subarray(end, end + TAG_BYTES));
    const plaintext = frame.update(bytes.subarray(start, end));
    frame.final();
    return plaintext;
  } finally {
    dispose();
  }
}
