import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  BatchGetItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { type DynamoDbLocal, javaIsInstalled, startDynamoDbLocal } from '../dynamodb-local.js';
import { testCredentials, testRegion } from './aws-endpoint.js';
import { type DynamoDbProxy, startDynamoDbProxy } from './dynamodb-proxy.js';
import { throughputExceeded, throttling, transactionConflict } from './faults.js';

describe('the proxy before DynamoDB', () => {
  if (!javaIsInstalled()) {
    it.todo('NOT TESTED: DynamoDB Local needs Java 17, which is not installed');
    return;
  }
  let local: DynamoDbLocal;
  let proxy: DynamoDbProxy;
  const clients: DynamoDBClient[] = [];
  const TableName = 'rows';
  const row = (id: string) => ({ id: { S: id } });

  const clientWith = (config: DynamoDBClientConfig = {}) => {
    const { url: endpoint } = proxy.endpoint;
    clients.push(
      new DynamoDBClient({
        endpoint,
        region: testRegion,
        credentials: testCredentials,
        maxAttempts: 1,
        ...config,
      }),
    );
    return clients.at(-1)!;
  };

  beforeAll(async () => {
    local = await startDynamoDbLocal();
    proxy = await startDynamoDbProxy(local.endpoint);
    await clientWith().send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    );
    proxy.endpoint.reset();
  }, 90_000);
  afterEach(() => proxy.endpoint.reset());
  afterAll(async () => {
    for (const client of clients) client.destroy();
    await proxy?.close();
    await local?.stop();
  });

  it('passes calls, answers and exceptions on', async () => {
    const client = clientWith();
    await client.send(new PutItemCommand({ TableName, Item: row('a') }));
    const { Item } = await client.send(new GetItemCommand({ TableName, Key: row('a') }));
    expect(Item).toEqual(row('a'));
    const absent = 'attribute_not_exists(id)';
    await expect(
      client.send(new PutItemCommand({ TableName, Item: row('a'), ConditionExpression: absent })),
    ).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    await expect(
      client.send(new GetItemCommand({ TableName: 'missing', Key: row('a') })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    expect(proxy.endpoint.counts()).toEqual({ PutItem: 2, GetItem: 2 });
  });

  it('throttles as DynamoDB does, before anything is done', async () => {
    const client = clientWith();
    for (const fault of [throttling, throughputExceeded]) {
      const { code } = fault as { code: string };
      proxy.endpoint.faults.inject(fault, { operation: 'PutItem', times: 1 });
      const Item = row(code);
      await expect(client.send(new PutItemCommand({ TableName, Item }))).rejects.toMatchObject({
        name: code,
      });
      const { Item: stored } = await client.send(new GetItemCommand({ TableName, Key: Item }));
      expect(stored).toBeUndefined();
    }
  });

  it('cancels a transaction for a conflict, with its reasons', async () => {
    proxy.endpoint.faults.inject(transactionConflict);
    const TransactItems = [{ Put: { TableName, Item: row('contested') } }];
    await expect(clientWith().send(new TransactWriteItemsCommand({ TransactItems }))).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'TransactionConflict' }, { Code: 'None' }],
    });
  });

  it('reads half of a batch and leaves the other half, of one key nothing', async () => {
    const client = clientWith();
    const Keys = ['b', 'c', 'd'].map(row);
    for (const Item of Keys) await client.send(new PutItemCommand({ TableName, Item }));
    proxy.endpoint.faults.inject({ kind: 'half-batch' });
    const batch = (asked: typeof Keys) =>
      client.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: asked } } }));
    const { Responses, UnprocessedKeys } = await batch(Keys);
    expect(Responses).toEqual({ [TableName]: [row('b')] });
    expect(UnprocessedKeys).toEqual({ [TableName]: { Keys: [row('c'), row('d')] } });
    const one = await batch([row('d')]);
    expect([one.Responses, one.UnprocessedKeys]).toEqual([{}, { [TableName]: { Keys: [row('d')] } }]);
  });

  it('loses an answer after the call was carried out', async () => {
    const client = clientWith();
    proxy.endpoint.faults.inject({ kind: 'lost-answer' }, { operation: 'PutItem' });
    await expect(client.send(new PutItemCommand({ TableName, Item: row('lost') }))).rejects.toMatchObject({
      message: expect.stringMatching(/ECONNRESET|socket hang up/),
    });
    const { Item } = await client.send(new GetItemCommand({ TableName, Key: row('lost') }));
    expect(Item).toEqual(row('lost'));
  });

  it('takes what is signed for DynamoDB in its region alone, which DynamoDB Local would not see', async () => {
    await expect(clientWith({ region: 'eu-west-1' }).send(new ListTablesCommand({}))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    });
    await expect(clientWith().send(new ListTablesCommand({}))).resolves.toMatchObject({
      TableNames: [TableName],
    });
  });
});
