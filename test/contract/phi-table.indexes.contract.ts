import { describe, expect, it } from '@jest/globals';
import type { IndexName, PhiItem, TableWrite } from '@app/phi-table';
import { itemAt, type Bench } from './phi-table.bench.js';
import { allPages } from './phi-table.queries.contract.js';

/** Local indexes of the records table, global ones of the audit table. */
export function indexContract(bench: Bench): void {
  const put = (item: PhiItem) => bench.table.transactWrite([{ type: 'put', item }]);

  const record = (partition: string, id: string, recordedAt: string, type = 'medical'): PhiItem => ({
    ...itemAt('records', partition, `RECORD#${id}`),
    indexed: {
      recordedAt: { sort: `${recordedAt}#${id}` },
      typeRecordedAt: { sort: `${type}#${recordedAt}#${id}` },
    },
  });
  const found = async (
    partition: string,
    index: IndexName,
    more: { prefix?: string; from?: string } = {},
  ) => {
    const pages = await allPages(bench.table, {
      table: 'records',
      partition,
      index,
      descending: true,
      limit: 2,
      ...more,
    });
    return pages.flat();
  };

  describe('local indexes', () => {
    it('answer whole items in the order of the index, newest first, and by type', async () => {
      const partition = bench.partition();
      const items = [
        record(partition, 'a', '2024-03-01', 'Observation'),
        record(partition, 'b', '2024-01-01'),
        record(partition, 'c', '2024-02-01', 'Observation'),
        record(partition, 'd', '2024-02-01'),
      ];
      const [a, b, c, d] = items;
      for (const item of items) await put(item);
      await bench.put(partition, 'PROFILE');
      await put(record(bench.partition(), 'e', '2024-02-01'));
      expect(await found(partition, 'recordedAt')).toStrictEqual([a, d, c, b]);
      expect(await found(partition, 'recordedAt', { from: '2024-02-01#c' })).toStrictEqual([c, b]);
      expect(await found(partition, 'typeRecordedAt', { prefix: 'Observation#' })).toStrictEqual([a, c]);
      expect(await found(partition, 'typeRecordedAt', { prefix: 'Observation#2024-02' })).toStrictEqual([c]);
    });

    it('forget where an item stood before it moved, and an item that left the index or was deleted', async () => {
      const partition = bench.partition();
      for (const id of ['a', 'b', 'c']) await put(record(partition, id, '2024-01-01'));
      const moved = record(partition, 'a', '2025-01-01', 'Observation');
      const plain = itemAt('records', partition, 'RECORD#b');
      await bench.table.transactWrite([
        { type: 'put', item: moved },
        { type: 'put', item: plain },
        { type: 'delete', key: { table: 'records', partition, sort: 'RECORD#c' } },
      ]);
      expect(await found(partition, 'recordedAt')).toStrictEqual([moved]);
      expect(await found(partition, 'typeRecordedAt')).toStrictEqual([moved]);
      expect(await found(partition, 'typeRecordedAt', { prefix: 'medical' })).toStrictEqual([]);
      expect(await bench.table.get(plain)).toStrictEqual(plain);
    });

    it('answer the item as it is now when it is replaced at the same position', async () => {
      const item = record(bench.partition(), 'a', '2024-01-01');
      await put(item);
      const replaced = { ...item, attributes: { version: 2 } };
      await put(replaced);
      expect(await found(item.partition, 'recordedAt')).toStrictEqual([replaced]);
    });

    it('keep apart items of one index value, and values of which one begins the other', async () => {
      const partition = bench.partition();
      const at = (sort: string, position: string) => ({
        ...itemAt('records', partition, sort),
        indexed: { recordedAt: { sort: position } },
      });
      for (const item of [at('3', 'A'), at('1', 'A'), at('2', 'AA'), at('4', 'A\u0001')]) await put(item);
      const positions = async (prefix?: string) =>
        (await found(partition, 'recordedAt', { prefix })).map(({ indexed }) => indexed?.recordedAt?.sort);
      expect(await positions()).toStrictEqual(['AA', 'A\u0001', 'A', 'A']);
      expect(await positions('A\u0001')).toStrictEqual(['A\u0001']);
      expect((await found(partition, 'recordedAt')).map(({ sort }) => sort).toSorted()).toStrictEqual([
        '1',
        '2',
        '3',
        '4',
      ]);
    });

    it('are not changed by a transaction that was refused', async () => {
      const item = record(bench.partition(), 'a', '2024-01-01');
      await put(item);
      const writes: TableWrite[] = [
        { type: 'put', item: record(item.partition, 'a', '2025-01-01') },
        { type: 'put', item: record(item.partition, 'b', '2025-01-01'), condition: { type: 'present' } },
      ];
      await expect(bench.table.transactWrite(writes)).rejects.toMatchObject({ failed: [1] });
      expect(await found(item.partition, 'recordedAt')).toStrictEqual([item]);
    });

    it("give an item back without a partition in a local index, which is the item's own", async () => {
      const item = record(bench.partition(), 'a', '2024-01-01');
      const { recordedAt } = item.indexed!;
      await put({
        ...item,
        indexed: { ...item.indexed, recordedAt: { ...recordedAt!, partition: item.partition } },
      });
      expect(await bench.table.get(item)).toStrictEqual(item);
    });
  });

  describe('global indexes', () => {
    const event = (chain: string, n: number, patient: string, agent: string): PhiItem => ({
      ...itemAt('audit', chain, String(n).padStart(10, '0')),
      indexed: {
        patient: { partition: patient, sort: `2024-01-0${n}#${chain}` },
        agent: { partition: agent, sort: `2024-01-0${n}#${chain}` },
        day: { partition: `${agent}-2024-01`, sort: `${n}#${chain}` },
      },
    });
    const search = async (
      index: IndexName,
      partition: string,
      more: { from?: string; descending?: boolean } = {},
    ) => {
      const pages = await allPages(bench.table, { table: 'audit', index, partition, limit: 2, ...more });
      return pages.flat();
    };

    it('find items of several partitions, each index by its own partition, in order', async () => {
      const [patient, other, agent] = [bench.partition(), bench.partition(), bench.partition('AGENT#')];
      const [one, two] = [bench.partition('CHAIN#'), bench.partition('CHAIN#')];
      const events = [
        event(one, 1, patient, agent),
        event(two, 2, patient, agent),
        event(one, 3, other, agent),
        event(two, 4, patient, agent),
      ];
      const [a, b, c, d] = events;
      await bench.table.transactWrite(events.map((item) => ({ type: 'put', item })));
      expect(await search('patient', patient)).toStrictEqual([a, b, d]);
      expect(await search('patient', patient, { descending: true })).toStrictEqual([d, b, a]);
      expect(await search('patient', other)).toStrictEqual([c]);
      expect(await search('agent', agent)).toStrictEqual(events);
      expect(await search('agent', agent, { from: '2024-01-03' })).toStrictEqual([c, d]);
      expect(await search('day', `${agent}-2024-01`)).toStrictEqual(events);
    });

    it('keep apart items that stand at the same position', async () => {
      const [patient, agent] = [bench.partition(), bench.partition('AGENT#')];
      const items = Array.from({ length: 7 }, (_, n) => ({
        ...itemAt('audit', bench.partition('CHAIN#'), String(n)),
        indexed: { patient: { partition: patient, sort: 'same' }, agent: { partition: agent, sort: 'same' } },
      }));
      await bench.table.transactWrite(items.map((item) => ({ type: 'put', item })));
      const chains = (await search('patient', patient)).map(({ partition }) => partition);
      expect(chains.toSorted()).toStrictEqual(items.map(({ partition }) => partition).toSorted());
    });

    it('forget an item that moved or was deleted', async () => {
      const [patient, other, agent] = [bench.partition(), bench.partition(), bench.partition('AGENT#')];
      const chain = bench.partition('CHAIN#');
      const [first, second] = [event(chain, 1, patient, agent), event(chain, 2, patient, agent)];
      await bench.table.transactWrite([first, second].map((item) => ({ type: 'put', item })));
      const { partition, sort } = second;
      const moved = event(chain, 1, other, agent);
      await bench.table.transactWrite([
        { type: 'put', item: moved },
        { type: 'delete', key: { table: 'audit', partition, sort } },
      ]);
      expect(await search('patient', patient)).toStrictEqual([]);
      expect(await search('patient', other)).toStrictEqual([moved]);
      expect(await search('agent', agent)).toStrictEqual([moved]);
    });
  });
}
