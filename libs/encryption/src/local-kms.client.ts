import { type KeyObject, createCipheriv, createDecipheriv, createSecretKey, hkdfSync } from 'node:crypto';
import {
  DecryptCommand,
  type DecryptCommandInput,
  DescribeKeyCommand,
  EncryptCommand,
  type EncryptCommandInput,
  GenerateDataKeyWithoutPlaintextCommand,
  type GenerateDataKeyWithoutPlaintextCommandInput,
  IncorrectKeyException,
  InvalidCiphertextException,
  KMSClient,
  NotFoundException,
  ReEncryptCommand,
  type ReEncryptCommandInput,
  UnsupportedOperationException,
} from '@aws-sdk/client-kms';
import { lengthPrefixed } from './length-prefixed.js';
import { openKeyFile } from './key-file.js';
import { pooledRandomBytes } from './random-pool.js';

const FORMAT_VERSION = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const ALGORITHM = 'SYMMETRIC_DEFAULT';
const ACCOUNT = 'arn:aws:kms:local:000000000000:key/';

type EncryptionContext = Record<string, string>;
type Operation = 'Encrypt' | 'Decrypt' | 'ReEncrypt' | 'GenerateDataKeyWithoutPlaintext' | 'DescribeKey';

/**
 * KMS for one machine: the operations of the key store and the keyring, under a root key in a file.
 * Answers and errors have the shapes that KMS documents; what KMS would ignore or we do not know is refused.
 *
 * It protects a copy of the data folder without the root key file. It does not protect against whoever can read
 * that file, so it is no substitute for KMS in production.
 */
export class LocalKmsClient extends KMSClient {
  /** Calls by operation since the start, to be compared with what the cache promises. */
  readonly calls: Record<Operation, number> = {
    Encrypt: 0,
    Decrypt: 0,
    ReEncrypt: 0,
    GenerateDataKeyWithoutPlaintext: 0,
    DescribeKey: 0,
  };
  /** Follows from the root key: with another root key file, key-store rows are refused by name. */
  readonly keyArn: string;
  readonly #rootKey: KeyObject;
  override readonly send: KMSClient['send'];

  private constructor(rootKey: Buffer) {
    super({ region: 'local', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } });
    this.#rootKey = createSecretKey(rootKey);
    const id = Buffer.from(hkdfSync('sha256', rootKey, Buffer.alloc(0), 'phi/local-kms/key-id', 16)).toString(
      'hex',
    );
    this.keyArn = `${ACCOUNT}${id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')}`;
    rootKey.fill(0);
    this.send = ((command: unknown) => this.#answer(command)) as KMSClient['send'];
  }

  /**
   * @param rootKeyFile made on the first start (32 random bytes, mode 0600)
   * @throws SecretFileError when the file must not be used; nothing is overwritten
   */
  static open(rootKeyFile: string): LocalKmsClient {
    return new LocalKmsClient(openKeyFile(rootKeyFile, 'KMS root key'));
  }

  // Async, so that a refusal is a rejection as it is with the real client.
  async #answer(command: unknown): Promise<object> {
    if (command instanceof DecryptCommand) return this.#decrypt(command.input);
    if (command instanceof GenerateDataKeyWithoutPlaintextCommand)
      return this.#generateDataKey(command.input);
    if (command instanceof ReEncryptCommand) return this.#reEncrypt(command.input);
    if (command instanceof EncryptCommand) return this.#encrypt(command.input);
    if (command instanceof DescribeKeyCommand) return this.#describeKey(command.input.KeyId);
    throw new UnsupportedOperationException({ message: 'The local KMS does not do this', $metadata: {} });
  }

  #decrypt(input: DecryptCommandInput) {
    this.calls.Decrypt += 1;
    refuseOptions(input.DryRun, input.EncryptionAlgorithm, input.Recipient);
    if (input.KeyId !== undefined && !this.#isOurs(input.KeyId)) {
      throw new IncorrectKeyException({ message: 'Encrypted under another key', $metadata: {} });
    }
    const Plaintext = this.#open(input.CiphertextBlob, input.EncryptionContext ?? {});
    return { $metadata: {}, KeyId: this.keyArn, Plaintext, EncryptionAlgorithm: ALGORITHM };
  }

  #encrypt(input: EncryptCommandInput) {
    this.calls.Encrypt += 1;
    refuseOptions(input.DryRun, input.EncryptionAlgorithm);
    this.#needOurs(input.KeyId);
    const CiphertextBlob = this.#seal(input.Plaintext ?? new Uint8Array(), input.EncryptionContext ?? {});
    return { $metadata: {}, CiphertextBlob, KeyId: this.keyArn, EncryptionAlgorithm: ALGORITHM };
  }

  #reEncrypt(input: ReEncryptCommandInput) {
    this.calls.ReEncrypt += 1;
    refuseOptions(input.DryRun, input.SourceEncryptionAlgorithm, input.DestinationEncryptionAlgorithm);
    this.#needOurs(input.DestinationKeyId);
    if (input.SourceKeyId !== undefined) this.#needOurs(input.SourceKeyId);
    const plaintext = this.#open(input.CiphertextBlob, input.SourceEncryptionContext ?? {});
    const CiphertextBlob = this.#seal(plaintext, input.DestinationEncryptionContext ?? {});
    plaintext.fill(0);
    return {
      $metadata: {},
      CiphertextBlob,
      SourceKeyId: this.keyArn,
      KeyId: this.keyArn,
      SourceEncryptionAlgorithm: ALGORITHM,
      DestinationEncryptionAlgorithm: ALGORITHM,
    };
  }

  #generateDataKey(input: GenerateDataKeyWithoutPlaintextCommandInput) {
    this.calls.GenerateDataKeyWithoutPlaintext += 1;
    refuseOptions(input.DryRun, input.KeySpec);
    this.#needOurs(input.KeyId);
    const bytes = input.NumberOfBytes ?? 0;
    if (!Number.isInteger(bytes) || bytes < 1 || bytes > 1024) {
      throw new UnsupportedOperationException({ message: 'NumberOfBytes must be 1 to 1024', $metadata: {} });
    }
    const dataKey = pooledRandomBytes(bytes);
    const CiphertextBlob = this.#seal(dataKey, input.EncryptionContext ?? {});
    dataKey.fill(0);
    return { $metadata: {}, CiphertextBlob, KeyId: this.keyArn };
  }

  #describeKey(keyId: string | undefined) {
    this.calls.DescribeKey += 1;
    this.#needOurs(keyId);
    const KeyMetadata = {
      Arn: this.keyArn,
      KeyId: this.keyArn.slice(ACCOUNT.length),
      AWSAccountId: '000000000000',
      Enabled: true,
      KeyState: 'Enabled',
      KeyUsage: 'ENCRYPT_DECRYPT',
      KeySpec: ALGORITHM,
      Origin: 'EXTERNAL',
      KeyManager: 'CUSTOMER',
      EncryptionAlgorithms: [ALGORITHM],
      MultiRegion: false,
    };
    return { $metadata: {}, KeyMetadata };
  }

  /** Layout: format version (1), IV (12), ciphertext, tag (16). Random IVs are safe up to 2^32 wrapped keys. */
  #seal(plaintext: Uint8Array, context: EncryptionContext): Uint8Array {
    const iv = pooledRandomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#rootKey, iv).setAAD(this.#aad(context));
    const content = [cipher.update(plaintext), cipher.final()];
    return new Uint8Array(Buffer.concat([Buffer.of(FORMAT_VERSION), iv, ...content, cipher.getAuthTag()]));
  }

  #open(blob: Uint8Array | undefined, context: EncryptionContext): Uint8Array {
    const bytes = Buffer.from(blob ?? []);
    try {
      if (bytes[0] !== FORMAT_VERSION || bytes.length < 1 + IV_BYTES + TAG_BYTES)
        throw new Error('Unknown format');
      const tag = bytes.subarray(-TAG_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', this.#rootKey, bytes.subarray(1, 1 + IV_BYTES))
        .setAAD(this.#aad(context))
        .setAuthTag(tag);
      const content = decipher.update(bytes.subarray(1 + IV_BYTES, -TAG_BYTES));
      decipher.final();
      return new Uint8Array(content);
    } catch {
      throw new InvalidCiphertextException({
        message: 'The ciphertext or its context is wrong',
        $metadata: {},
      });
    }
  }

  #aad(context: EncryptionContext): Buffer {
    const pairs = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1));
    return lengthPrefixed([this.keyArn, ...pairs.flat()]);
  }

  #isOurs(keyId: string | undefined): boolean {
    return keyId === this.keyArn || keyId === this.keyArn.slice(ACCOUNT.length);
  }

  #needOurs(keyId: string | undefined): void {
    if (!this.#isOurs(keyId)) throw new NotFoundException({ message: 'There is no such key', $metadata: {} });
  }
}

/** An option that is silently ignored here would mean something in KMS. */
function refuseOptions(...options: unknown[]): void {
  if (options.some((option) => option !== undefined && option !== ALGORITHM)) {
    throw new UnsupportedOperationException({ message: 'The local KMS lacks this option', $metadata: {} });
  }
}
