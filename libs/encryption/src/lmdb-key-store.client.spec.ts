import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  BatchGetItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type Put,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
  type ScanCommandInput,
  type TransactWriteItem,
  TransactWriteItemsCommand,
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
const keyOf = (id: string, type: string) => ({ 'branch-key-id': { S: id }, type: { S: type } });
const deletion = (id: string, type: string, old?: string): TransactWriteItem => ({
  Delete: {
    TableName: 'keys',
    Key: keyOf(id, type),
    ...(old !== undefined && {
      ConditionExpression: 'attribute_exists(#bkid) AND #enc = :encOld',
      ExpressionAttributeNames: { '#bkid': 'branch-key-id', '#enc': 'enc' },
      ExpressionAttributeValues: { ':encOld': { B: new Uint8Array(Buffer.from(old)) } },
    }),
  },
});
const absence = (id: string, type: string): TransactWriteItem => ({
  ConditionCheck: {
    TableName: 'keys',
    Key: keyOf(id, type),
    ConditionExpression: 'attribute_not_exists(#bkid)',
    ExpressionAttributeNames: { '#bkid': 'branch-key-id' },
  },
});
const query = (id: string): QueryCommandInput => ({
  TableName: 'keys',
  KeyConditionExpression: '#bkid = :bkid',
  ExpressionAttributeNames: { '#bkid': 'branch-key-id' },
  ExpressionAttributeValues: { ':bkid': { S: id } },
  ConsistentRead: true,
});
const activeRows: ScanCommandInput = {
  TableName: 'keys',
  FilterExpression: '#type = :type',
  ExpressionAttributeNames: { '#type': 'type' },
  ExpressionAttributeValues: { ':type': { S: 'branch:ACTIVE' } },
  ConsistentRead: true,
};
const namesOf = (items: Record<string, { S?: string }>[] | undefined) =>
  (items ?? []).map((item) => `${item['branch-key-id']?.S} ${item['type']?.S}`);
const write = (...TransactItems: TransactWriteItem[]) =>
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

  it('deletes rows, on a condition or not, with the others of the transaction or not at all', async () => {
    await write(putNew('a', 'one', 'first'), putNew('a', 'two'), putNew('a', 'three'));
    for (const refused of [
      [deletion('a', 'two'), deletion('a', 'one', 'second')],
      [deletion('a', 'two'), deletion('a', 'absent', 'first')],
      [deletion('a', 'two'), absence('a', 'one')],
    ]) {
      await expect(write(...refused)).rejects.toMatchObject({
        CancellationReasons: [{ Code: 'None' }, { Code: 'ConditionalCheckFailed' }],
      });
      expect(await read('a', 'two')).toBe('enc');
    }
    await write(
      deletion('a', 'one', 'first'),
      deletion('a', 'two'),
      deletion('a', 'absent'),
      absence('b', 'one'),
    );
    expect([await read('a', 'one'), await read('a', 'two'), await read('a', 'three')]).toEqual([
      undefined,
      undefined,
      'enc',
    ]);
  });

  it('finds the rows of one patient, and of no other', async () => {
    await write(putNew('a', 'one'), putNew('aa', 'one'), putNew('b', 'one'), putNew('b', 'two'));
    expect(namesOf((await client.send(new QueryCommand(query('b')))).Items)).toEqual(['b one', 'b two']);
    expect(namesOf((await client.send(new QueryCommand(query('a')))).Items)).toEqual(['a one']);
    expect((await client.send(new QueryCommand(query('c')))).Items).toEqual([]);
  });

  it('walks all rows or those of one type by pages, without the note that a row was deleted', async () => {
    const ids = ['a', 'b', 'c', 'd', 'e'];
    for (const id of ids) await write(putNew(id, 'beacon:ACTIVE'), putNew(id, 'branch:ACTIVE'));
    await write(deletion('c', 'beacon:ACTIVE'));
    const seen: string[] = [];
    let start: ScanCommandInput['ExclusiveStartKey'];
    do {
      const page = await client.send(new ScanCommand({ ...activeRows, Limit: 2, ExclusiveStartKey: start }));
      seen.push(...namesOf(page.Items));
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
    expect(seen).toEqual(ids.map((id) => `${id} branch:ACTIVE`));
    expect((await client.send(new ScanCommand({ TableName: 'keys' }))).Items).toHaveLength(9);
    const fromGone = { TableName: 'keys', ExclusiveStartKey: keyOf('c', 'beacon:ACTIVE') };
    expect(namesOf((await client.send(new ScanCommand(fromGone))).Items)[0]).toBe('c branch:ACTIVE');
  });

  const { Put } = putNew('a', 'branch:ACTIVE');
  const { ConditionExpression: _, ...unconditional } = Put;
  it.each<[string, Supported]>([
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
      'a delete of nothing',
      new TransactWriteItemsCommand({ TransactItems: [{ Delete: { TableName: 'keys', Key: {} } }] }),
    ],
    [
      'a delete under another condition',
      new TransactWriteItemsCommand({
        TransactItems: [
          {
            Delete: {
              TableName: 'keys',
              Key: keyOf('a', 'b'),
              ConditionExpression: 'attribute_exists(#bkid)',
            },
          },
        ],
      }),
    ],
    [
      'an update',
      new TransactWriteItemsCommand({ TransactItems: [{ Update: undefined }, { Put: undefined }] }),
    ],
    ['another key condition', new QueryCommand({ ...query('a'), KeyConditionExpression: '#bkid > :bkid' })],
    [
      'a query by another attribute',
      new QueryCommand({ ...query('a'), ExpressionAttributeNames: { '#bkid': 'enc' } }),
    ],
    ['a query with a limit', new QueryCommand({ ...query('a'), Limit: 1 })],
    ['another filter', new ScanCommand({ ...activeRows, FilterExpression: '#type <> :type' })],
    [
      'a filter by number',
      new ScanCommand({ ...activeRows, ExpressionAttributeValues: { ':type': { N: '1' } } }),
    ],
    ['a value without a filter', new ScanCommand({ ...activeRows, FilterExpression: undefined })],
    ['a parallel scan', new ScanCommand({ TableName: 'keys', Segment: 0, TotalSegments: 2 })],
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
    const batch = new BatchGetItemCommand({ RequestItems: {} });
    const put = new PutItemCommand({ TableName: 'keys', Item: itemOf('a', 'b', 'c') });
    await expect(client.send(batch)).rejects.toThrow('does not support this operation');
    await expect(client.send(put)).rejects.toThrow('does not support this operation');
  });
});

function transaction(item: { Put: Put | undefined }) {
  return new TransactWriteItemsCommand({ TransactItems: [item] });
}

type Supported = TransactWriteItemsCommand | GetItemCommand | QueryCommand | ScanCommand;

const send = (command: Supported): Promise<unknown> => Reflect.apply(client.send, client, [command]);
