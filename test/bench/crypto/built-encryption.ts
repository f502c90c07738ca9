import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { KMSClient } from '@aws-sdk/client-kms';
import { builtLib } from '../build-folder.js';

/** What the suite uses of the built lib. */
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

/** @param build folder of the build */
export const builtEncryption = (build: string) => builtLib<BuiltEncryption>(build, 'encryption');
