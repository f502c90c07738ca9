import { indexes, type IndexName, type PhiItem, type TableName } from './phi-table.js';

/** Where an item stands in one secondary index. */
export interface IndexPosition {
  index: IndexName;
  partition: string;
  sort: string;
}

/** @returns `undefined` if the table has no such index */
export function indexKind(table: TableName, index: string): 'local' | 'global' | undefined {
  const kinds: Record<string, 'local' | 'global'> = indexes[table];
  return Object.hasOwn(kinds, index) ? kinds[index] : undefined;
}

export function isLocalIndex(table: TableName, index: IndexName): boolean {
  return indexKind(table, index) === 'local';
}

/** @returns the item's positions; in a local index the partition is the item's own */
export function indexPositions(item: Omit<PhiItem, 'attributes'>): IndexPosition[] {
  if (!item.indexed) return [];
  const positions: IndexPosition[] = [];
  for (const [index, position] of Object.entries(item.indexed) as [IndexName, IndexPosition | undefined][]) {
    if (position)
      positions.push({ index, partition: position.partition ?? item.partition, sort: position.sort });
  }
  return positions;
}

/** @returns `indexed` as every adapter gives it back: without empty entries, and no partition in a local index */
export function storedIndexed(item: Omit<PhiItem, 'attributes'>): PhiItem['indexed'] {
  const positions = indexPositions(item);
  if (positions.length === 0) return undefined;
  const indexed: NonNullable<PhiItem['indexed']> = {};
  for (const { index, partition, sort } of positions) {
    indexed[index] = isLocalIndex(item.table, index) ? { sort } : { partition, sort };
  }
  return indexed;
}
