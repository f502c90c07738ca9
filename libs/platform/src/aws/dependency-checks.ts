import {
  type CreateTableCommandInput,
  type DynamoDBClient,
  type KeySchemaElement,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { DescribeKeyCommand, type KMSClient, type KeyMetadata } from '@aws-sdk/client-kms';
import { AwsRefusal, awsRefusal } from '@app/configuration';

/**
 * Looks for nothing in the table and in each of its indexes: who may query needs no further right, and a table with other keys
 * or without an index refuses.
 * @param definition as CreateTable takes it
 * @throws AwsRefusal that names table or index
 */
export async function checkTable(client: DynamoDBClient, definition: CreateTableCommandInput): Promise<void> {
  const { TableName, KeySchema, LocalSecondaryIndexes = [], GlobalSecondaryIndexes = [] } = definition;
  const indexes = [...LocalSecondaryIndexes, ...GlobalSecondaryIndexes];
  const places = [{ IndexName: undefined, KeySchema }, ...indexes];
  // One after the other: of a table that is another one altogether, not an index is to be told.
  for (const { IndexName, KeySchema: schema = [] } of places) {
    const thing = `table ${TableName}${IndexName === undefined ? '' : `, index ${IndexName}`}`;
    try {
      await client.send(new QueryCommand({ TableName, IndexName, ...nothingIn(schema) }));
    } catch (error) {
      if (nameOf(error) !== 'ValidationException')
        throw awsRefusal(error, { thing, action: 'dynamodb:Query' });
      const keys = schema.map(({ AttributeName, KeyType }) => `${AttributeName} (${KeyType})`).join(', ');
      throw new AwsRefusal(`${thing} has another schema: its keys must be ${keys}, texts`, { cause: error });
    }
  }
}

/** A partition that nothing is ever stored in. */
const nowhere = { S: 'PING' };

function nothingIn(schema: readonly KeySchemaElement[]) {
  const [partition, sort] = schema;
  return {
    Limit: 1,
    KeyConditionExpression: '#partition = :nowhere AND #sort = :nowhere',
    ExpressionAttributeNames: {
      '#partition': partition?.AttributeName ?? '',
      '#sort': sort?.AttributeName ?? '',
    },
    ExpressionAttributeValues: { ':nowhere': nowhere },
  };
}

/**
 * @param keyArn of a key or an alias
 * @returns what KMS says of the key that wraps branch keys
 * @throws AwsRefusal when it is out of reach, disabled, or of another kind
 */
export async function checkWrappingKey(client: KMSClient, keyArn: string): Promise<KeyMetadata> {
  const request = { thing: `KMS key ${keyArn}`, action: 'kms:DescribeKey' };
  let metadata: KeyMetadata | undefined;
  try {
    metadata = (await client.send(new DescribeKeyCommand({ KeyId: keyArn }))).KeyMetadata;
  } catch (error) {
    throw awsRefusal(error, request);
  }
  if (metadata?.KeyState !== 'Enabled') throw awsRefusal({ name: 'KMSInvalidStateException' }, request);
  if (metadata.KeySpec !== 'SYMMETRIC_DEFAULT' || metadata.KeyUsage !== 'ENCRYPT_DECRYPT') {
    throw awsRefusal({ name: 'InvalidKeyUsageException' }, request);
  }
  return metadata;
}

const nameOf = (error: unknown) => (error instanceof Error ? error.name : undefined);
