import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LmdbPhiTable } from './lmdb-phi-table.js';
import { holds } from './stored-condition.js';
import {
  ConditionFailed,
  TableUnavailable,
  type Condition,
  type PhiItem,
  type PhiKey,
  type TableWrite,
} from './phi-table.js';

describe('LmdbPhiTable', () => {
  let folder: string;
  let path: string;
  let nowSeconds: number;
  const tables: LmdbPhiTable[] = [];
  const open = (options: { mapSizeBytes?: number } = {}) => {
    const table = LmdbPhiTable.open({ path, nowSeconds: () => nowSeconds, ...options });
    tables.push(table);
    return table;
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'phi-lmdb-'));
    path = join(folder, 'data', 'records.lmdb');
    nowSeconds = 1_700_000_000;
  });
  afterEach(async () => {
    for (const table of tables.splice(0)) await table.close();
    rmSync(folder, { recursive: true });
  });
  const key = (sort: string): PhiKey => ({ table: 'records', partition: 'PATIENT#1', sort });
  const put = (sort: string, more?: Partial<PhiItem>): TableWrite => ({
    type: 'put',
    item: { ...key(sort), attributes: { sort }, ...more },
  });
  const mode = (...parts: string[]) => (statSync(join(folder, ...parts)).mode & 0o777).toString(8);

  it('makes its folder for the owner only, and its files too', async () => {
    const table = open();
    await table.transactWrite([put('A')]);
    expect([mode('data'), mode('data', 'records.lmdb'), mode('data', 'records.lmdb-lock')]).toStrictEqual([
      '700',
      '600',
      '600',
    ]);
  });

  it('narrows files that others could read', async () => {
    await open().close();
    chmodSync(path, 0o644);
    open();
    expect(mode('data', 'records.lmdb')).toBe('600');
  });

  it('finds again what it wrote before it was closed', async () => {
    const table = open();
    await table.transactWrite([put('A'), put('B', { indexed: { recordedAt: { sort: 'x' } } })]);
    await table.close();
    const page = await open().query({
      table: 'records',
      partition: 'PATIENT#1',
      index: 'recordedAt',
      limit: 5,
    });
    expect(page.items.map(({ sort }) => sort)).toStrictEqual(['B']);
  });

  it('grows beyond the address space that it began with', async () => {
    const table = open({ mapSizeBytes: 1024 * 1024 });
    for (let n = 0; n < 20; n++) {
      await table.transactWrite([
        put(`LARGE#${n}`, { attributes: { bytes: new Uint8Array(300 * 1024).fill(n) } }),
      ]);
    }
    const item = await table.get(key('LARGE#7'));
    expect(item?.attributes.bytes).toStrictEqual(new Uint8Array(300 * 1024).fill(7));
  });

  it('refuses everything once it is closed', async () => {
    const table = open();
    await table.close();
    await expect(table.get(key('A'))).rejects.toBeInstanceOf(TableUnavailable);
    await expect(table.query({ ...key('A'), limit: 1 })).rejects.toBeInstanceOf(TableUnavailable);
    await expect(table.transactWrite([put('A')])).rejects.toMatchObject({ notWritten: true });
    await expect(table.ping()).rejects.toBeInstanceOf(TableUnavailable);
  });

  it('says that it can not open a path that is no file, without a crash', () => {
    const opened = () => LmdbPhiTable.open({ path: join(folder, 'folder') });
    mkdirSync(join(folder, 'folder'));
    expect(opened).toThrow(TableUnavailable);
  });

  it('reads what another handle of the file committed', async () => {
    const [one, other] = [open(), open()];
    await one.transactWrite([put('A')]);
    expect(await other.get(key('A'))).toBeDefined();
    await Promise.all([one.transactWrite([put('B')]), other.transactWrite([put('C')])]);
    expect(await one.batchGet([key('B'), key('C')])).not.toContain(undefined);
  });

  describe('expiry', () => {
    const stored = async (table: LmdbPhiTable) =>
      (await table.query({ table: 'records', partition: 'PATIENT#1', limit: 100 })).items.map(
        ({ sort }) => sort,
      );

    it('removes what has expired with a later write, with its index entries', async () => {
      const table = open();
      const indexed = { recordedAt: { sort: 'x' } };
      await table.transactWrite([
        put('FOREVER'),
        put('LATER', { expiresAt: nowSeconds + 100 }),
        put('SOON', { expiresAt: nowSeconds + 10, indexed }),
        put('EXTENDED', { expiresAt: nowSeconds + 10 }),
      ]);
      await table.transactWrite([put('EXTENDED', { expiresAt: nowSeconds + 100 })]);
      nowSeconds += 10;
      await table.transactWrite([put('X')]);
      expect(await stored(table)).toContain('SOON');
      nowSeconds += 1;
      await table.transactWrite([put('X')]);
      expect(await stored(table)).toStrictEqual(['EXTENDED', 'FOREVER', 'LATER', 'X']);
      const index = await table.query({
        table: 'records',
        partition: 'PATIENT#1',
        index: 'recordedAt',
        limit: 5,
      });
      expect(index.items).toStrictEqual([]);
    });

    it('leaves audit events, and what a wrong unit would have expired decades ago', async () => {
      const table = open();
      const event: PhiItem = {
        table: 'audit',
        partition: 'CHAIN#1',
        sort: '1',
        expiresAt: nowSeconds,
        attributes: {},
      };
      await table.transactWrite([put('OLD', { expiresAt: 1_700_000 }), { type: 'put', item: event }]);
      nowSeconds += 1000;
      await table.transactWrite([put('X')]);
      expect(await stored(table)).toStrictEqual(['OLD', 'X']);
      expect(await table.get(event)).toStrictEqual(event);
    });
  });

  // Any sequence of concurrent transactions ends as if they had been carried out one after another on a Map.
  it('behaves as a simple model does', async () => {
    const sort = fc.constantFrom('A', 'AA', 'B');
    const expiresAt = fc.option(fc.constantFrom(1_900_000_000, 1_950_000_000), { nil: undefined });
    const position = fc.option(fc.constantFrom('x', 'xx', 'y'), { nil: undefined });
    const bytes = fc.constantFrom(0, 10, 3000, 9000).map((length) => new Uint8Array(length).fill(7));
    const condition = fc.option(
      fc.oneof(
        fc.constantFrom<Condition>({ type: 'absent' }, { type: 'present' }),
        fc.constant<Condition>({ type: 'absent-or-expired', nowSeconds: 1_920_000_000 }),
        fc.nat(3).map((value): Condition => ({ type: 'equals', attribute: 'n', value })),
      ),
      { nil: undefined },
    );
    const write = fc
      .record({
        kind: fc.constantFrom('put', 'put', 'delete'),
        sort,
        condition,
        expiresAt,
        position,
        bytes,
        n: fc.nat(3),
      })
      .map(
        ({
          kind,
          sort: place,
          condition: needed,
          expiresAt: until,
          position: at,
          bytes: b,
          n,
        }): TableWrite => {
          if (kind === 'delete') return { type: 'delete', key: key(place), condition: needed };
          const item: PhiItem = { ...key(place), attributes: { n, b } };
          if (until !== undefined) item.expiresAt = until;
          if (at) item.indexed = { recordedAt: { sort: at } };
          return { type: 'put', item, condition: needed };
        },
      );
    const sortOf = (some: TableWrite) => (some.type === 'put' ? some.item.sort : some.key.sort);
    const transaction = fc.uniqueArray(write, { minLength: 1, maxLength: 3, selector: sortOf });
    const table = open();
    const runs = fc.asyncProperty(
      fc.array(transaction, { minLength: 1, maxLength: 12 }),
      async (transactions) => {
        const keys = ['A', 'AA', 'B'].map((at): TableWrite => ({ type: 'delete', key: key(at) }));
        await table.transactWrite(keys);
        const model = new Map<string, PhiItem>();
        const expected = transactions.map((writes) => applyToModel(model, writes));
        const outcomes = await Promise.allSettled(transactions.map((writes) => table.transactWrite(writes)));
        const failed = outcomes.map((outcome) => {
          if (outcome.status === 'fulfilled') return [];
          return outcome.reason instanceof ConditionFailed ? outcome.reason.failed : outcome.reason;
        });
        expect(failed).toStrictEqual(expected);
        const inOrder = [...model.values()].toSorted((a, b) => (a.sort < b.sort ? -1 : 1));
        const all = await table.query({ table: 'records', partition: 'PATIENT#1', limit: 10 });
        expect(all.items).toStrictEqual(inOrder);
        const indexed = await table.query({
          table: 'records',
          partition: 'PATIENT#1',
          index: 'recordedAt',
          limit: 10,
        });
        const positionOf = (item: PhiItem) => `${item.indexed?.recordedAt?.sort}\0${item.sort}`;
        const byPosition = inOrder
          .filter((item) => item.indexed)
          .toSorted((a, b) => (positionOf(a) < positionOf(b) ? -1 : 1));
        expect(indexed.items).toStrictEqual(byPosition);
      },
    );
    await fc.assert(runs, { numRuns: 200 });
  }, 60_000);
});

/** @returns positions of the conditions that do not hold; writes only if all do */
function applyToModel(model: Map<string, PhiItem>, writes: readonly TableWrite[]): number[] {
  const sortOf = (write: TableWrite) => (write.type === 'put' ? write.item.sort : write.key.sort);
  const failed = writes.flatMap(({ condition, ...write }, position) => {
    const stored = model.get(sortOf(write as TableWrite));
    return condition && !holds(condition, stored && (() => stored)) ? [position] : [];
  });
  if (failed.length > 0) return failed;
  for (const write of writes) {
    if (write.type === 'put') model.set(write.item.sort, write.item);
    else model.delete(sortOf(write));
  }
  return [];
}
