import { randomUUID } from 'node:crypto';
import { CreateTableCommand, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from '@jest/globals';
import { DynamoDbPhiTable, tableDefinitions, timeToLive } from '@app/phi-table';
import { javaIsInstalled, startDynamoDbLocal } from '../support/dynamodb-local.js';
import { phiTableContract, type OpenTable } from './phi-table.contract.js';

async function openOnDynamoDbLocal(): Promise<OpenTable> {
  const local = await startDynamoDbLocal();
  const client = local.client();
  const tables = { records: `records-${randomUUID()}`, audit: `audit-${randomUUID()}` };
  for (const input of Object.values(tableDefinitions(tables)))
    await client.send(new CreateTableCommand(input));
  await client.send(new UpdateTimeToLiveCommand(timeToLive(tables)));
  const table = new DynamoDbPhiTable({ client, tables });
  return {
    table,
    close: async () => {
      await table.close();
      await local.stop();
    },
  };
}

if (javaIsInstalled()) {
  phiTableContract('DynamoDB', openOnDynamoDbLocal);
} else {
  const warning = 'NOT TESTED: the DynamoDB adapter. DynamoDB Local needs Java 17, which is not installed.';
  process.stderr.write(`\n${'!'.repeat(warning.length)}\n${warning}\n${'!'.repeat(warning.length)}\n\n`);
  describe('PhiTable on DynamoDB', () => {
    it('runs against DynamoDB Local wherever CI=true', () => {
      expect(process.env.CI === 'true' ? warning : undefined).toBeUndefined();
    });
    it.todo(warning);
  });
}
