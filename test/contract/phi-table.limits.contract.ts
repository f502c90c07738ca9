import { describe, expect, it } from '@jest/globals';
import type { Attribute, Condition, PhiItem, PhiKey, QueryInput, TableWrite } from '@app/phi-table';
import { itemAt, type Bench } from './phi-table.bench.js';

/** Limits of DynamoDB that every adapter keeps: what fits is stored, what does not is refused before anything is written. */
export function limitContract(bench: Bench): void {
  const KB = 1024;
  const putOf = (item: PhiItem): TableWrite => ({ type: 'put', item });
  const withBytes = (partition: string, sort: string, bytes: number) =>
    putOf({ ...itemAt('records', partition, sort), attributes: { b: new Uint8Array(bytes) } });
  const REFUSED = 'refused with a RangeError, nothing stored';
  const outcomeOf = async (writes: TableWrite[]): Promise<unknown> => {
    const error: unknown = await bench.table.transactWrite(writes).catch((reason: unknown) => reason);
    const keys = writes.flatMap((write) => (write.type === 'put' ? [write.item] : []));
    const read = await Promise.all(keys.map((key) => bench.table.get(key)));
    return error instanceof RangeError && read.every((item) => item === undefined)
      ? REFUSED
      : { error, read };
  };

  describe('limits', () => {
    it('takes 100 writes and refuses none or 101', async () => {
      const partition = bench.partition();
      const writes = Array.from({ length: 101 }, (_, n) => putOf(itemAt('records', partition, String(n))));
      expect(await outcomeOf(writes)).toBe(REFUSED);
      expect(await outcomeOf([])).toBe(REFUSED);
      await expect(bench.table.transactWrite(writes.slice(1))).resolves.toBeUndefined();
    });

    it('refuses a key twice, whatever is done with it', async () => {
      const item = itemAt('records', bench.partition(), 'PROFILE');
      const key: PhiKey = { table: 'records', partition: item.partition, sort: item.sort };
      expect(await outcomeOf([putOf(item), putOf(item)])).toBe(REFUSED);
      expect(await outcomeOf([putOf(item), { type: 'delete', key }])).toBe(REFUSED);
      expect(await outcomeOf([putOf(item), { type: 'check', key, condition: { type: 'absent' } }])).toBe(
        REFUSED,
      );
      await expect(bench.table.batchGet([key, key])).rejects.toBeInstanceOf(RangeError);
      await expect(
        bench.table.transactWrite([putOf(item), putOf({ ...item, table: 'audit' })]),
      ).resolves.toBeUndefined();
    });

    it('takes an item of 399 KB and refuses one of 400 KB and its key', async () => {
      const partition = bench.partition();
      expect(await outcomeOf([withBytes(partition, 'LARGE', 400 * KB)])).toBe(REFUSED);
      await expect(
        bench.table.transactWrite([withBytes(partition, 'FITS', 399 * KB)]),
      ).resolves.toBeUndefined();
    });

    it('takes 399 KB in local indexes too', async () => {
      const write = withBytes(bench.partition(), 'FITS', 398 * KB);
      if (write.type === 'put')
        write.item.indexed = { recordedAt: { sort: 'a' }, typeRecordedAt: { sort: 'b' } };
      await expect(bench.table.transactWrite([write])).resolves.toBeUndefined();
    });

    it('takes a transaction just below 4 MB and refuses one above', async () => {
      const partition = bench.partition();
      const writes = Array.from({ length: 11 }, (_, n) => withBytes(partition, String(n), 380 * KB));
      expect(await outcomeOf(writes)).toBe(REFUSED);
      await expect(bench.table.transactWrite(writes.slice(1))).resolves.toBeUndefined();
    });

    const longest = 'ä'.repeat(256);
    it('takes keys of 512 bytes', async () => {
      const partition = bench.partition().padEnd(512, 'x');
      const item = await bench.put(partition, longest, {
        indexed: { recordedAt: { sort: 'ä'.repeat(128) } },
      });
      expect(await bench.table.get(item)).toStrictEqual(item);
      const page = await bench.table.query({ table: 'records', partition, index: 'recordedAt', limit: 1 });
      expect(page).toStrictEqual({ items: [item] });
      const event: PhiItem = {
        ...itemAt('audit', partition, longest),
        indexed: { patient: { partition, sort: 'ä'.repeat(128) } },
      };
      const second = { ...event, sort: 'second' };
      await bench.table.transactWrite([putOf(event), putOf(second)]);
      const query: QueryInput = { table: 'audit', partition, index: 'patient', limit: 1 };
      const first = await bench.table.query(query);
      const { items } = await bench.table.query({ ...query, after: first.next });
      expect([...first.items, ...items].map(({ sort }) => sort).toSorted()).toStrictEqual([
        'second',
        longest,
      ]);
    });

    const partition = 'PATIENT#limits';
    const badKeys: [string, PhiKey][] = [
      ['an empty partition', { table: 'records', partition: '', sort: 'A' }],
      ['an empty sort key', { table: 'records', partition, sort: '' }],
      ['a partition of 513 bytes', { table: 'records', partition: `${longest}a`, sort: 'A' }],
      ['a sort key of 513 bytes', { table: 'records', partition, sort: `${longest}a` }],
      ['a sort key with U+0000', { table: 'records', partition, sort: 'A\0B' }],
      ['a partition with half a surrogate pair', { table: 'records', partition: 'A\ud83dB', sort: 'A' }],
      ['a table that is not there', { table: 'other' as 'records', partition, sort: 'A' }],
    ];
    it.each(badKeys)('refuses %s everywhere', async (_name, key) => {
      await expect(bench.table.get(key)).rejects.toBeInstanceOf(RangeError);
      await expect(bench.table.batchGet([key])).rejects.toBeInstanceOf(RangeError);
      const writes: TableWrite[] = [
        { type: 'put', item: { ...key, attributes: {} } },
        { type: 'delete', key },
        { type: 'check', key, condition: { type: 'absent' } },
      ];
      for (const write of writes)
        await expect(bench.table.transactWrite([write])).rejects.toBeInstanceOf(RangeError);
    });

    const badItems: [string, Partial<PhiItem>][] = [
      ['an index of the other table', { indexed: { patient: { partition: 'P', sort: 'A' } } }],
      ['a local index in another partition', { indexed: { recordedAt: { partition: 'P', sort: 'A' } } }],
      ['an empty index value', { indexed: { recordedAt: { sort: '' } } }],
      ['an index value of 257 bytes', { indexed: { recordedAt: { sort: 'x'.repeat(257) } } }],
      ['a global index without partition', { table: 'audit', indexed: { patient: { sort: 'A' } } }],
      ['an expiry in fractions', { expiresAt: 1.5 }],
      ['an expiry before the epoch', { expiresAt: -1 }],
      ['not-a-number', { attributes: { a: Number.NaN } }],
      ['infinity', { attributes: { a: Number.POSITIVE_INFINITY } }],
      ['a number beyond the safe integers', { attributes: { a: 2 ** 53 } }],
      ['a number too small', { attributes: { a: 1e-200 } }],
      ['half a surrogate pair', { attributes: { a: '\ud83d' } }],
      ['half a surrogate pair in a list', { attributes: { a: ['\ude00'] } }],
      ['an empty attribute name', { attributes: { '': 1 } }],
      [
        'a name that is a prototype',
        { attributes: JSON.parse('{"__proto__": 1}') as Record<string, Attribute> },
      ],
      ['null', { attributes: { a: null } as unknown as Record<string, Attribute> }],
      ['an object', { attributes: { a: {} } as unknown as Record<string, Attribute> }],
      ['a list of numbers', { attributes: { a: [1] } as unknown as Record<string, Attribute> }],
    ];
    it.each(badItems)('refuses %s', async (_name, more) => {
      expect(await outcomeOf([putOf({ ...itemAt('records', bench.partition(), 'A'), ...more })])).toBe(
        REFUSED,
      );
    });

    it('refuses a condition on what can not be compared', async () => {
      const item = itemAt('records', bench.partition(), 'A');
      for (const value of [Number.NaN, '\ud83d', null as unknown as string]) {
        expect(
          await outcomeOf([{ type: 'put', item, condition: { type: 'equals', attribute: 'a', value } }]),
        ).toBe(REFUSED);
      }
      const timeless: Condition = { type: 'absent-or-expired', nowSeconds: Number.NaN };
      expect(await outcomeOf([{ type: 'put', item, condition: timeless }])).toBe(REFUSED);
    });

    const badQueries: [string, Partial<QueryInput>][] = [
      ['no item', { limit: 0 }],
      ['half an item', { limit: 1.5 }],
      ['1001 items', { limit: 1001 }],
      ['an index of the other table', { index: 'patient' }],
      ['an index that is not there', { index: 'toString' as 'patient' }],
      ['an empty partition', { partition: '' }],
      ['a prefix with U+0000', { prefix: '\0' }],
      ['a prefix of 513 bytes', { prefix: `${longest}a` }],
      ['a start with half a surrogate pair', { from: '\ud83d' }],
    ];
    it.each(badQueries)('refuses a query for %s', async (_name, more) => {
      const query: QueryInput = { table: 'records', partition, limit: 1, ...more };
      await expect(bench.table.query(query)).rejects.toBeInstanceOf(RangeError);
    });

    it('refuses a batch of 101 keys', async () => {
      const keys = Array.from({ length: 101 }, (_, n): PhiKey => ({
        table: 'records',
        partition,
        sort: String(n),
      }));
      await expect(bench.table.batchGet(keys)).rejects.toBeInstanceOf(RangeError);
      await expect(bench.table.batchGet(keys.slice(1))).resolves.toHaveLength(100);
    });

    it('never says in an error what it was given', async () => {
      const marker = 'CANARY-7f3a';
      const items: Partial<PhiItem>[] = [
        { sort: `${marker}\0` },
        { attributes: { [marker]: Number.NaN } },
        { attributes: { a: `${marker}\ud83d` } },
        { indexed: { [marker]: { sort: marker } } as PhiItem['indexed'] },
      ];
      for (const more of items) {
        const item = { ...itemAt('records', bench.partition(), 'A'), ...more };
        const error: unknown = await bench.table
          .transactWrite([putOf(item)])
          .catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(RangeError);
        expect(String((error as Error).stack)).not.toContain(marker);
      }
    });
  });
}
