import {
  AlgorithmSuiteIdentifier,
  type EncryptedDataKey,
  MessageFormat,
  NodeAlgorithmSuite,
} from '@aws-crypto/client-node';
import {
  ContentType,
  type HeaderInfo,
  type MessageHeaderV2,
  decodeBodyHeader,
  deserializeFactory,
  serializeFactory,
} from '@aws-crypto/serialize';
import { type OneFrame, WRAPPED_BYTES, wrappedKeyVersion } from './one-frame-message.js';

/** The one suite that is written and read: AES-256-GCM, HKDF-SHA-512, key commitment, no signature. */
export const SUITE = new NodeAlgorithmSuite(
  AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
);
export const MAX_ENCRYPTED_DATA_KEYS = 1;

const IV_BYTES = 12;
const TAG_BYTES = 16;
const fromUtf8 = (text: string) => Buffer.from(text, 'utf8');
/** The same memory as a Buffer. */
const viewOf = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const toUtf8 = (bytes: Uint8Array) => viewOf(bytes).toString('utf8');
// Sorted by UTF-8 bytes as the format demands; the SDK's other setting sorts by locale.
const serializer = serializeFactory(fromUtf8, { utf8Sorting: true });
const { deserializeMessageHeader } = deserializeFactory(toUtf8, NodeAlgorithmSuite);

/**
 * @returns the id of the branch key version that the data key is wrapped under
 * @throws Error if the hierarchical keyring did not write it
 * @see AWS Encryption SDK specification, "AWS KMS hierarchical keyring", section "Ciphertext"
 */
export function wrappingKeyVersion({ encryptedDataKey }: EncryptedDataKey): string {
  if (encryptedDataKey.length !== WRAPPED_BYTES) throw new Error('Not a data key under a branch key');
  return wrappedKeyVersion(viewOf(encryptedDataKey));
}

/** A message whose shape is known, and nothing of it authenticated yet. */
export interface ParsedMessage {
  readonly bytes: Buffer;
  readonly header: MessageHeaderV2;
  readonly info: HeaderInfo;
  /** Absent when there are several frames. */
  readonly onlyFrame: OneFrame | undefined;
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
    return sequenceNumber === 1 ? oneFrame(bytes, info, start, start + frame.contentLength) : undefined;
  }
}

function oneFrame(bytes: Buffer, info: HeaderInfo, start: number, end: number): OneFrame {
  const { messageId, suiteData } = info.messageHeader as MessageHeaderV2;
  return {
    messageId,
    header: info.rawHeader,
    headerTag: info.headerAuth.headerAuthTag,
    commitment: suiteData,
    content: bytes.subarray(start, end),
    contentTag: bytes.subarray(end, end + TAG_BYTES),
  };
}
