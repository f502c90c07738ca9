import { describe, expect, it } from '@jest/globals';
import { ConditionFailed, TableUnavailable, type PhiItem, type TableWrite } from '@app/phi-table';
import { itemAt, type Bench } from './phi-table.bench.js';

/** A refusal after which the caller may try again: nothing of it was written. */
function isNotWritten(error: unknown): boolean {
  return error instanceof ConditionFailed || (error instanceof TableUnavailable && error.notWritten);
}

/** What holds when many write at once. */
export function concurrencyContract(bench: Bench): void {
  describe('concurrency', () => {
    it.each([1, 2])(
      'lets exactly one of 100 concurrent conditional puts win (%i writes each)',
      async (writes) => {
        const partition = bench.partition('UNIQUE#');
        const attempts = Array.from({ length: 100 }, (_, n) => {
          const item: PhiItem = { table: 'records', partition, sort: '-', attributes: { owner: n } };
          const claim: TableWrite = { type: 'put', item, condition: { type: 'absent' } };
          const trace: TableWrite = { type: 'put', item: itemAt('audit', partition, `EVENT#${n}`) };
          return bench.table.transactWrite([claim, trace].slice(0, writes));
        });
        const outcomes = await Promise.allSettled(attempts);
        const winners = outcomes.flatMap(({ status }, n) => (status === 'fulfilled' ? [n] : []));
        expect(winners).toHaveLength(1);
        const refusals = outcomes.flatMap((outcome) =>
          outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
        );
        expect(refusals.every(isNotWritten)).toBe(true);
        const stored = await bench.table.get({ table: 'records', partition, sort: '-' });
        expect(stored?.attributes.owner).toBe(winners[0]);
        const traces = await bench.table.query({ table: 'audit', partition, limit: 100 });
        expect(traces.items.map(({ sort }) => sort)).toStrictEqual(
          writes === 2 ? [`EVENT#${winners[0]}`] : [],
        );
      },
      60_000,
    );

    it('loses no update of a counter that several increment under a condition', async () => {
      const partition = bench.partition('CHAIN#');
      const key = { table: 'audit', partition, sort: 'HEAD' } as const;
      await bench.table.transactWrite([{ type: 'put', item: { ...key, attributes: { count: 0 } } }]);
      const increment = async (): Promise<void> => {
        for (;;) {
          const count = (await bench.table.get(key))?.attributes.count as number;
          const head: PhiItem = { ...key, attributes: { count: count + 1 } };
          const event = itemAt('audit', partition, String(count + 1).padStart(10, '0'));
          try {
            return await bench.table.transactWrite([
              { type: 'put', item: head, condition: { type: 'equals', attribute: 'count', value: count } },
              { type: 'put', item: event, condition: { type: 'absent' } },
            ]);
          } catch (error) {
            if (!isNotWritten(error)) throw error;
          }
        }
      };
      await Promise.all(
        Array.from({ length: 5 }, async () => {
          for (let n = 0; n < 6; n++) await increment();
        }),
      );
      expect((await bench.table.get(key))?.attributes.count).toBe(30);
      const { items } = await bench.table.query({ table: 'audit', partition, prefix: '0', limit: 100 });
      expect(items).toHaveLength(30);
    }, 60_000);

    it('takes many unrelated transactions at once, each whole', async () => {
      const partition = bench.partition();
      await Promise.all(
        Array.from({ length: 200 }, (_, n) =>
          bench.table.transactWrite([
            { type: 'put', item: itemAt('records', partition, `RECORD#${n}`), condition: { type: 'absent' } },
            { type: 'put', item: itemAt('audit', partition, `RECORD#${n}`) },
          ]),
        ),
      );
      const counts = await Promise.all(
        (['records', 'audit'] as const).map(
          async (table) => (await bench.table.query({ table, partition, limit: 1000 })).items.length,
        ),
      );
      expect(counts).toStrictEqual([200, 200]);
    }, 60_000);
  });
}
