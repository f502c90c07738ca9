import type { AttributeValue, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { KeyStoreItem } from './branch-key-row.js';
import type { KeyStoreKey } from './key-store-file.js';

export const PARTITION_KEY = 'branch-key-id';
export const SORT_KEY = 'type';

export interface KeyStoreWrite {
  key: KeyStoreKey;
  condition: (present: KeyStoreItem | undefined) => boolean;
  /** Absent: a condition only. Without an item: the row is deleted. */
  change?: { item: KeyStoreItem | undefined };
}

/** What the SDK's key store and `PatientKeyStore` put into a transaction; everything else is refused. */
export function writeOf(write: TransactWriteItem): KeyStoreWrite {
  only(write, ['Put', 'Delete', 'ConditionCheck']);
  if (write.Put !== undefined) {
    only(write.Put, ['TableName', 'Item', ...EXPRESSION]);
    const item = write.Put.Item ?? {};
    const key = keyOf({ [PARTITION_KEY]: item[PARTITION_KEY], [SORT_KEY]: item[SORT_KEY] });
    return { key, condition: conditionOf(write.Put), change: { item } };
  }
  if (write.Delete !== undefined) {
    only(write.Delete, ['TableName', 'Key', ...EXPRESSION]);
    const isUnconditional = EXPRESSION.every((part) => write.Delete?.[part] === undefined);
    const condition = isUnconditional ? () => true : conditionOf(write.Delete);
    return { key: keyOf(write.Delete.Key), condition, change: { item: undefined } };
  }
  if (write.ConditionCheck === undefined) throw unsupported('an empty item');
  only(write.ConditionCheck, ['TableName', 'Key', ...EXPRESSION]);
  return { key: keyOf(write.ConditionCheck.Key), condition: conditionOf(write.ConditionCheck) };
}

const EXPRESSION = ['ConditionExpression', 'ExpressionAttributeNames', 'ExpressionAttributeValues'] as const;

interface Conditional {
  ConditionExpression?: string | undefined;
  ExpressionAttributeNames?: Record<string, string> | undefined;
  ExpressionAttributeValues?: Record<string, AttributeValue> | undefined;
}

/** The two conditions that the SDK's key store writes, for a new key and for a new version of one. */
function conditionOf(write: Conditional): KeyStoreWrite['condition'] {
  const names = write.ExpressionAttributeNames ?? {};
  const values = write.ExpressionAttributeValues ?? {};
  if (names['#bkid'] !== PARTITION_KEY) throw unsupported('these expression names');
  switch (write.ConditionExpression) {
    case 'attribute_not_exists(#bkid)':
      only(names, ['#bkid']);
      only(values, []);
      return (present) => present === undefined;
    case 'attribute_exists(#bkid) AND #enc = :encOld': {
      only(names, ['#bkid', '#enc']);
      only(values, [':encOld']);
      const expected = values[':encOld']?.B;
      if (names['#enc'] !== 'enc' || expected === undefined) throw unsupported('these expression values');
      return (present) => isSameBytes(present?.['enc']?.B, expected);
    }
    default:
      throw unsupported('this condition');
  }
}

const isSameBytes = (stored: Uint8Array | undefined, expected: Uint8Array) =>
  stored !== undefined && Buffer.compare(stored, expected) === 0;

export function keyOf(key: Record<string, AttributeValue | undefined> | undefined): KeyStoreKey {
  only(key ?? {}, [PARTITION_KEY, SORT_KEY]);
  const partition = key?.[PARTITION_KEY]?.S;
  const sort = key?.[SORT_KEY]?.S;
  if (!partition || !sort) throw unsupported('a key that is not text');
  return [partition, sort];
}

export const attributeKey = ([partition, sort]: KeyStoreKey): KeyStoreItem => ({
  [PARTITION_KEY]: { S: partition },
  [SORT_KEY]: { S: sort },
});

/** An option that is silently ignored here would mean something in DynamoDB. */
export function only(input: object, known: readonly string[]): void {
  for (const [name, value] of Object.entries(input)) {
    if (value !== undefined && !known.includes(name)) throw unsupported(`the option ${name}`);
  }
}

export const unsupported = (what: string) => new Error(`The local key store does not support ${what}`);
