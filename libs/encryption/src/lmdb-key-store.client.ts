import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  type AttributeValue,
  DynamoDBClient,
  GetItemCommand,
  type GetItemCommandInput,
  type Put,
  TransactWriteItemsCommand,
  type TransactWriteItemsCommandInput,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import { type RootDatabase, open } from 'lmdb';
import { syncFolder } from '@app/configuration';

type Item = Record<string, AttributeValue>;
/** Branch key id, type. The table's name is not part of it: the file holds one table. */
type Key = [string, string];

const PARTITION_KEY = 'branch-key-id';
const SORT_KEY = 'type';

/**
 * The key-store table in an LMDB file of its own: a `DynamoDBClient` that answers exactly what the SDK's key store
 * asks (GetItem, TransactWriteItems of conditional puts). Anything else is refused, so that an SDK that asks more
 * one day fails in a test and not by a condition that was skipped.
 */
export class LmdbKeyStoreClient extends DynamoDBClient {
  override readonly send: DynamoDBClient['send'];

  private constructor(private readonly rows: RootDatabase<Item, Key>) {
    super({ region: 'local', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } });
    this.send = ((command: unknown) => this.#answer(command)) as DynamoDBClient['send'];
  }

  /**
   * @param path the file; made with mode 0600, beside it a lock file with `-lock` at the end of its name
   */
  static open(path: string): LmdbKeyStoreClient {
    // LMDB itself would make them group-readable.
    for (const file of [path, `${path}-lock`]) {
      if (existsSync(file)) chmodSync(file, 0o600);
      else closeSync(openSync(file, 'ax', 0o600));
    }
    // LMDB flushes the file's content; that there is such a file must last too.
    syncFolder(dirname(path));
    return new LmdbKeyStoreClient(open<Item, Key>({ path, noSubdir: true, encoding: 'msgpack' }));
  }

  /** Waits for what is under way, then closes the file. */
  async close(): Promise<void> {
    await this.rows.flushed;
    await this.rows.close();
    this.destroy();
  }

  // Async, so that a refusal is a rejection as it is with the real client.
  async #answer(command: unknown): Promise<object> {
    if (command instanceof GetItemCommand) return this.#getItem(command.input);
    if (command instanceof TransactWriteItemsCommand) return this.#transactWrite(command.input);
    throw unsupported('this operation');
  }

  #getItem(input: GetItemCommandInput) {
    only(input, ['TableName', 'Key', 'ConsistentRead']);
    const Item = this.rows.get(keyOf(input.Key));
    return Item === undefined ? { $metadata: {} } : { $metadata: {}, Item };
  }

  async #transactWrite(input: TransactWriteItemsCommandInput) {
    only(input, ['TransactItems']);
    const puts = (input.TransactItems ?? []).map((item) => {
      only(item, ['Put']);
      if (item.Put === undefined) throw unsupported('an empty item');
      return conditionalPut(item.Put);
    });
    // Several transactions that wait together share one commit, and one flush.
    const reasons = await this.rows.transaction(() => {
      // All conditions first: what a callback has written stays, even if it throws afterwards.
      const met = puts.map(({ key, condition }) => condition(this.rows.get(key)));
      if (!met.every(Boolean)) return met;
      for (const { key, item } of puts) void this.rows.put(key, item);
      return undefined;
    });
    if (reasons !== undefined) throw cancelled(reasons);
    // The promise above resolves at commit; a key that is lost with the power takes acknowledged records with it.
    await this.rows.flushed;
    return { $metadata: {} };
  }
}

interface ConditionalPut {
  key: Key;
  item: Item;
  condition: (present: Item | undefined) => boolean;
}

/** The two conditions that the SDK's key store writes, for a new key and for a new version of one. */
function conditionalPut(put: Put): ConditionalPut {
  only(put, [
    'TableName',
    'Item',
    'ConditionExpression',
    'ExpressionAttributeNames',
    'ExpressionAttributeValues',
  ]);
  const names = put.ExpressionAttributeNames ?? {};
  const values = put.ExpressionAttributeValues ?? {};
  if (names['#bkid'] !== PARTITION_KEY) throw unsupported('these expression names');
  const item = put.Item ?? {};
  const key = keyOf({ [PARTITION_KEY]: item[PARTITION_KEY], [SORT_KEY]: item[SORT_KEY] });
  switch (put.ConditionExpression) {
    case 'attribute_not_exists(#bkid)':
      only(names, ['#bkid']);
      only(values, []);
      return { key, item, condition: (present) => present === undefined };
    case 'attribute_exists(#bkid) AND #enc = :encOld': {
      only(names, ['#bkid', '#enc']);
      only(values, [':encOld']);
      const expected = values[':encOld']?.B;
      if (names['#enc'] !== 'enc' || expected === undefined) throw unsupported('these expression values');
      return { key, item, condition: (present) => isSameBytes(present?.['enc']?.B, expected) };
    }
    default:
      throw unsupported('this condition');
  }
}

const isSameBytes = (stored: Uint8Array | undefined, expected: Uint8Array) =>
  stored !== undefined && Buffer.compare(stored, expected) === 0;

function keyOf(key: Record<string, AttributeValue | undefined> | undefined): Key {
  only(key ?? {}, [PARTITION_KEY, SORT_KEY]);
  const partition = key?.[PARTITION_KEY]?.S;
  const sort = key?.[SORT_KEY]?.S;
  if (!partition || !sort) throw unsupported('a key that is not text');
  return [partition, sort];
}

/** An option that is silently ignored here would mean something in DynamoDB. */
function only(input: object, known: string[]): void {
  for (const [name, value] of Object.entries(input)) {
    if (value !== undefined && !known.includes(name)) throw unsupported(`the option ${name}`);
  }
}

const unsupported = (what: string) => new Error(`The local key store does not support ${what}`);

const cancelled = (met: boolean[]) =>
  new TransactionCanceledException({
    message: 'Transaction cancelled, please refer cancellation reasons for specific reasons',
    CancellationReasons: met.map((ok) => ({ Code: ok ? 'None' : 'ConditionalCheckFailed' })),
    $metadata: {},
  });
