import { type BranchKeyName } from './hierarchical-keyring.js';
import { type LocalRootKey } from './local-root-key.js';
import { needs } from './unreadable.js';

/** A row of the key store as DynamoDB's attribute values; both platforms store it so. */
export type KeyStoreRow = Readonly<Record<string, { S?: string; N?: string; B?: Uint8Array }>>;

const VERSION_PREFIX = 'branch:version:';
const BRANCH_KEY_BYTES = 32;

/**
 * Unwraps branch keys with root keys.
 * @see AWS Encryption SDK Specification, "Branch Key Store", "Encryption Context", "AWS KMS Branch Key Decryption"
 */
export class BranchKeys {
  readonly #rootKeys: ReadonlyMap<string, LocalRootKey>;

  /**
   * @param findRow by partition key and sort key
   * @param logicalName of the key store: part of what every wrapped key is bound to, and in no row
   */
  constructor(
    private readonly findRow: (branchKeyId: string, type: string) => KeyStoreRow | undefined,
    rootKeys: readonly LocalRootKey[],
    private readonly logicalName: string,
  ) {
    this.#rootKeys = new Map(rootKeys.map((key) => [key.arn, key]));
  }

  /**
   * @returns the branch key, 32 bytes
   * @throws Unreadable if it was destroyed, its root key is not there, or its row was changed
   */
  get({ branchKeyId, version }: BranchKeyName): Buffer {
    const type = VERSION_PREFIX + version;
    const row = this.findRow(branchKeyId, type);
    needs(row !== undefined, "The patient's key is not in the key store.");
    const wrapped = row['enc']?.B;
    const arn = row['kms-arn']?.S;
    needs(wrapped !== undefined && arn !== undefined, 'A row of the key store is incomplete.');
    const isOwn = row['branch-key-id']?.S === branchKeyId && row['type']?.S === type;
    needs(isOwn, 'A row of the key store stands in the place of another.');
    const rootKey = this.#rootKeys.get(arn);
    needs(rootKey !== undefined, 'The root key that the row names is not there.');
    const key = rootKey.decrypt(Buffer.from(wrapped), this.#contextOf(row));
    needs(key.length === BRANCH_KEY_BYTES, 'A branch key has another length.');
    return key;
  }

  /** Every attribute but the wrapped key, numbers as text, and the key store's logical name. */
  #contextOf(row: KeyStoreRow): Map<string, string> {
    const context = new Map([['tablename', this.logicalName]]);
    for (const [name, { S, N }] of Object.entries(row)) {
      if (name === 'enc') continue;
      const value = S ?? N;
      needs(value !== undefined && name !== 'tablename', 'A row of the key store has a foreign attribute.');
      context.set(name, value);
    }
    return context;
  }
}
