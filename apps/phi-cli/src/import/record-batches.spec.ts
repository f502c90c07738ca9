import { describe, expect, it } from '@jest/globals';
import { batchBody, batchesOf, type EncodedRecord } from './record-batches.js';

const encoded = (recordId: string, text = ''): EncodedRecord => ({
  record: { entry: 0, resourceType: 'Observation', recordId, content: { text } },
  body: JSON.stringify({ recordType: 'Observation', content: { text } }),
});
const idsOf = (batches: Iterable<EncodedRecord[]>) =>
  [...batches].map((batch) => batch.map(({ record }) => record.recordId));

describe('batches of records', () => {
  it('hold up to fifty, in the order of the file, and each record once', () => {
    const records = Array.from({ length: 120 }, (_, number) => encoded(`id-${number}`));
    const ids = idsOf(batchesOf(records));
    expect(ids.map((batch) => batch.length)).toEqual([50, 50, 20]);
    expect(ids.flat()).toEqual(records.map(({ record }) => record.recordId));
  });

  it('hold up to a megabyte; a larger record goes alone', () => {
    const half = 'x'.repeat(500_000);
    const records = [encoded('a', half), encoded('b', half), encoded('c', half.repeat(4)), encoded('d')];
    expect(idsOf(batchesOf(records))).toEqual([['a', 'b'], ['c'], ['d']]);
  });

  it('count bytes, not characters', () => {
    const records = [encoded('a', '\u20ac'.repeat(200_000)), encoded('b', '\u20ac'.repeat(200_000))];
    expect(idsOf(batchesOf(records))).toEqual([['a'], ['b']]);
  });

  it('of nothing are none', () => {
    expect(idsOf(batchesOf([]))).toEqual([]);
  });

  it('are sent as JSON that has each record under its id', () => {
    const batch = [encoded('a', 'quote " and \\'), encoded('b')];
    expect(JSON.parse(batchBody(batch))).toEqual({
      records: batch.map(({ record, body }) => ({ id: record.recordId, ...JSON.parse(body) })),
    });
  });
});
