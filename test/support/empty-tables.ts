import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDbPhiTable, LmdbPhiTable, type PhiTable, tableDefinitions } from '@app/phi-table';
import { startDynamoDbLocal } from './dynamodb-local.js';

/** Tables that nobody has written to yet; each call of `open` gives new ones. */
export interface EmptyTables {
  open(): Promise<PhiTable>;
  close(): Promise<void>;
}

export async function openLmdbTables(): Promise<EmptyTables> {
  const folder = mkdtempSync(join(tmpdir(), 'phi-tables-'));
  const opened: PhiTable[] = [];
  return {
    async open() {
      const table = LmdbPhiTable.open({ path: join(folder, `${opened.length}.lmdb`) });
      opened.push(table);
      return table;
    },
    async close() {
      for (const table of opened) await table.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** In Amazon's DynamoDB Local: see `javaIsInstalled`. */
export async function openDynamoDbTables(): Promise<EmptyTables> {
  const local = await startDynamoDbLocal();
  const opened: PhiTable[] = [];
  return {
    async open() {
      const client = local.client();
      const tables = { records: `records-${randomUUID()}`, audit: `audit-${randomUUID()}` };
      for (const input of Object.values(tableDefinitions(tables)))
        await client.send(new CreateTableCommand(input));
      const table = new DynamoDbPhiTable({ client, tables });
      opened.push(table);
      return table;
    },
    async close() {
      for (const table of opened) await table.close();
      await local.stop();
    },
  };
}
