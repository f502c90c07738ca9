import { writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { open } from 'lmdb';
import { LmdbPhiTable } from '../src/lmdb-phi-table.js';

// Writes one item and then says so on standard output: as the service does, or wrongly, as the test must notice.
const [path = '', behaviour = ''] = process.argv.slice(2);
const say = (line: string) => writeSync(1, `${line}\n`);

if (behaviour === 'without-flush') {
  const database = open<Buffer, Buffer>(path, { encoding: 'binary', keyEncoding: 'binary', noSync: true });
  say('BEGIN');
  await database.put(Buffer.from('key'), Buffer.alloc(1500));
  say('ACKNOWLEDGED');
  await database.close();
} else {
  const table = LmdbPhiTable.open({ path });
  say('BEGIN');
  const written = table.transactWrite([
    {
      type: 'put',
      item: {
        table: 'records',
        partition: 'PATIENT#1',
        sort: 'PROFILE',
        attributes: { bytes: Buffer.alloc(1500) },
      },
    },
  ]);
  if (behaviour === 'without-waiting') await nextTurn();
  else await written;
  say('ACKNOWLEDGED');
  await written;
  await table.close();
}
