import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';

/**
 * Input of CreateTable for the branch-key store: the SDK's schema, on demand.
 * @see AWS Encryption SDK Developer Guide, "Create a key store"
 */
export function keyStoreTableDefinition(tableName: string): CreateTableCommandInput {
  return {
    TableName: tableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'branch-key-id', AttributeType: 'S' },
      { AttributeName: 'type', AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: 'branch-key-id', KeyType: 'HASH' },
      { AttributeName: 'type', KeyType: 'RANGE' },
    ],
  };
}
