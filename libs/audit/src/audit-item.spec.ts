import { describe, expect, it } from '@jest/globals';
import { eventLeaf } from './audit-item.js';
import { leafHash } from './merkle-tree.js';

describe('the leaf of an event', () => {
  it.each(['{"type":"void"}', 'Ä 🙂 \u0000', '', '\ud800'])(
    'is that of RFC 6962 over chain, number and text: %j',
    (text) => {
      const chain = 'CHAIN#instance#boot';
      expect(eventLeaf(chain, 7, text)).toEqual(leafHash(Buffer.from(`${chain}\n7\n${text}`)));
    },
  );

  it('differs by chain, number and text', () => {
    const leaves = [
      eventLeaf('a', 1, 'x'),
      eventLeaf('b', 1, 'x'),
      eventLeaf('a', 2, 'x'),
      eventLeaf('a', 1, 'y'),
    ];
    expect(new Set(leaves.map((leaf) => leaf.toString('hex'))).size).toBe(4);
  });
});
