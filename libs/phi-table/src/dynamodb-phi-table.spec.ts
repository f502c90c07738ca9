import { afterEach, describe, expect, it } from '@jest/globals';
import { fault, scriptedDynamoDb, type Answer, type ScriptedDynamoDb } from '../test/scripted-dynamodb.js';
import { DynamoDbPhiTable } from './dynamodb-phi-table.js';
import type { RetryOptions } from './dynamodb-retry.js';
import { tableDefinitions, timeToLive } from './dynamodb-table-definitions.js';
import { ConditionFailed, TableUnavailable, type PhiKey, type TableWrite } from './phi-table.js';

const tables = { records: 'records-test', audit: 'audit-test' };
const key: PhiKey = { table: 'records', partition: 'PATIENT#1', sort: 'PROFILE' };
const CANARY = 'CANARY-4711';
const put: TableWrite = {
  type: 'put',
  item: { ...key, attributes: { secret: CANARY } },
  condition: { type: 'absent' },
};
const event: TableWrite = { type: 'put', item: { ...key, table: 'audit', attributes: {} } };
const cancelled = (...codes: string[]) =>
  fault('TransactionCanceledException', {
    CancellationReasons: codes.map((Code) => ({ Code, Message: CANARY })),
  });

describe('DynamoDbPhiTable over a wire with faults', () => {
  const scripted: ScriptedDynamoDb[] = [];
  const open = (...script: Answer[]) => openWith(3, script);
  const openWith = async (
    maxAttempts: number,
    script: Answer[],
    retry: RetryOptions = { attempts: 3, firstPauseMs: 1 },
  ) => {
    const dynamoDb = await scriptedDynamoDb(script, maxAttempts);
    scripted.push(dynamoDb);
    return { dynamoDb, table: new DynamoDbPhiTable({ client: dynamoDb.client, tables, retry }) };
  };
  afterEach(async () => {
    for (const dynamoDb of scripted.splice(0)) await dynamoDb.close();
  });
  const refusalOf = (written: Promise<unknown>) =>
    written.then(
      () => undefined,
      (error: unknown) => error,
    );

  it('repeats a transaction that collided, under the same token', async () => {
    const { dynamoDb, table } = await open(
      cancelled('TransactionConflict', 'None'),
      cancelled('None', 'ThrottlingError'),
    );
    await table.transactWrite([put, event]);
    const tokens = dynamoDb.requests.map(({ body }) => body.ClientRequestToken);
    expect(tokens).toHaveLength(3);
    expect(new Set(tokens).size).toBe(1);
    expect(tokens[0]).toMatch(/^[0-9a-f-]{36}$/);
    await table.transactWrite([put, event]);
    expect(dynamoDb.requests.at(-1)?.body.ClientRequestToken).not.toBe(tokens[0]);
  });

  it('gives up after a bounded number of collisions, with nothing written', async () => {
    const { dynamoDb, table } = await open(
      ...Array.from({ length: 9 }, () => cancelled('TransactionConflict', 'None')),
    );
    expect(await refusalOf(table.transactWrite([put, event]))).toMatchObject({
      name: 'TableUnavailable',
      notWritten: true,
    });
    expect(dynamoDb.requests).toHaveLength(3);
  });

  it('gives up when the time for it is over, however few attempts there were', async () => {
    const throttled = Array.from({ length: 9 }, () => fault('ThrottlingException'));
    const { dynamoDb, table } = await openWith(1, throttled, { firstPauseMs: 1, withinMs: 0 });
    expect(await refusalOf(table.transactWrite([put, event]))).toMatchObject({
      name: 'TableUnavailable',
      notWritten: true,
    });
    expect(dynamoDb.requests).toHaveLength(1);
  });

  it('names the failed positions although others collided', async () => {
    const { table } = await open(cancelled('TransactionConflict', 'ConditionalCheckFailed'));
    expect(await refusalOf(table.transactWrite([put, event]))).toMatchObject({
      name: 'ConditionFailed',
      failed: [1],
    });
  });

  it('repeats a transaction whose answer was lost under its token, so that it can not fail against itself', async () => {
    const { dynamoDb, table } = await open('lost');
    await expect(table.transactWrite([put, event])).resolves.toBeUndefined();
    expect(new Set(dynamoDb.requests.map(({ body }) => body.ClientRequestToken)).size).toBe(1);
  });

  it('says that it does not know when a single conditional write failed after a lost answer', async () => {
    const { dynamoDb, table } = await open('lost', fault('ConditionalCheckFailedException'));
    const refusal = await refusalOf(table.transactWrite([put]));
    expect(refusal).toMatchObject({ name: 'TableUnavailable', notWritten: false });
    expect(dynamoDb.requests.map(({ operation }) => operation)).toStrictEqual(['PutItem', 'PutItem']);
  });

  it('says that the condition failed when the first answer was that', async () => {
    const { table } = await open(fault('ConditionalCheckFailedException'));
    expect(await refusalOf(table.transactWrite([put]))).toEqual(new ConditionFailed([0]));
  });

  it('does not take a collision before a failed condition for a lost answer', async () => {
    const { dynamoDb, table } = await open(
      fault('TransactionConflictException'),
      fault('ConditionalCheckFailedException'),
    );
    expect(await refusalOf(table.transactWrite([put]))).toEqual(new ConditionFailed([0]));
    expect(dynamoDb.requests).toHaveLength(2);
  });

  it('asks again for keys that were left unprocessed, and only for those', async () => {
    const item = (sort: string) => ({ pk: { S: 'PATIENT#1' }, sk: { S: sort }, attributes: { M: {} } });
    const keyOf = (sort: string) => ({ pk: { S: 'PATIENT#1' }, sk: { S: sort } });
    const { dynamoDb, table } = await open(
      {
        body: {
          Responses: { 'records-test': [item('B')] },
          UnprocessedKeys: { 'records-test': { Keys: [keyOf('A')], ConsistentRead: true } },
        },
      },
      { body: { Responses: { 'records-test': [item('A')] }, UnprocessedKeys: {} } },
    );
    const read = await table.batchGet(['A', 'B', 'C'].map((sort) => ({ ...key, sort })));
    expect(read.map((found) => found?.sort)).toStrictEqual(['A', 'B', undefined]);
    expect(dynamoDb.requests.at(-1)?.body.RequestItems).toStrictEqual({
      'records-test': { Keys: [keyOf('A')], ConsistentRead: true },
    });
  });

  it('gives up when keys stay unprocessed', async () => {
    const Keys = [{ pk: { S: 'PATIENT#1' }, sk: { S: 'PROFILE' } }];
    const unprocessed: Answer = { body: { Responses: {}, UnprocessedKeys: { 'records-test': { Keys } } } };
    const { dynamoDb, table } = await open(...Array.from({ length: 9 }, () => unprocessed));
    expect(await refusalOf(table.batchGet([key]))).toBeInstanceOf(TableUnavailable);
    expect(dynamoDb.requests).toHaveLength(3);
  });

  it('leaves out what a lagging global index still shows at its old position', async () => {
    const entry = (sort: string) => ({
      pk: { S: 'CHAIN#1' },
      sk: { S: sort },
      patientPartition: { S: 'PATIENT#1' },
      patientSort: { S: 'old' },
    });
    const item = (sort: string, patientSort: string) => ({
      ...entry(sort),
      patientSort: { S: patientSort },
      attributes: { M: {} },
    });
    const { table } = await open(
      { body: { Items: [entry('stays'), entry('moved'), entry('gone')], Count: 3 } },
      {
        body: {
          Responses: { 'audit-test': [item('moved', 'new'), item('stays', 'old')] },
          UnprocessedKeys: {},
        },
      },
    );
    const page = await table.query({ table: 'audit', index: 'patient', partition: 'PATIENT#1', limit: 10 });
    expect(page.items.map(({ sort }) => sort)).toStrictEqual(['stays']);
    expect(page.next).toBeUndefined();
  });

  it('reads the table and its local indexes consistently', async () => {
    const { dynamoDb, table } = await open();
    await table.get(key);
    await table.query({ table: 'records', partition: 'PATIENT#1', limit: 1 });
    await table.query({ table: 'records', partition: 'PATIENT#1', index: 'recordedAt', limit: 1 });
    await table.batchGet([key]);
    const [get, query, local, batch] = dynamoDb.requests.map(({ body }) => body);
    expect([get, query, local].map((body) => body?.ConsistentRead)).toStrictEqual([true, true, true]);
    expect(batch?.RequestItems).toMatchObject({ 'records-test': { ConsistentRead: true } });
  });

  it.each([
    ['ValidationException', true],
    ['ResourceNotFoundException', true],
    ['AccessDeniedException', true],
    ['TransactionInProgressException', false],
    ['IdempotentParameterMismatchException', false],
  ])('tells of %s without what was sent', async (name, notWritten) => {
    const answers = Array.from({ length: 9 }, () =>
      fault(name, { message: `bad value ${CANARY}`, Item: CANARY }),
    );
    const { table } = await openWith(1, answers);
    const refusal = await refusalOf(table.transactWrite([put, event]));
    expect(refusal).toMatchObject({ name: 'TableUnavailable', notWritten });
    const { message, stack, cause } = refusal as TableUnavailable;
    expect(cause).toBeUndefined();
    expect(message).toContain(name);
    expect(`${message}${stack}${JSON.stringify(refusal)}`).not.toContain(CANARY);
  });

  it('lets what is under way end when it is closed, and refuses the rest', async () => {
    const { table } = await open();
    const written = table.transactWrite([put]);
    await table.close();
    await expect(written).resolves.toBeUndefined();
    expect(await refusalOf(table.get(key))).toMatchObject({ name: 'TableUnavailable', notWritten: true });
  });
});

describe('definitions of the tables', () => {
  const { records, audit } = tableDefinitions(tables);

  it('are on demand, with local indexes for records and global ones for audit, keys only', () => {
    for (const table of [records, audit]) expect(table.BillingMode).toBe('PAY_PER_REQUEST');
    const namesOf = (list: readonly { IndexName?: string }[] = []) => list.map(({ IndexName }) => IndexName);
    expect(namesOf(records.LocalSecondaryIndexes)).toStrictEqual(['recordedAt', 'typeRecordedAt']);
    expect(records.GlobalSecondaryIndexes).toBeUndefined();
    expect(namesOf(audit.GlobalSecondaryIndexes)).toStrictEqual(['patient', 'agent', 'day']);
    expect(audit.LocalSecondaryIndexes).toBeUndefined();
    for (const index of [...records.LocalSecondaryIndexes!, ...audit.GlobalSecondaryIndexes!]) {
      expect(index.Projection).toStrictEqual({ ProjectionType: 'KEYS_ONLY' });
    }
  });

  it('stream the changes of the audit table, and let only records expire', () => {
    expect(audit.StreamSpecification).toStrictEqual({
      StreamEnabled: true,
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    });
    expect(records.StreamSpecification).toBeUndefined();
    expect(timeToLive(tables).TableName).toBe('records-test');
  });
});
