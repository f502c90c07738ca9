import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { cloudTrailRecord, trailFile, trailPath } from '../../../../test/support/cloudtrail-records.js';
import {
  startTrailBucketServer,
  trailBucketEnvironment,
  type TrailBucketServer,
} from '../../../../test/support/trail-bucket-server.js';
import { TrailBucket } from './trail-bucket.js';
import { TrailFiles } from './trail-files.js';

const day = 24 * 60 * 60 * 1000;
const window = { from: Date.UTC(2026, 10, 21), to: Date.UTC(2026, 10, 22) };
const noon = window.from + day / 2;
const decrypt = (eventId: string) => cloudTrailRecord('decrypt', { at: noon, eventId });

describe('trail files in a bucket', () => {
  let server: TrailBucketServer;
  const before = { ...process.env };
  beforeAll(async () => {
    server = await startTrailBucketServer('trail-bucket');
    Object.assign(process.env, trailBucketEnvironment(server));
  });
  beforeEach(() => {
    server.requests.length = 0;
    server.denied = [];
  });
  afterAll(async () => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    await server.close();
  });

  async function read(prefix: string, bucket = 'trail-bucket') {
    const files = new TrailFiles(new TrailBucket(bucket, prefix, 'us-east-1'));
    const ids: unknown[] = [];
    for await (const record of files.records(window, new AbortController().signal, () => undefined))
      ids.push((record as { eventID?: string }).eventID);
    return { ids, unreadable: files.unreadable };
  }

  it('are found below the prefix, page by page, and read; other days are not even listed', async () => {
    const many = Array.from({ length: 7 }, (_, n) => `${n}`);
    server.pageSize = 3;
    server.objects = Object.fromEntries([
      ...many.map((n) => [`org/${trailPath(noon, 'us-east-1', n)}`, trailFile([decrypt(n)])]),
      [`org/${trailPath(noon - 9 * day, 'us-east-1', 'x')}`, trailFile([decrypt('x')])],
      [`other/${trailPath(noon, 'us-east-1', 'y')}`, trailFile([decrypt('y')])],
    ]);
    expect(await read('org/')).toEqual({ ids: many, unreadable: [] });
    expect(server.requests.join('\n')).not.toMatch(/2026(\/|%2F)11(\/|%2F)12/);
    expect((await read('')).ids.toSorted()).toEqual([...many, 'y']);
  });

  it('that are cut off are named', async () => {
    const path = trailPath(noon, 'us-east-1', 'cut');
    server.objects = { [path]: trailFile([decrypt('a')]).subarray(0, 100) };
    expect((await read('')).unreadable).toEqual([
      { file: path, reason: 'its gzip ends early: it is cut off' },
    ]);
  });

  it('that may not be read end the run, by the class of the error alone', async () => {
    const path = trailPath(noon);
    server.objects = { [path]: trailFile([decrypt('a')]) };
    server.denied = [path];
    await expect(read('')).rejects.toThrow(/^the trail's bucket cannot be read \(AccessDenied\)$/);
    await expect(read('', 'mistyped')).rejects.toThrow(
      /^the trail's bucket cannot be read \(NoSuchBucket\)$/,
    );
    await expect(read('nothing/')).rejects.toThrow(/no trail file/);
  });
});
