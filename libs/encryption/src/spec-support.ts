import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  KmsHierarchicalKeyRingNode,
  BranchKeyStoreNode,
  CommitmentPolicy,
  buildClient,
} from '@aws-crypto/client-node';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Problem } from '@app/problem-details';
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

  cipher(cacheMaxEntries = 1000, keyStore = this.keyStore): RecordCipher {
    return new RecordCipher({ keyStore, cacheMaxEntries, cacheTtlSeconds: 300 });
  }

  /** The SDK as it comes, with a keyring of its own: what our messages are compared with. */
  stock(branchKeyId: string) {
    const keyring = new KmsHierarchicalKeyRingNode({
      branchKeyId,
      keyStore: new BranchKeyStoreNode({
        logicalKeyStoreName: LOGICAL_NAME,
        storage: { ddbTableName: TABLE_NAME, ddbClient: this.rows },
        keyManagement: { kmsClient: this.kms },
        kmsConfiguration: { identifier: this.kms.keyArn },
      }),
      cacheLimitTtl: 300,
      maxCacheSize: 100,
      utf8Sorting: true,
    });
    const sdk = buildClient({
      commitmentPolicy: CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT,
      maxEncryptedDataKeys: 1,
    });
    return { keyring, sdk };
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
  record_type: 'Observation',
  record_id: '0b8f7f0e-53a6-4a53-9ba0-2f2f0e1a7c11',
  record_version: '1',
  ...changes,
});

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
