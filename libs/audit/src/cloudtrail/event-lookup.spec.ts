import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { cloudTrailRecord } from '../../../../test/support/cloudtrail-records.js';
import {
  cloudTrailEnvironment,
  type CloudTrailServer,
  startCloudTrailServer,
} from '../../../../test/support/cloudtrail-server.js';
import type { SourceProgress } from './cloudtrail-source.js';
import { EventLookup } from './event-lookup.js';

const second = 1000;
const day = 24 * 60 * 60 * second;
const window = { from: Date.UTC(2026, 10, 21), to: Date.UTC(2026, 10, 22) };
const noon = window.from + day / 2;

describe("CloudTrail's event history", () => {
  let server: CloudTrailServer;
  const before = { ...process.env };
  beforeAll(async () => {
    server = await startCloudTrailServer();
    Object.assign(process.env, cloudTrailEnvironment(server));
  });
  beforeEach(() => {
    Object.assign(server, { events: [], throttled: 0, refusal: undefined, pageSize: 50 });
    server.requests.length = 0;
  });
  afterAll(async () => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    await server.close();
  });

  /** Time goes on by waiting alone. */
  let clock = 0;
  const waits: number[] = [];
  const lookup = () =>
    new EventLookup({
      region: 'us-east-1',
      now: () => clock,
      wait: async (milliseconds) => {
        waits.push(milliseconds);
        clock += milliseconds;
      },
    });

  async function idsOf(signal = new AbortController().signal) {
    const progress: SourceProgress[] = [];
    const ids: unknown[] = [];
    for await (const record of lookup().records(window, signal, (shown) => progress.push(shown)))
      ids.push((record as { eventID?: string }).eventID);
    return { ids, progress };
  }

  it('is asked for each operation, page by page, at most twice a second', async () => {
    const names = ['decrypt', 're-encrypt', 'generate-data-key-without-plaintext', 'describe-key'] as const;
    server.pageSize = 3;
    server.events = names.flatMap((name) =>
      Array.from({ length: 7 }, (_, n) =>
        cloudTrailRecord(name, { at: noon + n * second, eventId: `${name} ${n}` }),
      ),
    );
    server.events.push(cloudTrailRecord('decrypt', { at: window.from - second, eventId: 'before' }));
    const started = clock;
    const { ids, progress } = await idsOf();
    const expected = names.slice(0, 3).flatMap((name) => Array.from({ length: 7 }, (_, n) => `${name} ${n}`));
    expect(ids.toSorted()).toEqual(expected.toSorted());
    expect(server.requests).toHaveLength(9);
    expect(server.requests[0]).toEqual({
      LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'Decrypt' }],
      StartTime: window.from / 1000,
      EndTime: window.to / 1000,
      MaxResults: 50,
    });
    expect(clock - started).toBe(8 * 500);
    expect(new Set(waits)).toEqual(new Set([500]));
    expect(progress.at(0)).toEqual({ step: 'looking up Decrypt', done: expect.any(Number), total: day });
    expect(progress.every(({ done, total }) => done >= 0 && done <= total)).toBe(true);
  });

  it('is asked again when it throttles', async () => {
    server.events = [cloudTrailRecord('decrypt', { at: noon, eventId: 'one' })];
    server.throttled = 2;
    expect((await idsOf()).ids).toEqual(['one']);
    expect(server.requests).toHaveLength(5);
  }, 30_000);

  it('tells when it may not be asked, by the class of the error alone', async () => {
    server.refusal = 'AccessDeniedException';
    await expect(idsOf()).rejects.toThrow('CloudTrail does not answer LookupEvents (AccessDeniedException)');
  });

  it('is left when the run is interrupted', async () => {
    await expect(idsOf(AbortSignal.abort())).rejects.toThrow('aborted');
    expect(server.requests).toHaveLength(0);
  });

  it('reaches back 90 days, and says so', () => {
    expect(lookup().blindSpots(window, window.to)).toHaveLength(1);
    const late = lookup().blindSpots(window, noon + 90 * day);
    expect(late).toContainEqual(
      expect.stringContaining('nothing from before 2026-11-21T12:00:00.000Z was seen'),
    );
  });
});
