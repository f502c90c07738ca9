import type { CreateTableCommandInput, UpdateTimeToLiveCommandInput } from '@aws-sdk/client-dynamodb';
import { indexes, type IndexName, type TableName } from './phi-table.js';

/** Names of the two tables in the account. */
export type TableNames = Record<TableName, string>;

/** Attributes of ours in an item; what callers store lies under `attributes`, so that no name can collide. */
export const PARTITION = 'pk';
export const SORT = 'sk';
export const EXPIRES_AT = 'expiresAt';
export const ATTRIBUTES = 'attributes';

/** Key attributes of an index; a local one has the table's partition key. */
export function indexAttributes(table: TableName, index: IndexName): { partition: string; sort: string } {
  const kinds: Partial<Record<IndexName, 'local' | 'global'>> = indexes[table];
  return kinds[index] === 'local'
    ? { partition: PARTITION, sort: `${index}Sort` }
    : { partition: `${index}Partition`, sort: `${index}Sort` };
}

const keySchema = (partition: string, sort: string) => [
  { AttributeName: partition, KeyType: 'HASH' as const },
  { AttributeName: sort, KeyType: 'RANGE' as const },
];

/**
 * Inputs of CreateTable for setup tools and tests: on demand, keys, secondary indexes, and a stream of the audit
 * table's changes by which alarms see that an event was changed or removed. Encryption, backups and deletion
 * protection belong to the stack that deploys the tables.
 */
export function tableDefinitions(names: TableNames): Record<TableName, CreateTableCommandInput> {
  const define = (table: TableName): CreateTableCommandInput => {
    const described = (Object.keys(indexes[table]) as IndexName[]).map((index) => ({
      attributes: indexAttributes(table, index),
      // Keys only. An item's 400 KB include what its local indexes hold of it, and a second copy of every audit
      // event would double the price of writing it.
      definition: {
        IndexName: index,
        KeySchema: keySchema(indexAttributes(table, index).partition, indexAttributes(table, index).sort),
        Projection: { ProjectionType: 'KEYS_ONLY' as const },
      },
    }));
    const local = described.filter(({ attributes }) => attributes.partition === PARTITION);
    const global = described.filter(({ attributes }) => attributes.partition !== PARTITION);
    const keyAttributes = new Set([
      PARTITION,
      SORT,
      ...described.flatMap(({ attributes }) => [attributes.partition, attributes.sort]),
    ]);
    return {
      TableName: names[table],
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: keySchema(PARTITION, SORT),
      AttributeDefinitions: [...keyAttributes].map((name) => ({ AttributeName: name, AttributeType: 'S' })),
      ...(local.length > 0 && { LocalSecondaryIndexes: local.map(({ definition }) => definition) }),
      ...(global.length > 0 && { GlobalSecondaryIndexes: global.map(({ definition }) => definition) }),
      // Both images, as the stack has it: of a change the old one is the evidence. They are opaque ids and ciphertext.
      ...(table === 'audit' && {
        StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
      }),
    };
  };
  return { records: define('records'), audit: define('audit') };
}

/** Input of UpdateTimeToLive. Only records expire: audit events stay. */
export function timeToLive(names: TableNames): UpdateTimeToLiveCommandInput {
  return {
    TableName: names.records,
    TimeToLiveSpecification: { AttributeName: EXPIRES_AT, Enabled: true },
  };
}
