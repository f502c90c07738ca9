import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cloudTrailRecord } from '../../../../test/support/cloudtrail-records.js';
import { UnreadableRecord } from './kms-call.js';
import { DamagedTrailFile, trailRecords } from './trail-records.js';

async function* pieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  // One memory for all pieces, as a stream may do it.
  const shared = Buffer.alloc(size);
  for (let at = 0; at < bytes.length; at += size) {
    const length = bytes.copy(shared, 0, at, Math.min(at + size, bytes.length));
    yield shared.subarray(0, length);
  }
}

async function recordsOf(text: string, size = 64): Promise<object[]> {
  const records: object[] = [];
  for await (const record of trailRecords(pieces(text, size))) records.push(record);
  return records;
}

const kms = (more: object) => ({ eventSource: 'kms.amazonaws.com', ...more });

describe('a trail file', () => {
  it('gives its records in any pieces, whatever their texts hold', async () => {
    const nasty = fc.record({ text: fc.string({ unit: 'binary' }), deep: fc.jsonValue() });
    await fc.assert(
      fc.asyncProperty(
        fc.array(nasty, { maxLength: 5 }),
        fc.integer({ min: 1, max: 80 }),
        async (values, size) => {
          const records = values.map((value, n) => kms({ n, value, tricky: ']}"\\{[' }));
          const expected = JSON.parse(JSON.stringify(records)) as object[];
          expect(await recordsOf(JSON.stringify({ Records: records }), size)).toEqual(expected);
          expect(await recordsOf(JSON.stringify({ Records: records }, null, 2), size)).toEqual(expected);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('gives what speaks of KMS alone', async () => {
    const at = Date.UTC(2026, 10, 21, 8);
    const records = [{ eventSource: 's3.amazonaws.com' }, cloudTrailRecord('decrypt', { at }), { a: 1 }];
    expect(await recordsOf(JSON.stringify({ Records: records }))).toEqual([records[1]]);
  });

  it('tells a record that is no JSON, and goes on', async () => {
    const text = `{"Records":[{"eventSource":"kms.amazonaws.com",},${JSON.stringify(kms({ n: 1 }))}]}`;
    expect(await recordsOf(text)).toEqual([expect.any(UnreadableRecord), kms({ n: 1 })]);
  });

  const whole = JSON.stringify({ Records: [kms({ n: 1 }), kms({ n: 2 })] });

  it('tells when it ends early, after the records that were whole', async () => {
    const found: object[] = [];
    const reading = async () => {
      for await (const record of trailRecords(pieces(whole.slice(0, -10), 8))) found.push(record);
    };
    await expect(reading()).rejects.toThrow(/ends before the end of its records/);
    expect(found).toEqual([kms({ n: 1 })]);
  });

  it.each([
    ['the output of lookup-events', '{"Events":[{"EventSource":"kms.amazonaws.com"}]}'],
    ['a digest', JSON.stringify({ awsAccountId: '1', logFiles: [] })],
    ['a list', '[{"eventSource":"kms.amazonaws.com"}]'],
    ['nothing', ''],
    ['white space', ' '.repeat(5000)],
  ])('is not %s', async (_, text) => {
    await expect(recordsOf(text)).rejects.toThrow(/no trail file/);
  });

  it('does not let one endless record fill the memory', async () => {
    const endless = `{"Records":[{"a":"${'x'.repeat(3 * 1024 * 1024)}"}]}`;
    await expect(recordsOf(endless, 65_536)).rejects.toThrow(DamagedTrailFile);
  });
});
