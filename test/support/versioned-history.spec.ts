import { describe, expect, it } from '@jest/globals';
import { historyFaults, type VersionedOperation } from './versioned-history.js';

const operation = (
  kind: VersionedOperation['kind'],
  version: number,
  mark: string,
  started: number,
  ended: number,
): VersionedOperation => ({ kind, version, mark, started, ended });

const good = [
  operation('read', 1, 'a', 0, 1),
  operation('write', 2, 'b', 2, 5),
  // While the write is under way either version may be read.
  operation('read', 1, 'a', 3, 4),
  operation('read', 2, 'b', 3, 4),
  operation('refused', 1, 'x', 6, 7),
  operation('write', 3, 'c', 6, 9),
  operation('read', 3, 'c', 10, 11),
];

describe('a history of one document', () => {
  it('is right where it can be put in one order', () => expect(historyFaults(good, 'a')).toEqual([]));

  it.each([
    ['a lost update', operation('write', 3, 'd', 6, 9), /written twice/],
    ['a version that is missing', operation('write', 5, 'e', 10, 12), /version 4 was never written/],
    ['a read of what nobody wrote', operation('read', 2, 'z', 6, 7), /nobody had written/],
    ['a stale read', operation('read', 2, 'b', 12, 13), /version 2 was read after version 3/],
  ])('shows %s', (_, added, fault) => {
    expect(historyFaults([...good, added], 'a').join('\n')).toMatch(fault);
  });

  it('shows a write that came too late to be next', () => {
    const late = [
      operation('read', 3, 'c', 0, 1),
      operation('write', 2, 'b', 2, 3),
      operation('write', 3, 'c', 0, 1),
    ];
    expect(historyFaults(late, 'a').join('\n')).toMatch(/version 2 was written after version 3/);
  });
});
