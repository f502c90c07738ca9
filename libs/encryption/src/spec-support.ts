import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Problem } from '@app/problem-details';
import { stockSdk } from '../test/stock-sdk.js';
import { LmdbKeyStoreClient } from './lmdb-key-store.client.js';
import { LocalKmsClient } from './local-kms.client.js';
import { PatientKeyStore } from './patient-key-store.js';
import { RecordCipher } from './record-cipher.js';
import type { RecordContext } from './record-context.js';

export const TABLE_NAME = 'branch-keys';
export const LOGICAL_NAME = 'phi-branch-keys';

/** A real key store in a folder of its own, which counts the calls and can be made to fail; close it after use. */
export class KeyPlatform {
  keyStoreCalls = 0;
  /** When set, every call fails with it before it reaches the service. */
  kmsOutage: Error | undefined;
  keyStoreOutage: Error | undefined;
  readonly folder = mkdtempSync(join(tmpdir(), 'phi-encryption-'));
  readonly kms = LocalKmsClient.open(join(this.folder, 'kms-root.key'));
  readonly rows = LmdbKeyStoreClient.open(join(this.folder, 'branch-keys.lmdb'));
  readonly keyStore = this.openKeyStore();

  openKeyStore(rows: DynamoDBClient = this.rows): PatientKeyStore {
    return new PatientKeyStore({
      dynamoDbClient: intercepted(rows, () => {
        this.keyStoreCalls += 1;
        if (this.keyStoreOutage !== undefined) throw this.keyStoreOutage;
      }),
      kmsClient: intercepted(this.kms, () => {
        if (this.kmsOutage !== undefined) throw this.kmsOutage;
      }),
      kmsKeyArn: this.kms.keyArn,
      tableName: TABLE_NAME,
      logicalName: LOGICAL_NAME,
    });
  }

  /** @returns how often KMS and the key store were called so far */
  keyAccesses(): { kms: number; keyStore: number } {
    const kms = Object.values(this.kms.calls).reduce((sum, calls) => sum + calls);
    return { kms, keyStore: this.keyStoreCalls };
  }

  cipher(cacheMaxEntries = 1000, keyStore = this.keyStore): RecordCipher {
    return new RecordCipher({ keyStore, cacheMaxEntries, cacheTtlSeconds: 300 });
  }

  /** The SDK as it comes, with a keyring of its own: what our messages are compared with. */
  stock(branchKeyId: string) {
    return stockSdk({
      branchKeyId,
      dynamoDbClient: this.rows,
      kmsClient: this.kms,
      kmsKeyArn: this.kms.keyArn,
      tableName: TABLE_NAME,
      logicalName: LOGICAL_NAME,
    });
  }

  async close(): Promise<void> {
    await this.rows.close();
    rmSync(this.folder, { recursive: true });
  }
}

/** The same client, but `before` runs first; an object that inherits from it passes `instanceof`. */
export function intercepted<T extends { send(command: never): unknown }>(
  client: T,
  before: (command: unknown) => void,
): T {
  const send = async (command: unknown) => {
    before(command);
    return Reflect.apply(client.send, client, [command]);
  };
  return Object.create(client, { send: { value: send } }) as T;
}

export const contextOf = (patientId: string, changes: Partial<RecordContext> = {}): RecordContext => ({
  patient_id: patientId,
  record: 'Observation/C49_DlOmSlOboC8vDhp8EQ/1',
  ...changes,
});

/** @returns `message` with every `part` in it, of the same length, put in the place of `original` */
export function replaced(message: Buffer, original: string | Buffer, part: string | Buffer): Buffer {
  const [from, to] = [Buffer.from(original), Buffer.from(part)];
  if (from.length !== to.length || !message.includes(from)) throw new Error('Nothing to put it in place of');
  const changed = Buffer.from(message);
  for (let at = changed.indexOf(from); at !== -1; at = changed.indexOf(from, at + 1)) changed.set(to, at);
  return changed;
}

/** @returns the type of the Problem that `attempt` is refused with; 'accepted' when it is not */
export async function refusalOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return 'accepted';
  } catch (error) {
    if (error instanceof Problem) return error.type.name;
    throw error;
  }
}
