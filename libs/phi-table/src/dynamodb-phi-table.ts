import { randomUUID } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import { failedPositions, isMomentary, tableUnavailable, wasRepeated } from './dynamodb-errors.js';
import {
  conditionExpression,
  documentItem,
  documentKey,
  itemDocument,
  keyCondition,
  keyDocument,
  transactItem,
  type Document,
} from './dynamodb-items.js';
import { Attempts, type RetryOptions } from './dynamodb-retry.js';
import { PARTITION, SORT, indexAttributes, type TableNames } from './dynamodb-table-definitions.js';
import { isLocalIndex } from './index-positions.js';
import { checkBatchKeys, checkKey, checkQuery, checkWrites } from './item-limits.js';
import { decodePosition, encodePosition, type QueryPosition } from './query-position.js';
import {
  ConditionFailed,
  PhiTable,
  TableUnavailable,
  type PhiItem,
  type PhiKey,
  type QueryInput,
  type QueryPage,
  type TableName,
  type TableWrite,
} from './phi-table.js';

export interface DynamoDbPhiTableOptions {
  /** Stays the caller's: `close` leaves it open. Its own retries and timeouts apply to each request. */
  client: DynamoDBClient;
  tables: TableNames;
  retry?: RetryOptions;
}

const KEYS_PER_BATCH = 100;

/** A write request that can be sent again. */
interface Send {
  /** Sent twice, it does no more and answers no other than sent once. */
  isIdempotent: boolean;
  send: () => Promise<unknown>;
}

/** The tables in DynamoDB, as `tableDefinitions` describes them. */
export class DynamoDbPhiTable extends PhiTable {
  readonly #documents: DynamoDBDocumentClient;
  readonly #tables: TableNames;
  readonly #retry: RetryOptions;
  readonly #underWay = new Set<Promise<unknown>>();
  #closed = false;

  constructor(options: DynamoDbPhiTableOptions) {
    super();
    this.#documents = DynamoDBDocumentClient.from(options.client, {
      marshallOptions: { convertEmptyValues: false, removeUndefinedValues: true },
    });
    this.#tables = options.tables;
    this.#retry = options.retry ?? {};
  }

  override async get(key: PhiKey): Promise<PhiItem | undefined> {
    checkKey(key);
    const input = { TableName: this.#tables[key.table], Key: keyDocument(key), ConsistentRead: true };
    return this.#track(async () => {
      const { Item } = await this.#reading(() => this.#documents.send(new GetCommand(input)));
      return Item && documentItem(key.table, Item);
    });
  }

  override async batchGet(keys: readonly PhiKey[]): Promise<(PhiItem | undefined)[]> {
    checkBatchKeys(keys);
    return this.#track(() => this.#batch(keys));
  }

  override async query(input: QueryInput): Promise<QueryPage> {
    checkQuery(input);
    const after = decodePosition(input);
    const condition = keyCondition(input);
    if (!condition) return { items: [] };
    return this.#track(() => this.#page(input, after, condition));
  }

  override async transactWrite(writes: readonly TableWrite[]): Promise<void> {
    checkWrites(writes);
    const [only] = writes;
    const send =
      writes.length === 1 && only && only.type !== 'check'
        ? this.#singleWrite(only)
        : this.#transaction(writes);
    return this.#track(() => this.#writing(send));
  }

  override async ping(): Promise<void> {
    const Key = { [PARTITION]: 'PING', [SORT]: '-' };
    await this.#track(() =>
      this.#reading(() => this.#documents.send(new GetCommand({ TableName: this.#tables.records, Key }))),
    );
  }

  override async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#underWay);
  }

  async #track<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#closed) throw new TableUnavailable('the store is closed', { notWritten: true });
    const running = work();
    this.#underWay.add(running);
    try {
      return await running;
    } finally {
      this.#underWay.delete(running);
    }
  }

  async #reading<Result>(read: () => Promise<Result>): Promise<Result> {
    const attempts = new Attempts(this.#retry);
    for (;;) {
      try {
        return await read();
      } catch (error) {
        if (!isMomentary(error) || !(await attempts.another())) throw tableUnavailable(error, false);
      }
    }
  }

  /** At half the price of a transaction of one. */
  #singleWrite(write: Exclude<TableWrite, { type: 'check' }>): Send {
    const expression = conditionExpression(write.condition);
    if (write.type === 'put') {
      const put = {
        TableName: this.#tables[write.item.table],
        Item: itemDocument(write.item),
        ...expression,
      };
      return { isIdempotent: !write.condition, send: () => this.#documents.send(new PutCommand(put)) };
    }
    const remove = { TableName: this.#tables[write.key.table], Key: keyDocument(write.key), ...expression };
    return { isIdempotent: !write.condition, send: () => this.#documents.send(new DeleteCommand(remove)) };
  }

  #transaction(writes: readonly TableWrite[]): Send {
    const input = {
      TransactItems: writes.map((write) => transactItem(this.#tables, write)),
      // Repeated under the same token, a transaction that already happened answers success and does nothing.
      ClientRequestToken: randomUUID(),
    };
    return { isIdempotent: true, send: () => this.#documents.send(new TransactWriteCommand(input)) };
  }

  async #writing({ isIdempotent, send }: Send): Promise<void> {
    const attempts = new Attempts(this.#retry);
    let repeated = false;
    for (;;) {
      try {
        await send();
        return;
      } catch (error) {
        repeated ||= wasRepeated(error);
        const failed = failedPositions(error);
        // A condition may have failed against this very write, made by an attempt whose answer was lost. Then
        // nobody knows, and the caller is told so.
        if (failed.length > 0 && (isIdempotent || !repeated)) throw new ConditionFailed(failed);
        if (!isMomentary(error) || !(await attempts.another())) throw tableUnavailable(error, repeated);
      }
    }
  }

  async #batch(keys: readonly PhiKey[]): Promise<(PhiItem | undefined)[]> {
    const found = new Map<string, PhiItem>();
    const attempts = new Attempts(this.#retry);
    let asked = this.#requestItems(keys);
    while (asked.length > 0) {
      const request = Object.fromEntries(
        asked.map(({ table, keys: Keys }) => [this.#tables[table], { Keys, ConsistentRead: true }]),
      );
      const answer = await this.#reading(() =>
        this.#documents.send(new BatchGetCommand({ RequestItems: request })),
      );
      let progress = false;
      for (const { table } of asked) {
        for (const document of answer.Responses?.[this.#tables[table]] ?? []) {
          const item = documentItem(table, document);
          found.set(keyOf(item), item);
          progress = true;
        }
      }
      // 16 MB end an answer, and so does throttling. Only an answer without any item counts against the bound.
      const left = answer.UnprocessedKeys ?? {};
      asked = asked.flatMap(({ table }) => {
        const unprocessed = left[this.#tables[table]]?.Keys;
        return unprocessed && unprocessed.length > 0 ? [{ table, keys: unprocessed }] : [];
      });
      if (asked.length > 0 && !progress && !(await attempts.another())) {
        throw new TableUnavailable('DynamoDB did not answer: keys were left unprocessed');
      }
    }
    return keys.map((key) => found.get(keyOf(key)));
  }

  #requestItems(keys: readonly PhiKey[]): { table: TableName; keys: Document[] }[] {
    return (['records', 'audit'] as const).flatMap((table) => {
      const documents = keys.filter((key) => key.table === table).map(keyDocument);
      return documents.length > 0 ? [{ table, keys: documents }] : [];
    });
  }

  async #page(
    input: QueryInput,
    after: QueryPosition | undefined,
    condition: NonNullable<ReturnType<typeof keyCondition>>,
  ): Promise<QueryPage> {
    const { table, index, limit } = input;
    const isGlobal = index !== undefined && !isLocalIndex(table, index);
    const command = new QueryCommand({
      TableName: this.#tables[table],
      IndexName: index,
      ...condition,
      ...(!isGlobal && { Select: 'ALL_ATTRIBUTES' }),
      ConsistentRead: !isGlobal,
      ScanIndexForward: !input.descending,
      // One more than asked for: whether anything follows shows in no other way.
      Limit: limit + 1,
      ExclusiveStartKey: after && positionDocument(input, after),
    });
    const answer = await this.#reading(() => this.#documents.send(command));
    const documents = answer.Items ?? [];
    const shown = documents.slice(0, limit);
    const items = isGlobal
      ? await this.#currentItems(input, shown)
      : shown.map((document) => documentItem(table, document));
    const last = documents.length > limit ? shown.at(-1) : answer.LastEvaluatedKey;
    if (!last) return { items };
    const indexSort = index && String(last[indexAttributes(table, index).sort]);
    return { items, next: encodePosition(input, { key: documentKey(table, last), indexSort }) };
  }

  /** A global index lags and holds keys only. Items are read from the table; those that moved meanwhile are left out. */
  async #currentItems(input: QueryInput, entries: readonly Document[]): Promise<PhiItem[]> {
    const { table, index, partition } = input;
    const items: PhiItem[] = [];
    for (let start = 0; start < entries.length; start += KEYS_PER_BATCH) {
      const some = entries.slice(start, start + KEYS_PER_BATCH);
      const read = await this.#batch(some.map((entry) => documentKey(table, entry)));
      for (const [position, item] of read.entries()) {
        const now = index && item?.indexed?.[index];
        const then = index && some[position]?.[indexAttributes(table, index).sort];
        if (item && now && now.partition === partition && now.sort === then) items.push(item);
      }
    }
    return items;
  }
}

function keyOf({ table, partition, sort }: PhiKey): string {
  return `${table}\0${partition}\0${sort}`;
}

function positionDocument(input: QueryInput, { key, indexSort }: QueryPosition): Document {
  if (input.index === undefined) return keyDocument(key);
  const names = indexAttributes(input.table, input.index);
  return { ...keyDocument(key), [names.partition]: input.partition, [names.sort]: indexSort };
}
