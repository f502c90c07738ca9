import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { KMSClient } from '@aws-sdk/client-kms';

/** What the suite uses of the built lib. Its sources are not imported: they would be compiled over the build. */
export interface BuiltEncryption {
  LocalKmsClient: { open(rootKeyFile: string): LocalKms };
  LmdbKeyStoreClient: { open(file: string): DynamoDBClient & { close(): Promise<void> } };
  PatientKeyStore: new (options: KeyStoreOptions) => PatientKeys;
  RecordCipher: new (options: {
    keyStore: PatientKeys;
    cacheMaxEntries: number;
    cacheTtlSeconds: number;
  }) => RecordCipher;
}

export type LocalKms = KMSClient & { keyArn: string; calls: Record<string, number> };

interface KeyStoreOptions {
  dynamoDbClient: DynamoDBClient;
  kmsClient: KMSClient;
  kmsKeyArn: string;
  tableName: string;
  logicalName: string;
}

interface PatientKeys {
  create(patientId: string): Promise<void>;
}

export interface RecordCipher {
  encrypt(plaintext: Uint8Array, context: RecordContext): Promise<Uint8Array>;
  decrypt(message: Uint8Array, expected: RecordContext): Promise<Uint8Array>;
}

export type RecordContext = { patient_id: string; record: string };

/** @param serviceEntry built entry point of the service, `dist/apps/phi-api/src/main.js` */
export async function builtEncryption(serviceEntry: string): Promise<BuiltEncryption> {
  const file = resolve(dirname(serviceEntry), '../../../libs/encryption/src/index.js');
  return (await import(pathToFileURL(file).href)) as BuiltEncryption;
}
