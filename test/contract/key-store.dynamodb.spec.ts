import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from '@jest/globals';
import { javaIsInstalled, startDynamoDbLocal } from '../support/dynamodb-local.js';
import { keyStoreContract } from './key-store.contract.js';

const TABLE_NAME = 'branch-keys';

/** The schema of the SDK's key store. */
async function openOnDynamoDbLocal() {
  const local = await startDynamoDbLocal();
  const client = local.client();
  await client.send(
    new CreateTableCommand({
      TableName: TABLE_NAME,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'branch-key-id', AttributeType: 'S' },
        { AttributeName: 'type', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'branch-key-id', KeyType: 'HASH' },
        { AttributeName: 'type', KeyType: 'RANGE' },
      ],
    }),
  );
  return { client, tableName: TABLE_NAME, close: local.stop };
}

if (javaIsInstalled()) {
  keyStoreContract('DynamoDB', openOnDynamoDbLocal);
} else {
  const warning =
    'NOT TESTED: the key store on DynamoDB. DynamoDB Local needs Java 17, which is not installed.';
  process.stderr.write(`\n${'!'.repeat(warning.length)}\n${warning}\n${'!'.repeat(warning.length)}\n\n`);
  describe('the key store on DynamoDB', () => {
    it('runs against DynamoDB Local wherever CI=true', () => {
      expect(process.env.CI === 'true' ? warning : undefined).toBeUndefined();
    });
    it.todo(warning);
  });
}
