import { writeSync } from 'node:fs';
import { LmdbPhiTable } from '../src/lmdb-phi-table.js';
import { TableUnavailable, type PhiItem, type TableWrite } from '../src/phi-table.js';

// Runs under a limit of the file's size. One group of requests is too much for it; the next one is not.
const [path = ''] = process.argv.slice(2);
process.on('SIGXFSZ', () => undefined);
const table = LmdbPhiTable.open({ path });
const item = (sort: string, bytes: number): PhiItem => ({
  table: 'records',
  partition: 'PATIENT#1',
  sort,
  attributes: { bytes: Buffer.alloc(bytes) },
});
const put = (written: PhiItem): TableWrite => ({ type: 'put', item: written });

await table.transactWrite([put(item('before', 1000))]);
const group = [
  table.transactWrite([put(item('small', 1000))]),
  table.transactWrite(Array.from({ length: 10 }, (_, n) => put(item(`large-${n}`, 390 * 1024)))),
];
const outcomes = await Promise.allSettled(group);
const refusals = outcomes.map((outcome) => {
  const reason: unknown = outcome.status === 'rejected' ? outcome.reason : undefined;
  return reason instanceof TableUnavailable ? { notWritten: reason.notWritten } : 'no refusal';
});
await table.transactWrite([put(item('after', 1000))]);
await table.ping();
const { items } = await table.query({ table: 'records', partition: 'PATIENT#1', limit: 100 });
writeSync(1, `${JSON.stringify({ refusals, stored: items.map(({ sort }) => sort) })}\n`);
await table.close();
