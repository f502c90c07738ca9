import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  type Put,
} from '@aws-sdk/client-dynamodb';
import { LmdbKeyStoreClient } from './lmdb-key-store.client.js';

let folder: string;
let path: string;
let client: LmdbKeyStoreClient;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phi-key-store-'));
  path = join(folder, 'branch-keys.lmdb');
  client = LmdbKeyStoreClient.open(path);
});
afterEach(async () => {
  await client.close();
  rmSync(folder, { recursive: true });
});

const itemOf = (id: string, type: string, enc: string) => ({
  'branch-key-id': { S: id },
  type: { S: type },
  enc: { B: new Uint8Array(Buffer.from(enc)) },
  'hierarchy-version': { N: '1' },
});
const putNew = (id: string, type: string, enc = 'enc'): { Put: Put } => ({
  Put: {
    TableName: 'keys',
    Item: itemOf(id, type, enc),
    ConditionExpression: 'attribute_not_exists(#bkid)',
    ExpressionAttributeNames: { '#bkid': 'branch-key-id' },
  },
});
const putOver = (id: string, type: string, old: string, enc: string): { Put: Put } => ({
  Put: {
    TableName: 'keys',
    Item: itemOf(id, type, enc),
    ConditionExpression: 'attribute_exists(#bkid) AND #enc = :encOld',
    ExpressionAttributeNames: { '#bkid': 'branch-key-id', '#enc': 'enc' },
    ExpressionAttributeValues: { ':encOld': { B: new Uint8Array(Buffer.from(old)) } },
  },
});
const write = (...TransactItems: { Put: Put }[]) =>
  client.send(new TransactWriteItemsCommand({ TransactItems }));
const read = async (id: string, type: string) => {
  const Key = { 'branch-key-id': { S: id }, type: { S: type } };
  const { Item } = await client.send(new GetItemCommand({ TableName: 'keys', Key }));
  const enc = Item?.['enc']?.B;
  return enc === undefined ? undefined : Buffer.from(enc).toString();
};

describe('LmdbKeyStoreClient', () => {
  it('is a DynamoDBClient whose files only the owner can read', () => {
    expect(client).toBeInstanceOf(DynamoDBClient);
    for (const file of [path, `${path}-lock`]) expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('keeps rows over a restart, in their attribute shapes', async () => {
    await write(putNew('a', 'branch:ACTIVE'));
    await client.close();
    client = LmdbKeyStoreClient.open(path);
    const { Item } = await client.send(
      new GetItemCommand({
        TableName: 'keys',
        Key: { 'branch-key-id': { S: 'a' }, type: { S: 'branch:ACTIVE' } },
      }),
    );
    expect(Item).toMatchObject({ 'branch-key-id': { S: 'a' }, 'hierarchy-version': { N: '1' } });
    expect(Item?.['enc']?.B).toBeInstanceOf(Uint8Array);
    expect(readFileSync(path).length).toBeGreaterThan(0);
  });

  it('answers a missing row without an item', async () => {
    expect(await read('a', 'branch:ACTIVE')).toBeUndefined();
  });

  it('writes all rows or none', async () => {
    await write(putNew('a', 'one'));
    await expect(
      write(putNew('a', 'two'), putNew('a', 'one', 'changed'), putNew('a', 'three')),
    ).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'None' }, { Code: 'ConditionalCheckFailed' }, { Code: 'None' }],
    });
    expect(await read('a', 'one')).toBe('enc');
    expect(await read('a', 'two')).toBeUndefined();
    expect(await read('a', 'three')).toBeUndefined();
  });

  it('replaces a row only if it is as it was read', async () => {
    await write(putNew('a', 'branch:ACTIVE', 'first'));
    await write(putOver('a', 'branch:ACTIVE', 'first', 'second'));
    expect(await read('a', 'branch:ACTIVE')).toBe('second');
    for (const refused of [
      putOver('a', 'branch:ACTIVE', 'first', 'third'),
      putOver('b', 'branch:ACTIVE', 'first', 'x'),
    ]) {
      await expect(write(refused)).rejects.toMatchObject({ name: 'TransactionCanceledException' });
    }
    expect(await read('a', 'branch:ACTIVE')).toBe('second');
    expect(await read('b', 'branch:ACTIVE')).toBeUndefined();
  });

  it('lets one of many concurrent writers of the same row win', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) => write(putNew('a', 'branch:ACTIVE', `writer ${index}`))),
    );
    const winners = results.flatMap(({ status }, index) =>
      status === 'fulfilled' ? [`writer ${index}`] : [],
    );
    expect(winners).toHaveLength(1);
    expect(await read('a', 'branch:ACTIVE')).toBe(winners[0]);
  });

  const { Put } = putNew('a', 'branch:ACTIVE');
  const { ConditionExpression: _, ...unconditional } = Put;
  it.each<[string, TransactWriteItemsCommand | GetItemCommand]>([
    ['a put without a condition', transaction({ Put: unconditional })],
    ['another condition', transaction({ Put: { ...Put, ConditionExpression: 'attribute_exists(#bkid)' } })],
    [
      'the name of another attribute',
      transaction({ Put: { ...Put, ExpressionAttributeNames: { '#bkid': 'enc' } } }),
    ],
    [
      'an unused name',
      transaction({ Put: { ...Put, ExpressionAttributeNames: { '#bkid': 'branch-key-id', '#x': 'x' } } }),
    ],
    ['an unused value', transaction({ Put: { ...Put, ExpressionAttributeValues: { ':x': { S: 'x' } } } })],
    [
      'a delete',
      new TransactWriteItemsCommand({ TransactItems: [{ Delete: { TableName: 'keys', Key: {} } }] }),
    ],
    [
      'a client request token',
      new TransactWriteItemsCommand({ TransactItems: [{ Put }], ClientRequestToken: 'x' }),
    ],
    ['a projection', new GetItemCommand({ TableName: 'keys', Key: {}, ProjectionExpression: 'enc' })],
    [
      'a key that is not text',
      new GetItemCommand({ TableName: 'keys', Key: { 'branch-key-id': { N: '1' } } }),
    ],
  ])('refuses %s loudly and writes nothing', async (_, command) => {
    await expect(send(command)).rejects.toThrow('The local key store does not support');
    expect(await read('a', 'branch:ACTIVE')).toBeUndefined();
  });

  it('refuses operations that the SDK does not ask today', async () => {
    const query = new QueryCommand({ TableName: 'keys', KeyConditionExpression: 'x' });
    const put = new PutItemCommand({ TableName: 'keys', Item: itemOf('a', 'b', 'c') });
    await expect(client.send(query)).rejects.toThrow('does not support this operation');
    await expect(client.send(put)).rejects.toThrow('does not support this operation');
  });
});

function transaction(item: { Put: Put | undefined }) {
  return new TransactWriteItemsCommand({ TransactItems: [item] });
}

function send(command: TransactWriteItemsCommand | GetItemCommand): Promise<unknown> {
  return command instanceof GetItemCommand ? client.send(command) : client.send(command);
}
