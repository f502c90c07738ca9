import type { PhiItem, PhiTable, TableName } from '@app/phi-table';

/** What every part of the contract works with. Each test takes partitions of its own, so they share one store. */
export interface Bench {
  /** The adapter; valid inside tests. */
  readonly table: PhiTable;
  /** A partition that nothing else uses. */
  partition: (prefix?: string) => string;
  /** Stores an item that has only a marker, and returns it. */
  put: (partition: string, sort: string, more?: Partial<PhiItem>) => Promise<PhiItem>;
}

/** An item that has only a marker. */
export function itemAt(table: TableName, partition: string, sort: string): PhiItem {
  return { table, partition, sort, attributes: { marker: [...sort].slice(0, 20).join('') } };
}
