import { indexPositions, storedIndexed } from './index-positions.js';
import { compareSort, sortBounds } from './key-order.js';
import {
  ATTRIBUTES,
  EXPIRES_AT,
  PARTITION,
  SORT,
  indexAttributes,
  type TableNames,
} from './dynamodb-table-definitions.js';
import {
  indexes,
  type Attribute,
  type Condition,
  type IndexName,
  type PhiItem,
  type PhiKey,
  type QueryInput,
  type TableName,
  type TableWrite,
} from './phi-table.js';

/** An item as the document client takes and gives it. */
export type Document = Record<string, unknown>;

export interface ConditionExpression {
  ConditionExpression?: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Record<string, unknown>;
}

export function keyDocument(key: PhiKey): Document {
  return { [PARTITION]: key.partition, [SORT]: key.sort };
}

/** @returns the item as it is stored; bytes are copied, because the request is sent later */
export function itemDocument(item: PhiItem): Document {
  // A Map, because the document client takes an object with an attribute named `constructor` for something else.
  const attributes = new Map<string, Attribute>();
  for (const [name, value] of Object.entries(item.attributes)) {
    if (value instanceof Uint8Array) attributes.set(name, Uint8Array.from(value));
    else if (value !== undefined) attributes.set(name, Array.isArray(value) ? [...value] : value);
  }
  const document: Document = { ...keyDocument(item), [ATTRIBUTES]: attributes };
  if (item.expiresAt !== undefined) document[EXPIRES_AT] = item.expiresAt;
  for (const { index, partition, sort } of indexPositions(item)) {
    const names = indexAttributes(item.table, index);
    document[names.partition] = partition;
    document[names.sort] = sort;
  }
  return document;
}

export function documentKey(table: TableName, document: Document): PhiKey {
  return { table, partition: String(document[PARTITION]), sort: String(document[SORT]) };
}

/** Plain `Uint8Array`s: the SDK answers Buffers in places, which may be views of a shared pool. */
function ownBytes(value: unknown): Attribute {
  return value instanceof Uint8Array ? new Uint8Array(value) : (value as Attribute);
}

export function documentItem(table: TableName, document: Document): PhiItem {
  const stored = Object.entries(document[ATTRIBUTES] as Record<string, unknown>);
  const attributes = Object.fromEntries(stored.map(([name, value]) => [name, ownBytes(value)]));
  const item: PhiItem = { ...documentKey(table, document), attributes };
  const positions: NonNullable<PhiItem['indexed']> = {};
  for (const index of Object.keys(indexes[table]) as IndexName[]) {
    const names = indexAttributes(table, index);
    const sort = document[names.sort];
    if (typeof sort === 'string') positions[index] = { partition: String(document[names.partition]), sort };
  }
  const indexed = storedIndexed({ ...item, indexed: positions });
  if (indexed) item.indexed = indexed;
  if (typeof document[EXPIRES_AT] === 'number') item.expiresAt = document[EXPIRES_AT];
  return item;
}

/** DynamoDB evaluates it together with the write: nothing can come between. */
export function conditionExpression(condition: Condition | undefined): ConditionExpression {
  if (!condition) return {};
  switch (condition.type) {
    case 'absent':
      return {
        ConditionExpression: 'attribute_not_exists(#pk)',
        ExpressionAttributeNames: { '#pk': PARTITION },
      };
    case 'present':
      return { ConditionExpression: 'attribute_exists(#pk)', ExpressionAttributeNames: { '#pk': PARTITION } };
    case 'absent-or-expired':
      return {
        ConditionExpression: 'attribute_not_exists(#pk) OR #expiresAt < :now',
        ExpressionAttributeNames: { '#pk': PARTITION, '#expiresAt': EXPIRES_AT },
        ExpressionAttributeValues: { ':now': condition.nowSeconds },
      };
    case 'equals':
      return {
        ConditionExpression: '#attributes.#name = :value',
        ExpressionAttributeNames: { '#attributes': ATTRIBUTES, '#name': condition.attribute },
        ExpressionAttributeValues: { ':value': condition.value },
      };
  }
}

/** One write as an entry of TransactWriteItems. */
export function transactItem(names: TableNames, write: TableWrite) {
  const expression = conditionExpression(write.condition);
  switch (write.type) {
    case 'put':
      return { Put: { TableName: names[write.item.table], Item: itemDocument(write.item), ...expression } };
    case 'delete':
      return { Delete: { TableName: names[write.key.table], Key: keyDocument(write.key), ...expression } };
    case 'check':
      return {
        ConditionCheck: {
          TableName: names[write.key.table],
          Key: keyDocument(write.key),
          ConditionExpression: expression.ConditionExpression,
          ExpressionAttributeNames: expression.ExpressionAttributeNames,
          ExpressionAttributeValues: expression.ExpressionAttributeValues,
        },
      };
  }
}

/** @returns the key condition of a query, `undefined` if nothing can match */
export function keyCondition(input: QueryInput) {
  const bounds = sortBounds(input);
  if (!bounds) return undefined;
  const names =
    input.index === undefined
      ? { partition: PARTITION, sort: SORT }
      : indexAttributes(input.table, input.index);
  const { lower, upper } = bounds;
  const conditions = ['#partition = :partition'];
  if (lower !== undefined && upper !== undefined) {
    conditions.push(compareSort(lower, upper) === 0 ? '#sort = :lower' : '#sort BETWEEN :lower AND :upper');
  } else if (lower !== undefined) conditions.push('#sort >= :lower');
  else if (upper !== undefined) conditions.push('#sort <= :upper');
  const condition = conditions.join(' AND ');
  const values = { ':partition': input.partition, ':lower': lower, ':upper': upper };
  return {
    KeyConditionExpression: condition,
    ExpressionAttributeNames: {
      '#partition': names.partition,
      ...(conditions.length > 1 && { '#sort': names.sort }),
    },
    ExpressionAttributeValues: Object.fromEntries(
      Object.entries(values).filter(([name, value]) => value !== undefined && condition.includes(name)),
    ),
  };
}
