import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AttributeValue, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import {
  BlindIndex,
  CursorCipher,
  type EarlierRecordContext,
  KeyedHash,
  LmdbKeyStoreClient,
  LocalKmsClient,
  PatientKeyStore,
  RecordCipher,
  type RecordContext,
  RowSeal,
} from './index.js';

interface Vectors {
  kms: { rootKeyBase64: string; keyArn: string };
  keyStore: {
    tableName: string;
    logicalName: string;
    rows: Record<string, { S?: string; N?: string; B?: string }>[];
  };
  /** Ids of the key versions that the messages are under. */
  branchKeyVersions?: { active: string; retired: string };
  messages: { file: string; plaintextBytes: number; context: RecordContext | EarlierRecordContext }[];
}

interface DerivedValues {
  rootBase64: string;
  blindIndex: { field: string; components: string[]; bits128: string; bits20: string };
  rowSeal: { parts: (string | number | boolean)[]; seal: string };
  keyedHash: { purpose: string; parts: string[]; hash: string };
  cursor: { position: string; binding: string[]; expiresAtSeconds: number; cursor: string };
}

function read<T>(folder: string): T & { bytesOf(file: string): Buffer } {
  const url = new URL(`../../../test/fixtures/vectors/${folder}/`, import.meta.url);
  const bytesOf = (file: string) => readFileSync(new URL(file, url));
  return { ...(JSON.parse(bytesOf('vectors.json').toString('utf8')) as T), bytesOf };
}

/** The key store and the root key of a folder, as they were. */
async function restore({ kms, keyStore: { tableName, logicalName, rows: stored } }: Vectors) {
  const folder = mkdtempSync(join(tmpdir(), 'phi-vectors-'));
  const rootKeyFile = join(folder, 'root.key');
  writeFileSync(rootKeyFile, Buffer.from(kms.rootKeyBase64, 'base64'), { mode: 0o600 });
  const kmsClient = LocalKmsClient.open(rootKeyFile);
  const rows = LmdbKeyStoreClient.open(join(folder, 'keys.lmdb'));
  const puts = stored.map((row) => ({
    Put: {
      TableName: tableName,
      Item: attributesOf(row),
      ConditionExpression: 'attribute_not_exists(#bkid)',
      ExpressionAttributeNames: { '#bkid': 'branch-key-id' },
    },
  }));
  await rows.send(new TransactWriteItemsCommand({ TransactItems: puts }));
  const kmsKeyArn = kmsClient.keyArn;
  const keyStore = new PatientKeyStore({
    dynamoDbClient: rows,
    kmsClient,
    kmsKeyArn,
    tableName,
    logicalName,
  });
  return {
    kmsKeyArn,
    cipher: new RecordCipher({ keyStore, cacheMaxEntries: 10, cacheTtlSeconds: 60 }),
    async close() {
      await rows.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function attributesOf(row: Vectors['keyStore']['rows'][number]): Record<string, AttributeValue> {
  const attributes = Object.entries(row).map(([name, { S, N, B }]): [string, AttributeValue] => {
    if (B !== undefined) return [name, { B: new Uint8Array(Buffer.from(B, 'base64')) }];
    return [name, N === undefined ? { S: S ?? '' } : { N }];
  });
  return Object.fromEntries(attributes);
}

const patternOf = (length: number) =>
  Buffer.from(Array.from({ length }, (_, index) => (31 * index + 7) & 0xff));

/** Every folder that was ever frozen, and how many messages it has: none may be lost. */
const FROZEN = [
  ['v1', 6],
  ['v2', 8],
] as const;

describe.each(FROZEN)('what this service once wrote, %s', (folder, count) => {
  const vectors = read<Vectors>(folder);
  let restored: Awaited<ReturnType<typeof restore>>;

  beforeAll(async () => {
    restored = await restore(vectors);
  });
  afterAll(() => restored.close());

  it.each(vectors.messages)('is read: $file', async ({ file, plaintextBytes, context }) => {
    const plaintext = await restored.cipher.decrypt(vectors.bytesOf(file), context);
    expect(Buffer.compare(plaintext, patternOf(plaintextBytes))).toBe(0);
  });

  it('is all there, and under the key that the root key file stands for', () => {
    expect(vectors.messages).toHaveLength(count);
    expect(restored.kmsKeyArn).toBe(vectors.kms.keyArn);
    const { rows: stored } = vectors.keyStore;
    expect(stored.map((row) => row['kms-arn']?.S)).toEqual(stored.map(() => vectors.kms.keyArn));
  });

  it('tells the version of its branch key', () => {
    const versionOf = ({ file }: { file: string }) =>
      restored.cipher.messageKeyVersion(vectors.bytesOf(file));
    const stored = vectors.keyStore.rows.map(({ type }) => type?.S);
    for (const message of vectors.messages) {
      expect(stored).toContain(`branch:version:${versionOf(message)}`);
    }
    const [retired, ...active] = vectors.messages.map(versionOf);
    expect(new Set(active).size).toBe(1);
    expect(active).not.toContain(retired);
    if (vectors.branchKeyVersions !== undefined) {
      expect({ active: active[0], retired }).toEqual(vectors.branchKeyVersions);
    }
  });
});

describe('what was once derived, v1', () => {
  const { derived } = read<{ derived: DerivedValues }>('v1');
  const roots = { active: 1, roots: { 1: Buffer.from(derived.rootBase64, 'base64') } };

  it('is found: index tokens and keyed hashes', () => {
    const { blindIndex, keyedHash } = derived;
    const index = new BlindIndex(roots);
    expect(index.token(blindIndex.field, blindIndex.components, 128)).toBe(blindIndex.bits128);
    expect(index.token(blindIndex.field, blindIndex.components, 20)).toBe(blindIndex.bits20);
    expect(new KeyedHash(roots, keyedHash.purpose).hash(keyedHash.parts)).toBe(keyedHash.hash);
  });

  it('is accepted: row seals and cursors', () => {
    const { rowSeal, cursor } = derived;
    expect(new RowSeal(roots).verify(rowSeal.parts, rowSeal.seal)).toBe(true);
    expect(new CursorCipher(roots).open(cursor.cursor, cursor.binding, cursor.expiresAtSeconds - 1)).toBe(
      cursor.position,
    );
  });
});
