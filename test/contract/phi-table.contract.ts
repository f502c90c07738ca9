import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from '@jest/globals';
import type { PhiItem, PhiTable, TableName } from '@app/phi-table';
import { concurrencyContract } from './phi-table.concurrency.contract.js';
import { indexContract } from './phi-table.indexes.contract.js';
import { limitContract } from './phi-table.limits.contract.js';
import { queryContract } from './phi-table.queries.contract.js';
import { writeContract } from './phi-table.writes.contract.js';

/** An adapter over an empty store of its own, and how to dispose of both. */
export interface OpenTable {
  table: PhiTable;
  close: () => Promise<void>;
}

/** What every part of the contract works with. Each test takes partitions of its own, so they share one store. */
export interface Bench {
  /** The adapter; valid inside tests. */
  readonly table: PhiTable;
  /** A partition that nothing else uses. */
  partition: (prefix?: string) => string;
  /** Stores an item that has only a marker, and returns it. */
  put: (partition: string, sort: string, more?: Partial<PhiItem>) => Promise<PhiItem>;
}

/**
 * What every adapter of the `PhiTable` port must do. Register it in a spec file of the adapter.
 * @param open called once, before the first test
 */
export function phiTableContract(name: string, open: () => Promise<OpenTable>): void {
  describe(`PhiTable on ${name}`, () => {
    let opened: OpenTable | undefined;
    const bench: Bench = {
      get table() {
        if (!opened) throw new Error('the table is opened before the first test');
        return opened.table;
      },
      partition: (prefix = 'PATIENT#') => `${prefix}${randomUUID()}`,
      put: async (partition, sort, more) => {
        const item = { ...itemAt('records', partition, sort), ...more };
        await bench.table.transactWrite([{ type: 'put', item }]);
        return item;
      },
    };

    beforeAll(async () => {
      opened = await open();
      // The first time, DynamoDB Local is fetched.
    }, 300_000);
    afterAll(async () => {
      await opened?.close();
    });

    writeContract(bench);
    queryContract(bench);
    indexContract(bench);
    limitContract(bench);
    concurrencyContract(bench);
  });
}

/** An item that has only a marker. */
export function itemAt(table: TableName, partition: string, sort: string): PhiItem {
  return { table, partition, sort, attributes: { marker: [...sort].slice(0, 20).join('') } };
}
