import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { PhiItem, PhiTable, QueryInput } from '@app/phi-table';
import { itemAt, type Bench } from './phi-table.bench.js';

/** Follows `next` to the end. @returns the pages, not joined */
export async function allPages(table: PhiTable, input: QueryInput): Promise<PhiItem[][]> {
  const pages: PhiItem[][] = [];
  let after: string | undefined;
  do {
    const page = await table.query({ ...input, after });
    pages.push(page.items);
    after = page.next;
  } while (after !== undefined);
  return pages;
}

const sortsOf = (items: readonly PhiItem[]) => items.map(({ sort }) => sort);
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** query by sort key: order, prefixes, ranges, pages. */
export function queryContract(bench: Bench): void {
  const fill = async (sorts: readonly string[], partition = bench.partition()) => {
    for (let n = 0; n < sorts.length; n += 100) {
      await bench.table.transactWrite(
        sorts.slice(n, n + 100).map((sort) => ({ type: 'put', item: itemAt('records', partition, sort) })),
      );
    }
    return partition;
  };
  const sorts = async (input: Omit<QueryInput, 'table' | 'limit'> & { limit?: number }) => {
    const pages = await allPages(bench.table, { table: 'records', limit: 1000, ...input });
    return sortsOf(pages.flat());
  };

  describe('queries', () => {
    it('answers an empty page without a position for a partition that is not there', async () => {
      const page = await bench.table.query({ table: 'records', partition: bench.partition(), limit: 10 });
      expect(page).toStrictEqual({ items: [] });
    });

    it('gives back whole items', async () => {
      const item = await bench.put(bench.partition(), 'RECORD#1', {
        attributes: { bytes: new Uint8Array(randomBytes(5000)), list: ['a'], text: 'x', truth: false },
        expiresAt: 4_102_444_800,
        indexed: { recordedAt: { sort: 'a' } },
      });
      const { items } = await bench.table.query({ table: 'records', partition: item.partition, limit: 10 });
      expect(items).toStrictEqual([item]);
    });

    it('orders by UTF-8 bytes, beyond the basic plane too, both ways', async () => {
      // In UTF-16 units the surrogate pairs of the last two would stand before U+E000 to U+FFFF.
      const expected = [
        '\u0001',
        ' ',
        '-',
        'A',
        'AA',
        'Z',
        'a',
        '~',
        'é',
        'ÿ',
        'Ā',
        '世',
        '\uE000',
        '\uFFFD',
        '\uFFFF',
      ];
      expected.push('😀', '\u{10FFFF}');
      expect(expected.toSorted(byBytes)).toStrictEqual(expected);
      expect(expected.toSorted()).not.toStrictEqual(expected);
      const partition = await fill(expected.toReversed());
      expect(await sorts({ partition })).toStrictEqual(expected);
      expect(await sorts({ partition, descending: true })).toStrictEqual(expected.toReversed());
      expect(await sorts({ partition, from: '\uFFFD' })).toStrictEqual([
        '\uFFFD',
        '\uFFFF',
        '😀',
        '\u{10FFFF}',
      ]);
    });

    it('keeps partitions apart of which one begins the other, or ends where the sort value begins', async () => {
      const base = bench.partition();
      await fill(['B', 'BC'], `${base}A`);
      await fill(['AB', 'C'], base);
      await fill(['C'], `${base}AB`);
      expect(await sorts({ partition: base })).toStrictEqual(['AB', 'C']);
      expect(await sorts({ partition: `${base}A`, descending: true })).toStrictEqual(['BC', 'B']);
      expect(await sorts({ partition: `${base}AB`, prefix: 'C' })).toStrictEqual(['C']);
      expect(await sorts({ partition: base, prefix: 'B' })).toStrictEqual([]);
    });

    const top = '\u{10FFFF}';
    const prefixed = [
      'A',
      'A#',
      'A#1',
      'A#10',
      'A#2',
      `A${top}`,
      `A${top}${top}`,
      `A${top}😀`,
      'B',
      `${top}${top}`,
    ];
    it.each([
      ['A', ['A', 'A#', 'A#1', 'A#10', 'A#2', `A${top}😀`, `A${top}`, `A${top}${top}`]],
      ['A#', ['A#', 'A#1', 'A#10', 'A#2']],
      ['A#1', ['A#1', 'A#10']],
      ['a prefix that ends in the highest character', [`A${top}`, `A${top}😀`, `A${top}${top}`]],
      ['the highest character alone', [`${top}${top}`]],
      ['A#3', []],
      ['an empty prefix', prefixed],
    ])('finds by prefix: %s', async (name, expected) => {
      const prefixes: Record<string, string> = {
        'a prefix that ends in the highest character': `A${top}`,
        'the highest character alone': top,
        'an empty prefix': '',
      };
      const prefix = prefixes[name] ?? name;
      const partition = await fill(prefixed);
      const inOrder = expected.toSorted(byBytes);
      expect(await sorts({ partition, prefix })).toStrictEqual(inOrder);
      expect(await sorts({ partition, prefix, descending: true, limit: 1 })).toStrictEqual(
        inOrder.toReversed(),
      );
    });

    it('finds the longest sort value by a prefix of any length', async () => {
      const longest = `A${'😀'.repeat(127)}xyz`;
      const highest = `A${top.repeat(127)}~~~`;
      expect([longest, highest].map((sort) => Buffer.byteLength(sort))).toStrictEqual([512, 512]);
      const partition = await fill([longest, highest, 'B']);
      expect(await sorts({ partition, prefix: 'A' })).toStrictEqual([longest, highest]);
      expect(await sorts({ partition, prefix: highest })).toStrictEqual([highest]);
      expect(await sorts({ partition, prefix: `A${top.repeat(127)}`, from: highest })).toStrictEqual([
        highest,
      ]);
    });

    it('starts at `from`, inclusive, in either direction', async () => {
      const partition = await fill(['A', 'B', 'C', 'D']);
      expect(await sorts({ partition, from: 'B' })).toStrictEqual(['B', 'C', 'D']);
      expect(await sorts({ partition, from: 'BB' })).toStrictEqual(['C', 'D']);
      expect(await sorts({ partition, from: 'C', descending: true })).toStrictEqual(['C', 'B', 'A']);
      expect(await sorts({ partition, from: 'BB', descending: true })).toStrictEqual(['B', 'A']);
      expect(await sorts({ partition, from: 'E' })).toStrictEqual([]);
    });

    it('combines `from` with a prefix', async () => {
      const partition = await fill(['A#1', 'B#1', 'B#2', 'B#3', 'C#1']);
      const prefix = 'B#';
      expect(await sorts({ partition, prefix, from: 'B#2' })).toStrictEqual(['B#2', 'B#3']);
      expect(await sorts({ partition, prefix, from: 'A' })).toStrictEqual(['B#1', 'B#2', 'B#3']);
      expect(await sorts({ partition, prefix, from: 'C' })).toStrictEqual([]);
      expect(await sorts({ partition, prefix, from: 'B#2', descending: true })).toStrictEqual(['B#2', 'B#1']);
      expect(await sorts({ partition, prefix, from: 'C', descending: true })).toStrictEqual([
        'B#3',
        'B#2',
        'B#1',
      ]);
      expect(await sorts({ partition, prefix, from: 'A', descending: true })).toStrictEqual([]);
    });

    it('still returns what has expired but is not gone', async () => {
      const item = await bench.put(bench.partition(), 'GRANT#1', { expiresAt: 1000 });
      expect(await bench.table.get(item)).toStrictEqual(item);
      const { items } = await bench.table.query({ table: 'records', partition: item.partition, limit: 1 });
      expect(items).toStrictEqual([item]);
    });
  });

  describe('pages', () => {
    const numbered = Array.from({ length: 25 }, (_, n) => `RECORD#${String(n).padStart(2, '0')}`);

    it.each([false, true])('gives every item once, in pages (descending: %s)', async (descending) => {
      const partition = await fill(['PROFILE', ...numbered, 'TEAM#1']);
      const expected = descending ? numbered.toReversed() : numbered;
      for (const limit of [1, 7, 25, 26]) {
        const input: QueryInput = { table: 'records', partition, prefix: 'RECORD#', descending, limit };
        const pages = await allPages(bench.table, input);
        expect(sortsOf(pages.flat())).toStrictEqual(expected);
        expect(Math.max(...pages.map(({ length }) => length))).toBe(Math.min(limit, 25));
        // Small items: no page is short, and none is empty.
        expect(pages).toHaveLength(Math.ceil(25 / limit));
      }
    });

    it.each([false, true])('is not disturbed by inserts and deletes (descending: %s)', async (descending) => {
      const partition = await fill(numbered);
      const input: QueryInput = { table: 'records', partition, descending, limit: 5 };
      const seen: string[] = [];
      let after: string | undefined;
      for (let page = 0; page < 10; page++) {
        const { items, next } = await bench.table.query({ ...input, after });
        seen.push(...sortsOf(items));
        if (next === undefined) break;
        after = next;
        // Before and after the position, and the very item that the position names goes.
        await fill([`RECORD#00-${page}`, `RECORD#24-${page}`], partition);
        const key = { table: 'records', partition, sort: items.at(-1)!.sort } as const;
        await bench.table.transactWrite([{ type: 'delete', key }]);
      }
      const old = seen.filter((sort) => numbered.includes(sort));
      expect(old).toStrictEqual(descending ? numbered.toReversed() : numbered);
      expect(new Set(seen).size).toBe(seen.length);
    });

    it('goes on across pages that their size ends', async () => {
      const partition = bench.partition();
      const bytes = new Uint8Array(250 * 1024);
      const large = numbered.slice(0, 12);
      for (const sort of large) await bench.put(partition, sort, { attributes: { bytes } });
      const pages = await allPages(bench.table, { table: 'records', partition, limit: 50 });
      expect(sortsOf(pages.flat())).toStrictEqual(large);
      expect(pages.length).toBeGreaterThan(1);
    });

    it('refuses a position of another query, or one that was tampered with', async () => {
      const partition = await fill(numbered);
      const input: QueryInput = { table: 'records', partition, prefix: 'RECORD#', limit: 2 };
      const { next } = await bench.table.query(input);
      const after = next!;
      const decoded = JSON.parse(Buffer.from(after, 'base64url').toString()) as unknown[];
      const changed = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString('base64url');
      const strangers: Partial<QueryInput>[] = [
        { partition: await fill(numbered) },
        { table: 'audit' },
        { prefix: 'RECORD' },
        { prefix: undefined },
        { from: 'RECORD#00' },
        { descending: true },
        { index: 'recordedAt' },
        { after: '' },
        { after: 'x' },
        { after: changed({}) },
        { after: changed([...decoded, 'RECORD#10']) },
        { after: changed(decoded.slice(0, 2)) },
        { after: changed([decoded[0], decoded[1], '']) },
        { after: changed([decoded[0], decoded[1], 7]) },
      ];
      for (const stranger of strangers) {
        await expect(bench.table.query({ ...input, after, ...stranger })).rejects.toBeInstanceOf(RangeError);
      }
      const { items } = await bench.table.query({ ...input, after, limit: 3 });
      expect(sortsOf(items)).toStrictEqual(numbered.slice(2, 5));
    });
  });
}
