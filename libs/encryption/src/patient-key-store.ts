import { BranchKeyStoreNode } from '@aws-crypto/client-node';
import type { NodeBranchKeyMaterial } from '@aws-crypto/material-management';
import {
  type DynamoDBClient,
  GetItemCommand,
  type GetItemCommandOutput,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import { IncorrectKeyException, InvalidCiphertextException, type KMSClient } from '@aws-sdk/client-kms';
import { Problem, problemTypes } from '@app/problem-details';
import { BranchKeyError } from './branch-key-error.js';
import type { BranchKeyFetcher, BranchKeySource } from './branch-key-source.js';

export interface PatientKeyStoreOptions {
  dynamoDbClient: DynamoDBClient;
  kmsClient: KMSClient;
  /** ARN of the KMS key that wraps branch keys; an alias is refused by the SDK. */
  kmsKeyArn: string;
  tableName: string;
  /** Bound into every wrapped key, so that a restored table may have another name. It can never change. */
  logicalName: string;
}

const ACTIVE_ROW = 'branch:ACTIVE';
const versionRow = (version: string) => `branch:version:${version}`;

/**
 * The branch keys of the patients, in the SDK's own key-store schema: branch key id = patient id.
 * @see AWS Encryption SDK Developer Guide, "Using the AWS KMS Hierarchical keyring"
 */
export class PatientKeyStore implements BranchKeyFetcher {
  readonly #configuration: ConstructorParameters<typeof BranchKeyStoreNode>[0];
  readonly #branchKeys: BranchKeyStoreNode;

  constructor(private readonly options: PatientKeyStoreOptions) {
    this.#configuration = {
      logicalKeyStoreName: options.logicalName,
      storage: { ddbTableName: options.tableName, ddbClient: withConsistentReads(options.dynamoDbClient) },
      keyManagement: { kmsClient: options.kmsClient },
      kmsConfiguration: { identifier: options.kmsKeyArn },
    };
    this.#branchKeys = new BranchKeyStoreNode(this.#configuration);
  }

  /**
   * Gives the patient a branch key: 3 KMS calls, one transaction of three rows.
   * Resolves too when he has one already, so that it can be repeated.
   * @throws Problem `key-service-unavailable`
   */
  async create(patientId: string): Promise<void> {
    try {
      // The SDK demands a context with an id of our own; it becomes `aws-crypto-ec:patient_id` in KMS and CloudTrail.
      await this.#branchKeys.createKey({
        branchKeyIdentifier: patientId,
        encryptionContext: { patient_id: patientId },
      });
    } catch (cause) {
      // Every row is put only if absent: a cancelled transaction means that somebody else was first.
      if (cause instanceof TransactionCanceledException && (await this.#hasRow(patientId, ACTIVE_ROW)))
        return;
      throw new Problem(problemTypes.keyServiceUnavailable, { cause });
    }
  }

  /**
   * Adds a new version, which later messages are written under; older versions stay readable.
   * Other instances go on writing under the old one until their cache lets go of it.
   * @throws Problem `key-service-unavailable`
   */
  async rotate(patientId: string): Promise<void> {
    try {
      await this.#branchKeys.versionKey({ branchKeyIdentifier: patientId });
    } catch (cause) {
      throw new Problem(problemTypes.keyServiceUnavailable, { cause });
    }
  }

  /** For RecordCipher: plaintext key material; everybody else has no use for it. */
  async fetchActive(patientId: string): Promise<NodeBranchKeyMaterial> {
    try {
      return await this.#branchKeys.getActiveBranchKey(patientId);
    } catch (cause) {
      throw await this.#failure(patientId, ACTIVE_ROW, cause, 'no-key');
    }
  }

  /** For RecordCipher, as `fetchActive`. */
  async fetchVersion(patientId: string, version: string): Promise<NodeBranchKeyMaterial> {
    try {
      return await this.#branchKeys.getBranchKeyVersion(patientId, version);
    } catch (cause) {
      throw await this.#failure(patientId, versionRow(version), cause, 'unknown-version');
    }
  }

  /** @returns the key store as the keyring wants it, fed by `source` */
  readThrough(source: BranchKeySource): BranchKeyStoreNode {
    return new ReadThroughKeyStore(this.#configuration, source);
  }

  async #failure(patientId: string, row: string, cause: unknown, ifMissing: 'no-key' | 'unknown-version') {
    if (cause instanceof InvalidCiphertextException || cause instanceof IncorrectKeyException) {
      return new BranchKeyError('rejected', cause);
    }
    // The SDK reports a missing row by a bare Error with a sentence; asking again is surer than reading sentences.
    if (!isServiceException(cause)) {
      const exists = await this.#hasRow(patientId, row).catch(() => true);
      if (!exists) return new BranchKeyError(ifMissing, cause);
    }
    return new BranchKeyError('unavailable', cause);
  }

  async #hasRow(patientId: string, row: string): Promise<boolean> {
    const answer: GetItemCommandOutput = await this.options.dynamoDbClient.send(
      new GetItemCommand({
        TableName: this.options.tableName,
        Key: { 'branch-key-id': { S: patientId }, type: { S: row } },
        ConsistentRead: true,
      }),
    );
    return answer.Item !== undefined;
  }
}

const isServiceException = (error: unknown) =>
  typeof error === 'object' && error !== null && '$metadata' in error;

/**
 * The SDK reads the key store eventually consistent: a key that was created a moment ago by another instance could
 * be missing. A strongly consistent read of a cold key costs half a read unit more and needs no retry.
 */
function withConsistentReads(client: DynamoDBClient): DynamoDBClient {
  const send = (command: unknown, ...rest: unknown[]) => {
    if (command instanceof GetItemCommand) command.input.ConsistentRead = true;
    return Reflect.apply(client.send, client, [command, ...rest]) as unknown;
  };
  // An object that inherits from the client passes the SDK's `instanceof`.
  return Object.create(client, { send: { value: send } }) as DynamoDBClient;
}

/** The state lives outside: the SDK freezes the instance in its constructor. */
const sources = new WeakMap<BranchKeyStoreNode, BranchKeySource>();

/** What the keyring is given: each answer is a copy that nobody else holds. */
class ReadThroughKeyStore extends BranchKeyStoreNode {
  constructor(configuration: ConstructorParameters<typeof BranchKeyStoreNode>[0], source: BranchKeySource) {
    super(configuration);
    sources.set(this, source);
  }

  override getActiveBranchKey(branchKeyId: string): Promise<NodeBranchKeyMaterial> {
    return sourceOf(this).active(branchKeyId);
  }

  override getBranchKeyVersion(branchKeyId: string, version: string): Promise<NodeBranchKeyMaterial> {
    return sourceOf(this).version(branchKeyId, version);
  }
}

function sourceOf(keyStore: BranchKeyStoreNode): BranchKeySource {
  const source = sources.get(keyStore);
  if (source === undefined) throw new Error('A key store without a source');
  return source;
}
