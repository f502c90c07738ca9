import { hkdfSync } from 'node:crypto';
import { IV_BYTES, TAG_BYTES } from './algorithm-suites.js';
import { decryptAesGcm } from './authenticated-decryption.js';
import { ByteReader } from './byte-reader.js';
import { needs } from './unreadable.js';

const ROOT_KEY_BYTES = 32;
const FORMAT_VERSION = 1;
const KEY_ID_INFO = 'phi/local-kms/key-id';
const ARN_PREFIX = 'arn:aws:kms:local:000000000000:key/';

/**
 * The root key file of the embedded platform, which stands for a KMS key.
 * @see README.md of this folder, "Formats of our own"
 */
export class LocalRootKey {
  /** Follows from the key, so a row says by name which root key it needs. */
  readonly arn: string;

  /** @throws Unreadable if it is not 32 bytes */
  constructor(private readonly key: Buffer) {
    needs(key.length === ROOT_KEY_BYTES, 'A root key file does not hold exactly 32 bytes.');
    const id = Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), KEY_ID_INFO, 16)).toString('hex');
    this.arn = ARN_PREFIX + id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }

  /**
   * What `kms:Decrypt` does. Layout: format version (1 byte), IV (12), ciphertext, tag (16).
   * @param context KMS encryption context
   * @throws Unreadable
   */
  decrypt(blob: Buffer, context: ReadonlyMap<string, string>): Buffer {
    const reader = new ByteReader(blob);
    needs(reader.uint8() === FORMAT_VERSION, 'A branch key is wrapped in an unknown format.');
    const iv = reader.bytes(IV_BYTES);
    const content = reader.bytes(Math.max(0, reader.left - TAG_BYTES));
    const tag = reader.bytes(TAG_BYTES);
    // By UTF-16 units; the names are ASCII.
    const pairs = [...context].sort(([a], [b]) => (a < b ? -1 : 1));
    const aad = lengthPrefixed([this.arn, ...pairs.flat()]);
    return decryptAesGcm(this.key, { iv, aad, content, tag }, 'A branch key or its row is not authentic.');
  }
}

/** Their number, then each text behind its length in bytes; numbers of 4 bytes. */
function lengthPrefixed(texts: readonly string[]): Buffer {
  const number = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const parts = texts.flatMap((text) => [number(Buffer.byteLength(text)), Buffer.from(text)]);
  return Buffer.concat([number(texts.length), ...parts]);
}
