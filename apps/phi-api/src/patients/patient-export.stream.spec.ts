import { describe, expect, it } from '@jest/globals';
import type { ExportPart, StoredText } from '@app/patient-records';
import { exportStream } from './patient-export.stream.js';

const patientId = '5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11';
const record: StoredText = {
  id: '0f3b2a6e-6c2f-4f5e-9a55-0d6f3f6f7a11',
  version: 1,
  createdAt: '2026-01-05T09:30:00.000Z',
  updatedAt: '2026-01-05T09:30:00.000Z',
  text: Buffer.from(
    '{"resource":{"recordType":"medical","content":{},"recordedAt":"2026-01-05T09:30:00.000Z"},"screening":{"outcome":"clean","findings":[]}}',
  ),
};

/** As the embedded store gives them: nothing in it waits. */
async function* pages(count: number, end?: Error): AsyncGenerator<ExportPart> {
  for (let n = 0; n < count; n++) yield { type: 'Records', records: [record, record] };
  if (end !== undefined) throw end;
}
const told: unknown[] = [];
const failed = async (error: unknown) => void told.push(error);

describe('the stream of an export', () => {
  it('lets others have a turn after each page', async () => {
    let turns = 0;
    let running = true;
    const turn = () => {
      turns++;
      if (running) setImmediate(turn);
    };
    setImmediate(turn);
    const chunks: Buffer[] = await exportStream(pages(40), patientId, failed).toArray();
    running = false;

    expect(Buffer.concat(chunks).toString().match(/\n/g)).toHaveLength(80);
    expect(turns).toBeGreaterThanOrEqual(40);
  });

  it('takes no page before the reader has room for it', async () => {
    let taken = 0;
    const counted = async function* () {
      for await (const page of pages(100_000)) {
        taken++;
        yield page;
      }
    };
    const stream = exportStream(counted(), patientId, failed);
    stream.read(0);
    for (let turn = 0; turn < 1000; turn++) await new Promise((resolve) => setImmediate(resolve));
    const bytesOfPage = 2 * 361;
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan((2 * 64 * 1024) / bytesOfPage);
    stream.destroy();
  });

  it('breaks off, and says so, when a page cannot be made', async () => {
    const cause = new Error('no more');
    await expect(exportStream(pages(3, cause), patientId, failed).toArray()).rejects.toBe(cause);
    expect(told).toEqual([cause]);
  });
});
