import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  ConditionFailed,
  type Attribute,
  type Condition,
  type PhiItem,
  type TableWrite,
} from '@app/phi-table';
import { itemAt, type Bench } from './phi-table.bench.js';

/** get, batchGet, transactWrite and its conditions. */
export function writeContract(bench: Bench): void {
  describe('reading and writing', () => {
    it('answers undefined for a key that was never written', async () => {
      expect(
        await bench.table.get({ table: 'records', partition: bench.partition(), sort: 'PROFILE' }),
      ).toBeUndefined();
    });

    it('gives back an item as it was written, with every type of attribute', async () => {
      const attributes: Record<string, Attribute> = {
        text: 'Grüße, 世界 😀',
        emptyText: '',
        whole: 42,
        negative: -7.25,
        zero: 0,
        largest: Number.MAX_SAFE_INTEGER,
        fraction: 0.1 + 0.2,
        yes: true,
        no: false,
        bytes: new Uint8Array([0, 1, 254, 255]),
        emptyBytes: new Uint8Array(0),
        list: ['b', 'a', '', 'b', '😀'],
        emptyList: [],
        constructor: 'a name that objects have',
      };
      const item: PhiItem = {
        table: 'records',
        partition: bench.partition(),
        sort: 'RECORD#1',
        indexed: { recordedAt: { sort: '2024-01-01#1' }, typeRecordedAt: { sort: 'medical#2024-01-01#1' } },
        expiresAt: 4_102_444_800,
        attributes,
      };
      await bench.table.transactWrite([{ type: 'put', item }]);
      expect(await bench.table.get(item)).toStrictEqual(item);
    });

    it('gives back 300 KB of random bytes unchanged', async () => {
      const message = new Uint8Array(randomBytes(300 * 1024));
      const item = await bench.put(bench.partition(), 'PROFILE', { attributes: { message, digest: 'x' } });
      const read = await bench.table.get(item);
      expect(Buffer.compare(read?.attributes.message as Uint8Array, message)).toBe(0);
    });

    it('leaves out what is undefined', async () => {
      const loose = { kept: 1, left: undefined } as unknown as Record<string, Attribute>;
      const item = await bench.put(bench.partition(), 'PROFILE', { attributes: loose, indexed: {} });
      const { indexed: _empty, ...expected } = item;
      expect(await bench.table.get(item)).toStrictEqual({ ...expected, attributes: { kept: 1 } });
    });

    it('replaces the whole item, not single attributes', async () => {
      const partition = bench.partition();
      await bench.put(partition, 'PROFILE', { attributes: { old: 1, both: 1 }, expiresAt: 4_102_444_800 });
      const item = await bench.put(partition, 'PROFILE', { attributes: { both: 2 } });
      expect(await bench.table.get(item)).toStrictEqual(item);
    });

    it('keeps what it read when the item is overwritten, and what it was given when the caller changes it', async () => {
      const partition = bench.partition();
      const mine = new Uint8Array(2000).fill(1);
      const item: PhiItem = { ...itemAt('records', partition, 'PROFILE'), attributes: { mine } };
      const written = bench.table.transactWrite([{ type: 'put', item }]);
      mine.fill(9);
      await written;
      const read = await bench.table.get(item);
      for (let fill = 2; fill < 6; fill++) {
        await bench.put(partition, 'PROFILE', { attributes: { mine: new Uint8Array(2000).fill(fill) } });
      }
      expect(read?.attributes.mine).toStrictEqual(new Uint8Array(2000).fill(1));
    });

    it('deletes an item, and an item that is not there', async () => {
      const { table, partition, sort } = await bench.put(bench.partition(), 'PROFILE');
      const remove: TableWrite = { type: 'delete', key: { table, partition, sort } };
      await bench.table.transactWrite([remove]);
      expect(await bench.table.get({ table, partition, sort })).toBeUndefined();
      await expect(bench.table.transactWrite([remove])).resolves.toBeUndefined();
    });

    it('keeps the two tables apart', async () => {
      const partition = bench.partition();
      await bench.put(partition, 'PROFILE');
      expect(await bench.table.get({ table: 'audit', partition, sort: 'PROFILE' })).toBeUndefined();
    });

    it('writes to both tables in one transaction', async () => {
      const partition = bench.partition();
      const [record, event] = [itemAt('records', partition, 'PROFILE'), itemAt('audit', partition, '1')];
      await bench.table.transactWrite([record, event].map((item) => ({ type: 'put', item })));
      expect(await bench.table.batchGet([event, record])).toStrictEqual([event, record]);
    });

    it('answers a batch in the order of its keys, with gaps', async () => {
      const partition = bench.partition();
      const [a, b] = [await bench.put(partition, 'A'), await bench.put(partition, 'B')];
      const missing = { table: 'records', partition, sort: 'C' } as const;
      expect(await bench.table.batchGet([b, missing, a])).toStrictEqual([b, undefined, a]);
      expect(await bench.table.batchGet([])).toStrictEqual([]);
    });

    it('answers a batch of 100 large items whole', async () => {
      const partition = bench.partition();
      const sorts = Array.from({ length: 100 }, (_, n) => `RECORD#${String(n).padStart(3, '0')}`);
      const message = new Uint8Array(randomBytes(200 * 1024));
      for (let n = 0; n < 100; n += 20) {
        await bench.table.transactWrite(
          sorts.slice(n, n + 20).map((sort) => ({
            type: 'put',
            item: { ...itemAt('records', partition, sort), attributes: { sort, message } },
          })),
        );
      }
      const read = await bench.table.batchGet(sorts.map((sort) => ({ table: 'records', partition, sort })));
      expect(read.map((item) => item?.attributes.sort)).toStrictEqual(sorts);
    }, 60_000);

    it('answers a ping', async () => {
      await expect(bench.table.ping()).resolves.toBeUndefined();
    });
  });

  describe('conditions', () => {
    const now = 2_000_000_000;
    type State = { attributes: PhiItem['attributes']; expiresAt?: number } | undefined;
    const present: State = { attributes: { version: 3, owner: 'a', open: true, bytes: new Uint8Array([1]) } };
    const cases: [string, Condition, State, boolean][] = [
      ['absent of nothing', { type: 'absent' }, undefined, true],
      ['absent of an item', { type: 'absent' }, present, false],
      ['present of an item', { type: 'present' }, present, true],
      ['present of nothing', { type: 'present' }, undefined, false],
      ['absent-or-expired of nothing', { type: 'absent-or-expired', nowSeconds: now }, undefined, true],
      [
        'absent-or-expired of an item without expiry',
        { type: 'absent-or-expired', nowSeconds: now },
        present,
        false,
      ],
      [
        'absent-or-expired of an expired item',
        { type: 'absent-or-expired', nowSeconds: now },
        { attributes: {}, expiresAt: now - 1 },
        true,
      ],
      [
        'absent-or-expired of an item in its last second',
        { type: 'absent-or-expired', nowSeconds: now },
        { attributes: {}, expiresAt: now },
        false,
      ],
      ['equals of the same number', { type: 'equals', attribute: 'version', value: 3 }, present, true],
      ['equals of another number', { type: 'equals', attribute: 'version', value: 4 }, present, false],
      ['equals of the same text', { type: 'equals', attribute: 'owner', value: 'a' }, present, true],
      ['equals of other text', { type: 'equals', attribute: 'owner', value: 'A' }, present, false],
      ['equals of the same truth', { type: 'equals', attribute: 'open', value: true }, present, true],
      ['equals of the other truth', { type: 'equals', attribute: 'open', value: false }, present, false],
      ['equals of another type', { type: 'equals', attribute: 'version', value: '3' }, present, false],
      [
        'equals of an absent attribute',
        { type: 'equals', attribute: 'toString', value: 'a' },
        present,
        false,
      ],
      ['equals of nothing', { type: 'equals', attribute: 'version', value: 3 }, undefined, false],
    ];

    it.each(cases)('%s', async (_name, condition, state, holds) => {
      for (const type of ['put', 'delete', 'check'] as const) {
        const partition = bench.partition();
        if (state) await bench.put(partition, 'PROFILE', state);
        const key = { table: 'records', partition, sort: 'PROFILE' } as const;
        const before = await bench.table.get(key);
        const item: PhiItem = { ...key, attributes: { version: 'new' } };
        const write: TableWrite = type === 'put' ? { type, item, condition } : { type, key, condition };
        const written = bench.table.transactWrite([write]);
        if (holds) await written;
        else await expect(written).rejects.toEqual(new ConditionFailed([0]));
        const after = { put: item, delete: undefined, check: before }[type];
        expect(await bench.table.get(key)).toStrictEqual(holds ? after : before);
      }
    });

    it('treats an expired item as absent in a transaction of several writes too', async () => {
      const partition = bench.partition('IDEMPOTENCY#');
      await bench.put(partition, '-', { expiresAt: now - 1 });
      const taken = { ...itemAt('records', partition, '-'), expiresAt: now + 60 };
      const writes = (): TableWrite[] => [
        { type: 'put', item: taken, condition: { type: 'absent-or-expired', nowSeconds: now } },
        { type: 'put', item: itemAt('audit', partition, '1') },
      ];
      await bench.table.transactWrite(writes());
      await expect(bench.table.transactWrite(writes())).rejects.toEqual(new ConditionFailed([0]));
      expect(await bench.table.get(taken)).toStrictEqual(taken);
    });

    it('writes nothing of a transaction when one condition fails, and names every position that failed', async () => {
      const partition = bench.partition();
      const kept = await bench.put(partition, 'KEPT', { attributes: { version: 1 } });
      const key = (sort: string) => ({ table: 'records', partition, sort }) as const;
      const writes: TableWrite[] = [
        { type: 'put', item: itemAt('records', partition, 'NEW'), condition: { type: 'absent' } },
        { type: 'put', item: itemAt('records', partition, 'KEPT'), condition: { type: 'absent' } },
        { type: 'delete', key: key('GONE') },
        { type: 'check', key: key('MISSING'), condition: { type: 'present' } },
        { type: 'put', item: itemAt('audit', partition, '1') },
      ];
      const refused = bench.table.transactWrite(writes);
      await expect(refused).rejects.toBeInstanceOf(ConditionFailed);
      await expect(refused).rejects.toMatchObject({ failed: [1, 3] });
      const read = await bench.table.batchGet([key('NEW'), key('KEPT'), { ...key('1'), table: 'audit' }]);
      expect(read).toStrictEqual([undefined, kept, undefined]);
    });

    it('checks one item and writes another', async () => {
      const partition = bench.partition();
      await bench.put(partition, 'PROFILE', { attributes: { state: 'open' } });
      const write = (sort: string, value: string): TableWrite[] => [
        {
          type: 'check',
          key: { table: 'records', partition, sort: 'PROFILE' },
          condition: { type: 'equals', attribute: 'state', value },
        },
        { type: 'put', item: itemAt('records', partition, sort) },
      ];
      await bench.table.transactWrite(write('A', 'open'));
      await expect(bench.table.transactWrite(write('B', 'closed'))).rejects.toMatchObject({ failed: [0] });
      const { items } = await bench.table.query({ table: 'records', partition, limit: 10 });
      expect(items.map(({ sort }) => sort)).toStrictEqual(['A', 'PROFILE']);
    });

    it('takes a transaction of 100 writes, whole', async () => {
      const partition = bench.partition();
      const writes = Array.from({ length: 100 }, (_, n): TableWrite => {
        const item = itemAt(n % 2 ? 'audit' : 'records', partition, `RECORD#${String(n).padStart(3, '0')}`);
        return { type: 'put', item, condition: { type: 'absent' } };
      });
      await bench.table.transactWrite(writes);
      await expect(bench.table.transactWrite(writes)).rejects.toMatchObject({
        failed: writes.map((_, n) => n),
      });
      const pages = await Promise.all(
        (['records', 'audit'] as const).map((table) => bench.table.query({ table, partition, limit: 1000 })),
      );
      expect(pages.map(({ items }) => items.length)).toStrictEqual([50, 50]);
    });
  });
}
