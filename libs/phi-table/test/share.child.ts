import { writeSync } from 'node:fs';
import { LmdbPhiTable } from '../src/lmdb-phi-table.js';
import { ConditionFailed, type PhiItem, type PhiKey } from '../src/phi-table.js';

// Increments a counter as often as it is told to, beside other processes that do the same.
const [path = '', times = '0'] = process.argv.slice(2);
const table = LmdbPhiTable.open({ path });
const key: PhiKey = { table: 'records', partition: 'COUNTER', sort: '-' };
let done = 0;
while (done < Number(times)) {
  const before = await table.get(key);
  const count = Number(before?.attributes.count ?? 0);
  const item: PhiItem = { ...key, attributes: { count: count + 1 } };
  try {
    await table.transactWrite([
      {
        type: 'put',
        item,
        condition: before ? { type: 'equals', attribute: 'count', value: count } : { type: 'absent' },
      },
    ]);
    done += 1;
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
  }
}
writeSync(1, 'DONE\n');
await table.close();
