import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from '@jest/globals';
import type { PhiTable } from '@app/phi-table';
import { type Bench, itemAt } from './phi-table.bench.js';
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
