import { createCipheriv, createDecipheriv } from 'node:crypto';
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
import { pooledRandomBytes } from './random-pool.js';
import { type RootKey, RootKeyFiles } from './root-key-files.js';

const FORMAT_VERSION = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const ALGORITHM = 'SYMMETRIC_DEFAULT';
const ACCOUNT = 'arn:aws:kms:local:000000000000:';
const ALIAS = 'alias/phi-branch-keys';

const arnOf = ({ id }: RootKey) => `${ACCOUNT}key/${id}`;

type EncryptionContext = Record<string, string>;
type Operation = 'Encrypt' | 'Decrypt' | 'ReEncrypt' | 'GenerateDataKeyWithoutPlaintext' | 'DescribeKey';

/**
 * KMS for one machine: the operations of the key store and the keyring, under root keys in files, and one alias that
 * points to the newest of them. Answers and errors have the shapes that KMS documents; what KMS would ignore or we do
 * not know is refused.
 *
 * It protects a copy of the data folder without the root key files. It does not protect against whoever can read
 * those, so it is no substitute for KMS in production.
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
  readonly aliasArn = `${ACCOUNT}${ALIAS}`;
  override readonly send: KMSClient['send'];

  private constructor(private readonly rootKeys: RootKeyFiles) {
    super({ region: 'local', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } });
    this.send = ((command: unknown) => this.#answer(command)) as KMSClient['send'];
  }

  /**
   * @param rootKeyFile made on the first start (32 random bytes, mode 0600), unless there is a later one, see `RootKeyFiles`
   * @throws SecretFileError when a file must not be used; nothing is overwritten
   */
  static open(rootKeyFile: string): LocalKmsClient {
    return new LocalKmsClient(new RootKeyFiles(rootKeyFile));
  }

  /** ARN of the newest key. It follows from the root key: with another file, key-store rows are refused by name. */
  get keyArn(): string {
    return arnOf(this.rootKeys.newest);
  }

  /** ARNs of all keys that are here. */
  get keyArns(): string[] {
    return this.rootKeys.all().map(arnOf);
  }

  /**
   * Makes a new key and points the alias to it, as an operator does with CreateKey and UpdateAlias. Other processes
   * see it when they ask for the alias or for the key.
   * @returns its ARN
   * @throws SecretFileError
   */
  addKey(): string {
    return arnOf(this.rootKeys.add());
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
    const { key, plaintext } = this.#open(input.CiphertextBlob, input.EncryptionContext ?? {}, input.KeyId);
    return { $metadata: {}, KeyId: arnOf(key), Plaintext: plaintext, EncryptionAlgorithm: ALGORITHM };
  }

  #encrypt(input: EncryptCommandInput) {
    this.calls.Encrypt += 1;
    refuseOptions(input.DryRun, input.EncryptionAlgorithm);
    const key = this.#needKey(input.KeyId);
    const CiphertextBlob = seal(key, input.Plaintext ?? new Uint8Array(), input.EncryptionContext ?? {});
    return { $metadata: {}, CiphertextBlob, KeyId: arnOf(key), EncryptionAlgorithm: ALGORITHM };
  }

  #reEncrypt(input: ReEncryptCommandInput) {
    this.calls.ReEncrypt += 1;
    refuseOptions(input.DryRun, input.SourceEncryptionAlgorithm, input.DestinationEncryptionAlgorithm);
    const destination = this.#needKey(input.DestinationKeyId);
    const source = this.#open(input.CiphertextBlob, input.SourceEncryptionContext ?? {}, input.SourceKeyId);
    const CiphertextBlob = seal(destination, source.plaintext, input.DestinationEncryptionContext ?? {});
    source.plaintext.fill(0);
    return {
      $metadata: {},
      CiphertextBlob,
      SourceKeyId: arnOf(source.key),
      KeyId: arnOf(destination),
      SourceEncryptionAlgorithm: ALGORITHM,
      DestinationEncryptionAlgorithm: ALGORITHM,
    };
  }

  #generateDataKey(input: GenerateDataKeyWithoutPlaintextCommandInput) {
    this.calls.GenerateDataKeyWithoutPlaintext += 1;
    refuseOptions(input.DryRun, input.KeySpec);
    const key = this.#needKey(input.KeyId);
    const bytes = input.NumberOfBytes ?? 0;
    if (!Number.isInteger(bytes) || bytes < 1 || bytes > 1024) {
      throw new UnsupportedOperationException({ message: 'NumberOfBytes must be 1 to 1024', $metadata: {} });
    }
    const dataKey = pooledRandomBytes(bytes);
    const CiphertextBlob = seal(key, dataKey, input.EncryptionContext ?? {});
    dataKey.fill(0);
    return { $metadata: {}, CiphertextBlob, KeyId: arnOf(key) };
  }

  #describeKey(keyId: string | undefined) {
    this.calls.DescribeKey += 1;
    const key = this.#describedKey(keyId);
    const KeyMetadata = {
      Arn: arnOf(key),
      KeyId: key.id,
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

  /** The one operation that takes the alias here. */
  #describedKey(keyId: string | undefined): RootKey {
    if (keyId !== ALIAS && keyId !== this.aliasArn) return this.#needKey(keyId);
    this.rootKeys.refresh();
    return this.rootKeys.newest;
  }

  #needKey(keyId: string | undefined): RootKey {
    const key = this.#find(keyId);
    if (key === undefined) throw new NotFoundException({ message: 'There is no such key', $metadata: {} });
    return key;
  }

  #find(keyId: string | undefined): RootKey | undefined {
    const isAsked = (key: RootKey) => keyId === key.id || keyId === arnOf(key);
    const known = this.rootKeys.all().find(isAsked);
    if (known !== undefined) return known;
    // Another process may have made it.
    this.rootKeys.refresh();
    return this.rootKeys.all().find(isAsked);
  }

  /** As KMS does, finds the key by itself; a key that is named must be the one. */
  #open(blob: Uint8Array | undefined, context: EncryptionContext, keyId: string | undefined) {
    const named = keyId === undefined ? undefined : this.#find(keyId);
    if (keyId !== undefined && named === undefined) throw incorrectKey();
    const others = this.rootKeys.all().filter((key) => key !== named);
    for (const key of named === undefined ? others : [named, ...others]) {
      const plaintext = unseal(key, Buffer.from(blob ?? []), context);
      if (plaintext === undefined) continue;
      if (named === undefined || key === named) return { key, plaintext };
      plaintext.fill(0);
      throw incorrectKey();
    }
    throw new InvalidCiphertextException({
      message: 'The ciphertext or its context is wrong',
      $metadata: {},
    });
  }
}

const incorrectKey = () =>
  new IncorrectKeyException({ message: 'Encrypted under another key', $metadata: {} });

/** Layout: format version (1), IV (12), ciphertext, tag (16). Random IVs are safe up to 2^32 wrapped keys. */
function seal(key: RootKey, plaintext: Uint8Array, context: EncryptionContext): Uint8Array {
  const iv = pooledRandomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key.key, iv).setAAD(aadOf(key, context));
  const content = [cipher.update(plaintext), cipher.final()];
  return new Uint8Array(Buffer.concat([Buffer.of(FORMAT_VERSION), iv, ...content, cipher.getAuthTag()]));
}

/** @returns undefined when it was not sealed under this key and context */
function unseal(key: RootKey, bytes: Buffer, context: EncryptionContext): Uint8Array | undefined {
  if (bytes[0] !== FORMAT_VERSION || bytes.length < 1 + IV_BYTES + TAG_BYTES) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key.key, bytes.subarray(1, 1 + IV_BYTES))
    .setAAD(aadOf(key, context))
    .setAuthTag(bytes.subarray(-TAG_BYTES));
  const content = decipher.update(bytes.subarray(1 + IV_BYTES, -TAG_BYTES));
  try {
    decipher.final();
    return new Uint8Array(content);
  } catch {
    content.fill(0);
    return undefined;
  }
}

function aadOf(key: RootKey, context: EncryptionContext): Buffer {
  const parts = [arnOf(key)];
  for (const name of Object.keys(context).sort()) parts.push(name, context[name] ?? '');
  return lengthPrefixed(parts);
}

/** An option that is silently ignored here would mean something in KMS. */
function refuseOptions(...options: unknown[]): void {
  if (options.some((option) => option !== undefined && option !== ALGORITHM)) {
    throw new UnsupportedOperationException({ message: 'The local KMS lacks this option', $metadata: {} });
  }
}
