import {
  type DynamoDBClient,
  GetItemCommand,
  type GetItemCommandOutput,
  QueryCommand,
  type QueryCommandOutput,
  ScanCommand,
  type ScanCommandOutput,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import { ACTIVE_ROW, type KeyStoreItem } from './branch-key-row.js';

/** DynamoDB's limit. */
const TRANSACTION_ITEMS = 100;
const SCANNED_AT_ONCE = 1000;
const ATTEMPTS = 20;

/** The rows of the key-store table as they are, trusted or not; every read is strongly consistent. */
export class BranchKeyRows {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
  ) {}

  async get(patientId: string, type: string): Promise<KeyStoreItem | undefined> {
    const { Item }: GetItemCommandOutput = await this.client.send(
      new GetItemCommand({ TableName: this.tableName, Key: keyOf(patientId, type), ConsistentRead: true }),
    );
    return Item;
  }

  async ofPatient(patientId: string): Promise<KeyStoreItem[]> {
    const items: KeyStoreItem[] = [];
    let start: KeyStoreItem | undefined;
    do {
      const page: QueryCommandOutput = await this.client.send(
        new QueryCommand({
          TableName: this.tableName,
          KeyConditionExpression: '#bkid = :bkid',
          ExpressionAttributeNames: { '#bkid': 'branch-key-id' },
          ExpressionAttributeValues: { ':bkid': { S: patientId } },
          ConsistentRead: true,
          ExclusiveStartKey: start,
        }),
      );
      items.push(...(page.Items ?? []));
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
    return items;
  }

  /**
   * Walks the whole table, in no order that means anything.
   * @param after patient whose active row was the last one seen
   */
  async *all(after: string | undefined, onlyActive: boolean): AsyncGenerator<KeyStoreItem> {
    let start = after === undefined ? undefined : keyOf(after, ACTIVE_ROW);
    const filter = {
      FilterExpression: '#type = :type',
      ExpressionAttributeNames: { '#type': 'type' },
      ExpressionAttributeValues: { ':type': { S: ACTIVE_ROW } },
    };
    do {
      const page: ScanCommandOutput = await this.client.send(
        new ScanCommand({
          TableName: this.tableName,
          ...(onlyActive ? filter : {}),
          ConsistentRead: true,
          ExclusiveStartKey: start,
          Limit: SCANNED_AT_ONCE,
        }),
      );
      yield* page.Items ?? [];
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
  }

  /** Replaces rows that are as they were read. @throws TransactionCanceledException when one is not */
  async replace(rows: readonly { item: KeyStoreItem; enc: Uint8Array }[]): Promise<void> {
    await this.#write(
      rows.map(({ item, enc }) => ({
        Put: { TableName: this.tableName, Item: item, ...ifStillWrappedAs(enc) },
      })),
    );
  }

  /**
   * Deletes all rows of a patient. The active row goes first, on the condition that no rotation came between, and the
   * beacon with it: from then on nothing is encrypted, and there is no version that was not seen here. What does not
   * fit into that transaction goes in further ones; if they are cut short, the next call finds the rest.
   * @returns the number of rows
   */
  async deletePatient(patientId: string): Promise<number> {
    let deleted = 0;
    await untilUncontested(async () => {
      // Read before the others: a version that they do not show has changed it by the time it is deleted.
      const active = await this.get(patientId, ACTIVE_ROW);
      const types = (await this.ofPatient(patientId))
        .map((item) => item['type']?.S ?? '')
        .filter((type) => type !== ACTIVE_ROW)
        // The beacon comes first. A key that is created later has one too; the names of versions never come again.
        .sort();
      if (active === undefined && types.length === 0) return;
      const deletions = types.map((type) => this.#deletion(patientId, type));
      const first = deletions.splice(0, TRANSACTION_ITEMS - 1);
      await this.#write([this.#activeGone(patientId, active), ...first]);
      deleted += first.length + (active === undefined ? 0 : 1);
      while (deletions.length > 0) {
        const next = deletions.splice(0, TRANSACTION_ITEMS);
        await this.#write(next);
        deleted += next.length;
      }
    });
    return deleted;
  }

  #activeGone(patientId: string, active: KeyStoreItem | undefined): TransactWriteItem {
    const row = { TableName: this.tableName, Key: keyOf(patientId, ACTIVE_ROW) };
    if (active === undefined) return { ConditionCheck: { ...row, ...IF_ABSENT } };
    const enc = active['enc']?.B;
    // A row without a wrapped key can be neither rotated nor created anew, so it stays what it is.
    return { Delete: enc === undefined ? row : { ...row, ...ifStillWrappedAs(enc) } };
  }

  #deletion(patientId: string, type: string): TransactWriteItem {
    return { Delete: { TableName: this.tableName, Key: keyOf(patientId, type) } };
  }

  async #write(TransactItems: TransactWriteItem[]): Promise<void> {
    await this.client.send(new TransactWriteItemsCommand({ TransactItems }));
  }
}

/** Repeats an attempt that lost against somebody else who wrote the same rows. */
export async function untilUncontested<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof TransactionCanceledException) || attempts === ATTEMPTS) throw error;
    }
  }
}

const keyOf = (patientId: string, type: string): KeyStoreItem => ({
  'branch-key-id': { S: patientId },
  type: { S: type },
});

const IF_ABSENT = {
  ConditionExpression: 'attribute_not_exists(#bkid)',
  ExpressionAttributeNames: { '#bkid': 'branch-key-id' },
};

const ifStillWrappedAs = (enc: Uint8Array) => ({
  ConditionExpression: 'attribute_exists(#bkid) AND #enc = :encOld',
  ExpressionAttributeNames: { '#bkid': 'branch-key-id', '#enc': 'enc' },
  ExpressionAttributeValues: { ':encOld': { B: enc } },
});
