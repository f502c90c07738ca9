import { BranchKeyStoreNode } from '@aws-crypto/client-node';
import type { NodeBranchKeyMaterial } from '@aws-crypto/material-management';
import { type DynamoDBClient, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  IncorrectKeyException,
  InvalidCiphertextException,
  type KMSClient,
  ReEncryptCommand,
} from '@aws-sdk/client-kms';
import { Problem, problemTypes } from '@app/problem-details';
import { BranchKeyError } from './branch-key-error.js';
import { ACTIVE_ROW, type BranchKeyRow, type KeyStoreItem, parseBranchKeyRow } from './branch-key-row.js';
import { BranchKeyRows, untilUncontested } from './branch-key-rows.js';
import type { BranchKeyFetcher, BranchKeySource } from './branch-key-source.js';
import { KmsKeys, type KmsKeysOptions } from './kms-keys.js';
import {
  ReadThroughKeyStore,
  type SdkKeyStoreConfiguration,
  sdkKeyStoreConfiguration,
} from './sdk-key-store.js';

export interface PatientKeyStoreOptions extends KmsKeysOptions {
  dynamoDbClient: DynamoDBClient;
  kmsClient: KMSClient;
  tableName: string;
  /** Bound into every wrapped key, so that a restored table may have another name. It can never change. */
  logicalName: string;
}

/** KMS calls under way for one patient. */
const REWRAPPED_AT_ONCE = 25;

/**
 * The branch keys of the patients, in the SDK's own key-store schema: branch key id = patient id.
 * Every method that changes something can be repeated, at the same time too, and is durable when it resolves.
 * @see AWS Encryption SDK Developer Guide, "Using the AWS KMS Hierarchical keyring"
 */
export class PatientKeyStore implements BranchKeyFetcher {
  readonly #kmsKeys: KmsKeys;
  readonly #rows: BranchKeyRows;
  readonly #configuration: SdkKeyStoreConfiguration;
  readonly #reader: BranchKeyStoreNode;
  #writer: { kmsKeyArn: string; branchKeys: BranchKeyStoreNode } | undefined;

  constructor(private readonly options: PatientKeyStoreOptions) {
    this.#kmsKeys = new KmsKeys(options);
    this.#rows = new BranchKeyRows(options.dynamoDbClient, options.tableName);
    this.#configuration = sdkKeyStoreConfiguration(options, (row) => this.#needsOurs(row));
    this.#reader = new BranchKeyStoreNode(this.#configuration);
  }

  /**
   * Gives the patient a branch key: 3 KMS calls, one transaction of three rows.
   * Resolves too when he has one already, so that it can be repeated.
   * @throws Problem `key-service-unavailable`
   */
  async create(patientId: string): Promise<void> {
    await this.#orProblem(() =>
      untilUncontested(async () => {
        const branchKeys = await this.#writerNow();
        try {
          // The SDK demands a context with an id of our own; it becomes `aws-crypto-ec:patient_id` in KMS and CloudTrail.
          await branchKeys.createKey({
            branchKeyIdentifier: patientId,
            encryptionContext: { patient_id: patientId },
          });
        } catch (error) {
          // Every row is put only if absent: a cancelled transaction means that somebody else was first.
          const isThere = error instanceof TransactionCanceledException && (await this.#has(patientId));
          if (!isThere) throw error;
        }
      }),
    );
  }

  /**
   * Adds a new version, which later messages are written under; older versions stay readable. Of rotations that race
   * each adds a version of its own. Other instances go on writing under the old one until their cache lets go of it.
   * @throws Problem `key-service-unavailable`, also when the patient has no key
   * @throws Problem `integrity-failure` when KMS refuses the key that is there
   */
  async rotate(patientId: string): Promise<void> {
    await this.#orProblem(() =>
      untilUncontested(async () => {
        const active = await this.#activeRow(patientId);
        // The SDK puts the new version under the KMS key of the old one.
        if (active?.kmsKeyArn !== (await this.#kmsKeys.current())) await this.#rewrap(patientId);
        await (await this.#writerNow()).versionKey({ branchKeyIdentifier: patientId });
      }),
    );
  }

  /**
   * One consistent read, no KMS call: nothing of it is authenticated until the key is used.
   * @returns id (UUID) of the version that new messages are written under; `undefined` when the patient has no key
   * @throws Problem `integrity-failure` when the row is none of a key store
   */
  async activeVersion(patientId: string): Promise<string | undefined> {
    return this.#orProblem(async () => (await this.#activeRow(patientId))?.version);
  }

  /**
   * Every patient who has a key, each once, in an order that means nothing.
   * @param after `next` of the page before
   */
  async patients(limit: number, after?: string): Promise<{ patientIds: string[]; next?: string }> {
    return this.#orProblem(async () => {
      const patientIds: string[] = [];
      for await (const item of this.#rows.all(after, true)) {
        const last = patientIds.at(-1);
        if (patientIds.length === limit && last !== undefined) return { patientIds, next: last };
        patientIds.push(item['branch-key-id']?.S ?? '');
      }
      return { patientIds };
    });
  }

  /**
   * Destroys the patient's key, all versions of it: what was encrypted under it cannot be read again, except by who
   * still holds it in a cache or has a copy of the key store.
   * @returns the number of rows deleted; 0 when there was nothing (any more)
   * @throws Problem `key-service-unavailable`; some of the rows may be gone then, a repetition deletes the others
   */
  async destroy(patientId: string): Promise<number> {
    return this.#orProblem(() => this.#rows.deletePatient(patientId));
  }

  /**
   * Has KMS wrap the patient's keys anew under the current KMS key. The keys stay the same, so every message does too,
   * and no plaintext leaves KMS.
   * @returns the number of rows that were under an earlier KMS key
   * @throws Problem `integrity-failure` when a row is altered, `key-service-unavailable`
   */
  async rewrap(patientId: string): Promise<number> {
    return this.#orProblem(() => this.#rewrap(patientId));
  }

  /**
   * Looks where the alias points now, at once: after it was moved.
   * @returns ARN of the KMS key that rows are written under from now on
   */
  async currentKmsKey(): Promise<string> {
    return this.#orProblem(() => this.#kmsKeys.lookUp());
  }

  /**
   * How many rows are under which KMS key, by its ARN: reads the whole table. One that is not among them is not needed
   * any more, except by backups and by who has not looked at the alias yet (`kmsKeyLookupSeconds`).
   */
  async kmsKeyUse(): Promise<Map<string, number>> {
    return this.#orProblem(async () => {
      const uses = new Map<string, number>();
      for await (const item of this.#rows.all(undefined, false)) {
        const arn = item['kms-arn']?.S ?? 'none';
        uses.set(arn, (uses.get(arn) ?? 0) + 1);
      }
      return uses;
    });
  }

  /** For RecordCipher: plaintext key material; everybody else has no use for it. */
  async fetchActive(patientId: string): Promise<NodeBranchKeyMaterial> {
    try {
      return await this.#reader.getActiveBranchKey(patientId);
    } catch (cause) {
      throw branchKeyError(cause);
    }
  }

  /** For RecordCipher, as `fetchActive`. */
  async fetchVersion(patientId: string, version: string): Promise<NodeBranchKeyMaterial> {
    try {
      return await this.#reader.getBranchKeyVersion(patientId, version);
    } catch (cause) {
      throw branchKeyError(cause);
    }
  }

  /** @returns the key store as the keyring wants it, fed by `source` */
  readThrough(source: BranchKeySource): BranchKeyStoreNode {
    return new ReadThroughKeyStore(this.#configuration, source);
  }

  async #rewrap(patientId: string): Promise<number> {
    let rewrapped = 0;
    await untilUncontested(async () => {
      const current = await this.#kmsKeys.current();
      const rows = (await this.#rows.ofPatient(patientId))
        .map((item) => parseBranchKeyRow(item, patientId, item['type']?.S ?? ''))
        .filter(({ kmsKeyArn }) => kmsKeyArn !== current);
      while (rows.length > 0) {
        const some = rows.splice(0, REWRAPPED_AT_ONCE);
        const items = await Promise.all(some.map((row) => this.#reEncrypted(row, current)));
        await this.#rows.replace(some.map(({ enc }, index) => ({ enc, item: items[index] ?? {} })));
        rewrapped += some.length;
      }
    });
    return rewrapped;
  }

  /** @returns the row under another KMS key; everything in its context but the key's ARN stays as it was */
  async #reEncrypted(row: BranchKeyRow, kmsKeyArn: string): Promise<KeyStoreItem> {
    await this.#needsOurs(row);
    const context = { ...row.attributes, tablename: this.options.logicalName };
    const { CiphertextBlob } = await this.options.kmsClient.send(
      new ReEncryptCommand({
        CiphertextBlob: row.enc,
        SourceKeyId: row.kmsKeyArn,
        SourceEncryptionContext: context,
        DestinationKeyId: kmsKeyArn,
        DestinationEncryptionContext: { ...context, 'kms-arn': kmsKeyArn },
      }),
    );
    if (CiphertextBlob === undefined) throw new Error('KMS re-encrypted nothing');
    const { 'hierarchy-version': hierarchyVersion = '', ...texts } = row.attributes;
    const item: KeyStoreItem = { 'hierarchy-version': { N: hierarchyVersion }, enc: { B: CiphertextBlob } };
    for (const [name, text] of Object.entries({ ...texts, 'kms-arn': kmsKeyArn })) item[name] = { S: text };
    return item;
  }

  async #activeRow(patientId: string): Promise<BranchKeyRow | undefined> {
    const item = await this.#rows.get(patientId, ACTIVE_ROW);
    return item && parseBranchKeyRow(item, patientId, ACTIVE_ROW);
  }

  async #has(patientId: string): Promise<boolean> {
    return (await this.#rows.get(patientId, ACTIVE_ROW)) !== undefined;
  }

  /** The SDK's key store writes under one KMS key, given at its making. */
  async #writerNow(): Promise<BranchKeyStoreNode> {
    const kmsKeyArn = await this.#kmsKeys.current();
    if (this.#writer?.kmsKeyArn !== kmsKeyArn) {
      const kmsConfiguration = { identifier: kmsKeyArn };
      this.#writer = {
        kmsKeyArn,
        branchKeys: new BranchKeyStoreNode({ ...this.#configuration, kmsConfiguration }),
      };
    }
    return this.#writer.branchKeys;
  }

  async #needsOurs({ kmsKeyArn }: BranchKeyRow): Promise<void> {
    if (await this.#kmsKeys.isOurs(kmsKeyArn)) return;
    throw new BranchKeyError('unavailable', new Error('Under a KMS key that is not ours'));
  }

  async #orProblem<Result>(action: () => Promise<Result>): Promise<Result> {
    try {
      return await action();
    } catch (error) {
      const cause = branchKeyError(error);
      const type =
        cause.failure === 'rejected' ? problemTypes.integrityFailure : problemTypes.keyServiceUnavailable;
      throw new Problem(type, { cause });
    }
  }
}

function branchKeyError(cause: unknown): BranchKeyError {
  if (cause instanceof BranchKeyError) return cause;
  const isRefused = cause instanceof InvalidCiphertextException || cause instanceof IncorrectKeyException;
  return new BranchKeyError(isRefused ? 'rejected' : 'unavailable', cause);
}
