import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { type Decision, decide, type Happening, type Subject } from './alert-decision.js';

export interface AlertLedgerOptions {
  client: DynamoDBClient;
  tableName: string;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** Longer than the function may run: whoever holds an event longer than this is gone. */
const CLAIM_MS = 60_000;
const DAY_SECONDS = 86_400;
/** EventBridge delivers for a day at most, and dead letters are sent again by hand within two weeks. */
const EVENT_KEPT_DAYS = 15;
const SUBJECT_KEPT_DAYS = { open: 400, resolved: 30 };
const RACES_AT_MOST = 5;

/**
 * Remembers what was told, so that nothing is told twice and no recovery of what nobody heard of. Two rows: the event, by its id, which is
 * claimed before it is told and marked after; and the subject (resource and rule, or threat and principal), whose state decides. Both change in
 * one transaction. An event whose teller died is told by the next one: rather twice than never.
 */
export class AlertLedger {
  constructor(private readonly options: AlertLedgerOptions) {}

  /** @returns what is to be done about the event; after `tell` the caller calls `told` or `release` */
  async begin(happening: Happening): Promise<Decision> {
    for (let race = 1; race <= RACES_AT_MOST; race++) {
      const before = await this.#subject(happening.subject);
      const wasHeardOf =
        before !== undefined && (await this.#wasHeardOf({ ...happening, eventId: before.eventId }));
      const decision = decide(before, happening, wasHeardOf);
      if (decision.next === undefined) return decision;
      const lost = await this.#commit(happening, before, decision.next);
      if (lost === undefined) return decision;
      if (lost === 'event') return { outcome: 'duplicate' };
    }
    // Retried by Lambda a minute later.
    throw new Error('the state of a subject kept changing');
  }

  /** That the event reached the topic. */
  async told(happening: Happening): Promise<void> {
    await this.#markEvent(happening, 'SET told = :value', { BOOL: true });
  }

  /** That it did not: the next attempt need not wait for the claim to end. */
  async release(happening: Happening): Promise<void> {
    await this.#markEvent(happening, 'SET claimedUntil = :value', { N: '0' });
  }

  async #subject(subject: string): Promise<Subject | undefined> {
    const item = await this.#read(subjectKey(subject));
    return item && subjectOf(item);
  }

  /** An event without a row was told long ago; one that somebody holds is being told now. */
  async #wasHeardOf(happening: Happening): Promise<boolean> {
    const item = await this.#read(eventKey(happening));
    return (
      item === undefined ||
      item['told']?.BOOL === true ||
      Number(item['claimedUntil']?.N) > this.options.now()
    );
  }

  async #read(key: string): Promise<Record<string, AttributeValue> | undefined> {
    const { client, tableName: TableName } = this.options;
    const { Item } = await client.send(
      new GetItemCommand({ TableName, Key: { pk: { S: key } }, ConsistentRead: true }),
    );
    return Item;
  }

  /** @returns which of the two rows was not as expected */
  async #commit(
    happening: Happening,
    before: Subject | undefined,
    next: Omit<Subject, 'revision'>,
  ): Promise<'event' | 'subject' | undefined> {
    const { client, tableName: TableName, now } = this.options;
    const seconds = Math.floor(now() / 1000);
    try {
      await client.send(
        new TransactWriteItemsCommand({
          TransactItems: [
            {
              Put: {
                TableName,
                Item: {
                  pk: { S: eventKey(happening) },
                  claimedUntil: { N: String(now() + CLAIM_MS) },
                  told: { BOOL: false },
                  expiresAt: { N: String(seconds + EVENT_KEPT_DAYS * DAY_SECONDS) },
                },
                ConditionExpression: 'attribute_not_exists(pk) OR (told = :no AND claimedUntil < :now)',
                ExpressionAttributeValues: { ':no': { BOOL: false }, ':now': { N: String(now()) } },
              },
            },
            {
              Put: {
                TableName,
                Item: {
                  pk: { S: subjectKey(happening.subject) },
                  ...itemOf({ ...next, revision: (before?.revision ?? 0) + 1 }),
                  expiresAt: { N: String(seconds + SUBJECT_KEPT_DAYS[next.state] * DAY_SECONDS) },
                },
                ...(before === undefined
                  ? { ConditionExpression: 'attribute_not_exists(pk)' }
                  : {
                      ConditionExpression: 'revision = :revision',
                      ExpressionAttributeValues: { ':revision': { N: String(before.revision) } },
                    }),
              },
            },
          ],
        }),
      );
      return undefined;
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const [event, other] = error.CancellationReasons ?? [];
      if (event?.Code === 'ConditionalCheckFailed') return 'event';
      if (['ConditionalCheckFailed', 'TransactionConflict'].includes(other?.Code ?? '')) return 'subject';
      if (event?.Code === 'TransactionConflict') return 'subject';
      throw error;
    }
  }

  async #markEvent(happening: Happening, UpdateExpression: string, value: AttributeValue): Promise<void> {
    await this.options.client.send(
      new UpdateItemCommand({
        TableName: this.options.tableName,
        Key: { pk: { S: eventKey(happening) } },
        UpdateExpression,
        // What has expired in between is not made again without an end.
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeValues: { ':value': value },
      }),
    );
  }
}

/** One event can be of several subjects: two rules match the same call. */
const eventKey = ({ eventId, subject }: Happening): string => `EVENT#${eventId}#${subject}`;
const subjectKey = (subject: string): string => `SUBJECT#${subject}`;

const itemOf = (subject: Subject): Record<string, AttributeValue> => ({
  state: { S: subject.state },
  openedAt: { N: String(subject.openedAt) },
  changedAt: { N: String(subject.changedAt) },
  toldAt: { N: String(subject.toldAt) },
  eventId: { S: subject.eventId },
  isToTell: { BOOL: subject.isToTell },
  revision: { N: String(subject.revision) },
});

const subjectOf = (item: Record<string, AttributeValue>): Subject => ({
  state: item['state']?.S === 'open' ? 'open' : 'resolved',
  openedAt: Number(item['openedAt']?.N),
  changedAt: Number(item['changedAt']?.N),
  toldAt: Number(item['toldAt']?.N),
  eventId: item['eventId']?.S ?? '',
  isToTell: item['isToTell']?.BOOL === true,
  revision: Number(item['revision']?.N),
});
