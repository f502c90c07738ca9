import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LmdbKeyStoreClient } from '@app/encryption';
import { keyStoreContract } from './key-store.contract.js';

keyStoreContract('LMDB', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'phi-key-store-'));
  const client = LmdbKeyStoreClient.open(join(folder, 'key-store.lmdb'));
  return {
    client,
    tableName: 'keys',
    close: async () => {
      await client.close();
      rmSync(folder, { recursive: true });
    },
  };
});
