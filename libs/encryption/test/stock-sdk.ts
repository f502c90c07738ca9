import {
  AlgorithmSuiteIdentifier,
  BranchKeyStoreNode,
  CommitmentPolicy,
  KmsHierarchicalKeyRingNode,
  buildClient,
} from '@aws-crypto/client-node';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { KMSClient } from '@aws-sdk/client-kms';

export interface StockSdkOptions {
  branchKeyId: string;
  dynamoDbClient: DynamoDBClient;
  kmsClient: KMSClient;
  kmsKeyArn: string;
  tableName: string;
  logicalName: string;
}

/**
 * The SDK as it comes, with its own client, keyring and cache and none of our code: the oracle that our messages are
 * compared with, and the baseline of our speed.
 */
export function stockSdk(options: StockSdkOptions) {
  const keyring = new KmsHierarchicalKeyRingNode({
    branchKeyId: options.branchKeyId,
    keyStore: new BranchKeyStoreNode({
      logicalKeyStoreName: options.logicalName,
      storage: { ddbTableName: options.tableName, ddbClient: options.dynamoDbClient },
      keyManagement: { kmsClient: options.kmsClient },
      kmsConfiguration: { identifier: options.kmsKeyArn },
    }),
    cacheLimitTtl: 300,
    maxCacheSize: 100,
    utf8Sorting: true,
  });
  const sdk = buildClient({
    commitmentPolicy: CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT,
    maxEncryptedDataKeys: 1,
  });
  return {
    sdk,
    keyring,
    /** With the settings of our own messages, unless told otherwise. */
    async encrypt(plaintext: Uint8Array, context: Readonly<Record<string, string>>, frameLength = 131_072) {
      const { result } = await sdk.encrypt(keyring, Buffer.from(plaintext), {
        suiteId: AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
        // A copy, because the SDK changes what it is given.
        encryptionContext: { ...context },
        frameLength,
      });
      return result;
    },
    /** Whatever its context: the SDK compares none. */
    async decrypt(message: Uint8Array): Promise<Buffer> {
      return (await sdk.decrypt(keyring, Buffer.from(message))).plaintext;
    },
  };
}
