import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { stockSdk } from '../../../libs/encryption/test/stock-sdk.js';
import { builtEncryption, type LocalKms, type RecordCipher, type RecordContext } from './built-encryption.js';
import type { ContenderName } from './crypto-figures.js';

/** One way to encrypt a record and to read it again. */
export interface Contender {
  encrypt(plaintext: Uint8Array): Uint8Array | Promise<Uint8Array>;
  decrypt(message: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

const ivBytes = 12;
const tagBytes = 16;

/** AES-256-GCM of `node:crypto` and nothing else: one key for all, no key derivation, nothing bound to the message. */
function rawAesGcm(): Contender {
  const key = randomBytes(32);
  return {
    encrypt(plaintext) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', key, iv);
      const ciphertext = cipher.update(plaintext);
      cipher.final();
      return Buffer.concat([iv, ciphertext, cipher.getAuthTag()]);
    },
    decrypt(message) {
      const decipher = createDecipheriv('aes-256-gcm', key, message.subarray(0, ivBytes));
      decipher.setAuthTag(message.subarray(-tagBytes));
      const plaintext = decipher.update(message.subarray(ivBytes, -tagBytes));
      decipher.final();
      return plaintext;
    },
  };
}

/** The built lib and the stock SDK on one key store, for one patient. */
export class CryptoBench {
  readonly contenders: Record<ContenderName, Contender>;

  private constructor(
    readonly kms: LocalKms,
    /** With a cold cache. */
    readonly openCipher: () => RecordCipher,
    readonly contextOf: (recordType: string) => RecordContext,
    stock: Contender,
    readonly close: () => Promise<void>,
  ) {
    const cipher = openCipher();
    const context = contextOf('Observation');
    const lib: Contender = {
      encrypt: (plaintext) => cipher.encrypt(plaintext, context),
      decrypt: (message) => cipher.decrypt(message, context),
    };
    this.contenders = { raw: rawAesGcm(), lib, stock };
  }

  /** @param folder for the root key and the key store */
  static async open(build: string, folder: string): Promise<CryptoBench> {
    mkdirSync(folder, { recursive: true });
    const built = await builtEncryption(build);
    const kmsClient = built.LocalKmsClient.open(join(folder, 'kms-root-key'));
    const dynamoDbClient = built.LmdbKeyStoreClient.open(join(folder, 'key-store.lmdb'));
    const shared = {
      dynamoDbClient,
      kmsClient,
      kmsKeyArn: kmsClient.keyArn,
      tableName: 'branch-keys',
      logicalName: 'branch-keys',
    };
    const keyStore = new built.PatientKeyStore(shared);
    const patientId = randomUUID();
    await keyStore.create(patientId);
    const openCipher = () => new built.RecordCipher({ keyStore, cacheMaxEntries: 100, cacheTtlSeconds: 300 });
    // As the service names a record: type, id in 22 characters, version.
    const recordId = randomBytes(16).toString('base64url');
    const contextOf = (recordType: string) => ({
      patient_id: patientId,
      record: `${recordType}/${recordId}/1`,
    });
    const sdk = stockSdk({ ...shared, branchKeyId: patientId });
    const context = contextOf('Observation');
    const stock: Contender = {
      encrypt: (plaintext) => sdk.encrypt(plaintext, context),
      decrypt: (message) => sdk.decrypt(message),
    };
    return new CryptoBench(kmsClient, openCipher, contextOf, stock, () => dynamoDbClient.close());
  }
}
