import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDbPhiTable, type PhiItem } from '@app/phi-table';
import type { AttributeValue, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { httpEndpoint, localClient } from './http-endpoint.js';

export type Row = Record<string, AttributeValue>;

/** @returns the rows as the service sends them to DynamoDB: the text of each is what its stream tells */
export async function rowsOnTheWire(items: readonly PhiItem[]): Promise<Row[]> {
  const endpoint = await httpEndpoint(() => ({ status: 200, body: '{}' }));
  const client = new DynamoDBClient(localClient(endpoint.url));
  try {
    const table = new DynamoDbPhiTable({ client, tables: { records: 'records', audit: 'audit' } });
    for (const item of items) await table.transactWrite([{ type: 'put', item }]);
    return endpoint.requests.map(({ body }) => (JSON.parse(body.toString()) as { Item: Row }).Item);
  } finally {
    client.destroy();
    await endpoint.close();
  }
}

export interface StreamChange {
  name: 'INSERT' | 'MODIFY' | 'REMOVE';
  before?: Row;
  after?: Row;
  /** ISO 8601; DynamoDB's time of the write, in whole seconds. */
  at?: string;
  /** Removed by an expiry. */
  expired?: boolean;
}

/**
 * A batch as Lambda gets it from a stream with both images.
 * @param first place of the first record in the stream
 * @see AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB", example event
 */
export function streamBatch(changes: readonly StreamChange[], first = 1): DynamoDBStreamEvent {
  const Records = changes.map(({ name, before, after, at, expired }, index): DynamoDBRecord => {
    const { pk, sk } = after ?? before ?? {};
    const place = first + index;
    return {
      eventID: `event${place}`,
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: 'us-east-1',
      eventName: name,
      eventSourceARN:
        'arn:aws:dynamodb:us-east-1:111122223333:table/phi-dev-audit/stream/2026-01-01T00:00:00.000',
      ...(expired === true && { userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' } }),
      dynamodb: {
        ApproximateCreationDateTime: Date.parse(at ?? '2026-03-01T12:00:00Z') / 1000,
        Keys: { pk: pk ?? { S: '' }, sk: sk ?? { S: '' } },
        ...(after !== undefined && { NewImage: after }),
        ...(before !== undefined && { OldImage: before }),
        SequenceNumber: `4421584500000000017450${String(place).padStart(4, '0')}`,
        SizeBytes: 300,
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
    };
  });
  return { Records };
}
