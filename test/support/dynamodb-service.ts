import { randomUUID } from 'node:crypto';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { AuditTrail } from '@app/audit';
import { DynamoDbPhiTable, tableDefinitions } from '@app/phi-table';
import { type DynamoDbLocal } from './dynamodb-local.js';
import { startListening } from './phi-client.js';
import { type Service } from './service.js';

/** @returns the service with its two tables on DynamoDB: with its limits, its pages and its conflicts between transactions */
export async function startOnDynamoDb(
  local: DynamoDbLocal,
  variables: Record<string, string> = {},
): Promise<Service> {
  const tables = { records: `records-${randomUUID()}`, audit: `audit-${randomUUID()}` };
  for (const input of Object.values(tableDefinitions(tables))) {
    await local.client().send(new CreateTableCommand(input));
  }
  const table = new DynamoDbPhiTable({ client: local.client(), tables });
  return startListening(variables, undefined, (platform) => ({
    ...platform,
    table,
    audit: new AuditTrail({ table, signer: platform.checkpointSigner, instance: randomUUID() }),
  }));
}
