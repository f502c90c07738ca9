import {
  type AttributeValue,
  DynamoDBClient,
  GetItemCommand,
  type GetItemCommandInput,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
  type ScanCommandInput,
  TransactWriteItemsCommand,
  type TransactWriteItemsCommandInput,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import type { KeyStoreItem } from './branch-key-row.js';
import { KeyStoreCompaction, noteDestroyed } from './key-store-compaction.js';
import { FILE_NOTE, KeyStoreFile, type KeyStoreKey, type KeyStoreRows } from './key-store-file.js';
import {
  PARTITION_KEY,
  SORT_KEY,
  attributeKey,
  keyOf,
  only,
  unsupported,
  writeOf,
} from './key-store-writes.js';

/**
 * The key-store table in an LMDB file of its own: a `DynamoDBClient` that answers exactly what the SDK's key store
 * and `PatientKeyStore` ask. Anything else is refused, so that an SDK that asks more one day fails in a test and not
 * by a condition that was skipped.
 */
export class LmdbKeyStoreClient extends DynamoDBClient {
  override readonly send: DynamoDBClient['send'];
  readonly compaction: KeyStoreCompaction;

  private constructor(private readonly file: KeyStoreFile) {
    super({ region: 'local', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } });
    this.compaction = new KeyStoreCompaction(file);
    this.send = ((command: unknown) => this.#answer(command)) as DynamoDBClient['send'];
  }

  /**
   * @param path the file; made with mode 0600, beside it a lock file with `-lock` at the end of its name. After a
   *   compaction another file is in its place, see `KeyStoreGenerations`.
   * @throws SecretFileError that names the file, when the key store is not whole; nothing is overwritten then
   */
  static open(path: string): LmdbKeyStoreClient {
    return new LmdbKeyStoreClient(KeyStoreFile.open(path));
  }

  /** Waits for what is under way, then closes the file. */
  async close(): Promise<void> {
    await this.file.close();
    this.destroy();
  }

  // Async, so that a refusal is a rejection as it is with the real client.
  async #answer(command: unknown): Promise<object> {
    if (command instanceof GetItemCommand) return this.#getItem(command.input);
    if (command instanceof QueryCommand) return this.#query(command.input);
    if (command instanceof ScanCommand) return this.#scan(command.input);
    if (command instanceof TransactWriteItemsCommand) return this.#transactWrite(command.input);
    throw unsupported('this operation');
  }

  async #getItem(input: GetItemCommandInput) {
    only(input, ['TableName', 'Key', 'ConsistentRead']);
    const key = keyOf(input.Key);
    const Item = await this.file.read((rows) => rows.get(key));
    return Item === undefined ? { $metadata: {} } : { $metadata: {}, Item };
  }

  /** All rows of one partition; never by pages, as DynamoDB does above 1 MB. */
  async #query(input: QueryCommandInput) {
    only(input, [
      'TableName',
      'KeyConditionExpression',
      'ExpressionAttributeNames',
      'ExpressionAttributeValues',
      'ConsistentRead',
    ]);
    if (input.KeyConditionExpression !== '#bkid = :bkid') throw unsupported('this key condition');
    const partition = expressionText(input, '#bkid', PARTITION_KEY, ':bkid');
    const Items = await this.file.read((rows) => {
      const items: KeyStoreItem[] = [];
      for (const { key, value } of rows.getRange({ start: [partition, ''] })) {
        if (key[0] !== partition) break;
        items.push(value);
      }
      return items;
    });
    return { $metadata: {}, Items, Count: Items.length };
  }

  /** As in DynamoDB, `Limit` counts the rows before the filter. */
  async #scan(input: ScanCommandInput) {
    only(input, [
      'TableName',
      'FilterExpression',
      'ExpressionAttributeNames',
      'ExpressionAttributeValues',
      'ConsistentRead',
      'ExclusiveStartKey',
      'Limit',
    ]);
    const type = filteredType(input);
    const limit = input.Limit ?? 1000;
    const start = input.ExclusiveStartKey === undefined ? FILE_NOTE : keyOf(input.ExclusiveStartKey);
    const page = await this.file.read((rows) => pageAfter(rows, start, limit));
    const Items = page
      .map(({ value }) => value)
      .filter((item) => type === undefined || item[SORT_KEY]?.S === type);
    const last = page.length === limit ? page.at(-1) : undefined;
    return {
      $metadata: {},
      Items,
      Count: Items.length,
      ...(last && { LastEvaluatedKey: attributeKey(last.key) }),
    };
  }

  async #transactWrite(input: TransactWriteItemsCommandInput) {
    only(input, ['TransactItems']);
    const writes = (input.TransactItems ?? []).map(writeOf);
    const reasons = await this.file.write((rows) => {
      // All conditions first: what a callback has written stays, even if it throws afterwards.
      const present = writes.map(({ key }) => rows.get(key));
      const met = writes.map(({ condition }, index) => condition(present[index]));
      if (!met.every(Boolean)) return met;
      let destroyed = 0;
      for (const [index, { key, change }] of writes.entries()) {
        if (change === undefined) continue;
        if (change.item !== undefined) rows.putSync(key, change.item);
        else if (present[index] !== undefined) {
          rows.removeSync(key);
          destroyed += 1;
        }
      }
      noteDestroyed(rows, destroyed);
      return undefined;
    });
    if (reasons !== undefined) throw cancelled(reasons);
    return { $metadata: {} };
  }
}

const pageAfter = (rows: KeyStoreRows, start: KeyStoreKey, limit: number) => [
  ...rows.getRange({ start, exclusiveStart: true, limit }),
];

/** Only rows of one type, or all of them. */
function filteredType(input: ScanCommandInput): string | undefined {
  if (input.FilterExpression === undefined) {
    only(input.ExpressionAttributeNames ?? {}, []);
    only(input.ExpressionAttributeValues ?? {}, []);
    return undefined;
  }
  if (input.FilterExpression !== '#type = :type') throw unsupported('this filter');
  return expressionText(input, '#type', SORT_KEY, ':type');
}

interface Expression {
  ExpressionAttributeNames?: Record<string, string> | undefined;
  ExpressionAttributeValues?: Record<string, AttributeValue> | undefined;
}

/** @returns the text that the attribute is compared with */
function expressionText(input: Expression, name: string, attribute: string, value: string): string {
  const { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} } = input;
  only(names, [name]);
  only(values, [value]);
  const text = values[value]?.S;
  if (names[name] !== attribute || !text) throw unsupported('these expression names or values');
  return text;
}

const cancelled = (met: boolean[]) =>
  new TransactionCanceledException({
    message: 'Transaction cancelled, please refer cancellation reasons for specific reasons',
    CancellationReasons: met.map((ok) => ({ Code: ok ? 'None' : 'ConditionalCheckFailed' })),
    $metadata: {},
  });
