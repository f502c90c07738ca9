import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { LmdbPhiTable } from '../src/lmdb-phi-table.js';

// 500 writers at once, each acknowledging what it wrote, until somebody kills the process.
const [path = ''] = process.argv.slice(2);
const table = LmdbPhiTable.open({ path });

async function keepWriting(): Promise<never> {
  for (;;) {
    const id = randomUUID();
    const attributes = { id, bytes: Buffer.alloc(1000, id) };
    await table.transactWrite([
      {
        type: 'put',
        item: {
          table: 'records',
          partition: 'PATIENT#1',
          sort: id,
          indexed: { recordedAt: { sort: id } },
          attributes,
        },
        condition: { type: 'absent' },
      },
      {
        type: 'put',
        item: { table: 'audit', partition: 'CHAIN#1', sort: id, attributes },
        condition: { type: 'absent' },
      },
    ]);
    writeSync(1, `${id}\n`);
  }
}

await Promise.all(Array.from({ length: 500 }, keepWriting));
