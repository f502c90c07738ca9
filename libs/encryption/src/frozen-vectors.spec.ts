import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AttributeValue, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import {
  BlindIndex,
  CursorCipher,
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
  messages: { file: string; plaintextBytes: number; context: RecordContext }[];
  derived: {
    rootBase64: string;
    blindIndex: { field: string; components: string[]; bits128: string; bits20: string };
    rowSeal: { parts: (string | number | boolean)[]; seal: string };
    keyedHash: { purpose: string; parts: string[]; hash: string };
    cursor: { position: string; binding: string[]; expiresAtSeconds: number; cursor: string };
  };
}

const FOLDER = new URL('../../../test/fixtures/vectors/v1/', import.meta.url);
const vectors = JSON.parse(readFileSync(new URL('vectors.json', FOLDER), 'utf8')) as Vectors;
const roots = { active: 1, roots: { 1: Buffer.from(vectors.derived.rootBase64, 'base64') } };

let folder: string;
let rows: LmdbKeyStoreClient;
let cipher: RecordCipher;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'phi-vectors-'));
  const rootKeyFile = join(folder, 'root.key');
  writeFileSync(rootKeyFile, Buffer.from(vectors.kms.rootKeyBase64, 'base64'), { mode: 0o600 });
  const kmsClient = LocalKmsClient.open(rootKeyFile);
  rows = LmdbKeyStoreClient.open(join(folder, 'keys.lmdb'));
  const { tableName, logicalName } = vectors.keyStore;
  await rows.send(new TransactWriteItemsCommand({ TransactItems: vectors.keyStore.rows.map(restored) }));
  const kmsKeyArn = kmsClient.keyArn;
  const keyStore = new PatientKeyStore({
    dynamoDbClient: rows,
    kmsClient,
    kmsKeyArn,
    tableName,
    logicalName,
  });
  cipher = new RecordCipher({ keyStore, cacheMaxEntries: 10, cacheTtlSeconds: 60 });
});
afterAll(async () => {
  await rows.close();
  rmSync(folder, { recursive: true });
});

function restored(row: Vectors['keyStore']['rows'][number]) {
  const attributes = Object.entries(row).map(([name, { S, N, B }]): [string, AttributeValue] => {
    if (B !== undefined) return [name, { B: new Uint8Array(Buffer.from(B, 'base64')) }];
    return [name, N === undefined ? { S: S ?? '' } : { N }];
  });
  return {
    Put: {
      TableName: vectors.keyStore.tableName,
      Item: Object.fromEntries(attributes),
      ConditionExpression: 'attribute_not_exists(#bkid)',
      ExpressionAttributeNames: { '#bkid': 'branch-key-id' },
    },
  };
}

const patternOf = (length: number) =>
  Buffer.from(Array.from({ length }, (_, index) => (31 * index + 7) & 0xff));

describe('what this service once wrote', () => {
  it.each(vectors.messages)('is read: $file', async ({ file, plaintextBytes, context }) => {
    const plaintext = await cipher.decrypt(readFileSync(new URL(file, FOLDER)), context);
    expect(Buffer.compare(plaintext, patternOf(plaintextBytes))).toBe(0);
  });

  it('is under the key that the root key file stands for', () => {
    expect(vectors.messages.map(({ file }) => file)).toContain('two-frames.message');
    const { rows: stored } = vectors.keyStore;
    expect(stored.map((row) => row['kms-arn']?.S)).toEqual(stored.map(() => vectors.kms.keyArn));
  });

  it('is found: index tokens and keyed hashes', () => {
    const { blindIndex, keyedHash } = vectors.derived;
    const index = new BlindIndex(roots);
    expect(index.token(blindIndex.field, blindIndex.components, 128)).toBe(blindIndex.bits128);
    expect(index.token(blindIndex.field, blindIndex.components, 20)).toBe(blindIndex.bits20);
    expect(new KeyedHash(roots, keyedHash.purpose).hash(keyedHash.parts)).toBe(keyedHash.hash);
  });

  it('is accepted: row seals and cursors', () => {
    const { rowSeal, cursor } = vectors.derived;
    expect(new RowSeal(roots).verify(rowSeal.parts, rowSeal.seal)).toBe(true);
    expect(new CursorCipher(roots).open(cursor.cursor, cursor.binding, cursor.expiresAtSeconds - 1)).toBe(
      cursor.position,
    );
  });
});
