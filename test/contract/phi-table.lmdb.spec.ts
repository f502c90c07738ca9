import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LmdbPhiTable } from '@app/phi-table';
import { phiTableContract } from './phi-table.contract.js';

phiTableContract('LMDB', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'phi-table-'));
  const table = LmdbPhiTable.open({ path: join(folder, 'records.lmdb') });
  return {
    table,
    close: async () => {
      await table.close();
      rmSync(folder, { recursive: true });
    },
  };
});
