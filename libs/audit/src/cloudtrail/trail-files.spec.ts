import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  cloudTrailRecord,
  trailFile,
  trailPath,
  writeTrail,
} from '../../../../test/support/cloudtrail-records.js';
import type { SourceProgress } from './cloudtrail-source.js';
import { TrailFiles, TrailStore } from './trail-files.js';
import { TrailFolder } from './trail-folder.js';

const day = 24 * 60 * 60 * 1000;
const minute = 60 * 1000;
const window = { from: Date.UTC(2026, 10, 21), to: Date.UTC(2026, 10, 22) };
const noon = window.from + day / 2;
const decrypt = (eventId: string) => cloudTrailRecord('decrypt', { at: noon, eventId });

/** Notes what is asked of the folder. */
class WatchedFolder extends TrailStore {
  readonly listed: string[] = [];
  readonly opened: string[] = [];
  readonly #folder: TrailFolder;

  constructor(folder: string) {
    super();
    this.#folder = new TrailFolder(folder);
  }
  override list(folder: string): AsyncGenerator<string> {
    this.listed.push(folder);
    return this.#folder.list(folder);
  }
  override open(path: string): Promise<Readable> {
    this.opened.push(path);
    return this.#folder.open(path);
  }
}

describe('trail files in a folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'phi-trail-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function read(store: TrailStore = new TrailFolder(folder)) {
    const files = new TrailFiles(store);
    const ids: unknown[] = [];
    const progress: SourceProgress[] = [];
    for await (const record of files.records(window, new AbortController().signal, (shown) =>
      progress.push(shown),
    ))
      ids.push((record as { eventID?: string }).eventID);
    return { ids, progress, unreadable: files.unreadable, blindSpots: files.blindSpots(window) };
  }

  it('are found and read in order, in every account and Region', async () => {
    writeTrail(folder, {
      [trailPath(noon, 'us-east-1', 'b')]: trailFile([decrypt('b'), decrypt('c')]),
      [trailPath(noon - minute, 'us-east-1', 'a')]: trailFile([decrypt('a')]),
      [trailPath(noon, 'eu-central-1', 'd')]: trailFile([decrypt('d')]),
    });
    const { ids, progress } = await read();
    expect(ids).toEqual(['d', 'a', 'b', 'c']);
    expect(progress.at(-1)).toEqual({ step: 'reading trail files', done: 3, total: 3 });
  });

  it('may lie there by hand, also unpacked', async () => {
    writeTrail(folder, {
      'a.json': JSON.stringify({ Records: [decrypt('a')] }),
      'b.json.gz': trailFile([decrypt('b')]),
    });
    const { ids, blindSpots } = await read();
    expect(ids).toEqual(['a', 'b']);
    expect(blindSpots.join()).toContain('do not tell their time');
  });

  it('are not listed or opened on days outside of the window', async () => {
    const store = new WatchedFolder(folder);
    const path = trailPath(noon, 'us-east-1', 'a');
    writeTrail(folder, {
      [path]: trailFile([decrypt('a')]),
      [trailPath(noon - 2 * day, 'us-east-1', 'x')]: trailFile([decrypt('x')]),
      [trailPath(noon + 3 * day, 'us-east-1', 'y')]: trailFile([decrypt('y')]),
      [trailPath(noon - 400 * day, 'us-east-1', 'z')]: trailFile([decrypt('z')]),
      // Delivered late, as happens now and then.
      [trailPath(window.to + 5 * 60 * minute, 'us-east-1', 'b')]: trailFile([decrypt('b')]),
    });
    expect((await read(store)).ids).toEqual(['a', 'b']);
    const days = store.listed
      .filter((listed) => /\/\d{2}\/\d{2}\/$/.test(listed))
      .map((listed) => listed.slice(-11));
    expect(days).toEqual(['2026/11/21/', '2026/11/22/']);
    expect(store.listed.join()).not.toContain('2025/');
    expect(store.opened).toHaveLength(2);
  });

  it('are told from digests and insights, and from what is no file', async () => {
    const digest = trailPath(noon)
      .replace('/CloudTrail/', '/CloudTrail-Digest/')
      .replace('_CloudTrail_', '_CloudTrail-Digest_');
    const insight = trailPath(noon).replace('/CloudTrail/', '/CloudTrail-Insight/');
    writeTrail(folder, {
      [trailPath(noon)]: trailFile([decrypt('a')]),
      [digest]: trailFile([decrypt('x')]),
      [insight]: trailFile([decrypt('x')]),
      'by-hand/1_CloudTrail-Digest_us-east-1_trail_us-east-1_20261121T120000Z.json.gz': trailFile([
        decrypt('x'),
      ]),
      'README.txt': 'x',
    });
    mkdirSync(join(folder, 'empty'));
    symlinkSync(folder, join(folder, 'loop'));
    expect(await read()).toMatchObject({ ids: ['a'], unreadable: [] });
  });

  it('that are damaged are named, with what they held up to there, and the others are read', async () => {
    const whole = trailFile(Array.from({ length: 200 }, (_, n) => decrypt(`id-${n}`)));
    const flipped = Buffer.from(whole);
    flipped[flipped.length - 6]! ^= 1;
    writeTrail(folder, {
      'a.json.gz': whole.subarray(0, whole.length / 2),
      'b.json.gz': flipped,
      'c.json.gz': Buffer.from('no gzip'),
      'd.json.gz': trailFile([decrypt('last')]),
      'e.json': '{"Events":[]}',
    });
    const { ids, unreadable } = await read();
    expect(unreadable).toEqual([
      { file: 'a.json.gz', reason: 'its gzip ends early: it is cut off' },
      { file: 'b.json.gz', reason: 'its gzip is damaged' },
      { file: 'c.json.gz', reason: 'its gzip is damaged' },
      { file: 'e.json', reason: expect.stringContaining('no trail file') },
    ]);
    expect(ids).toContain('id-0');
    expect(ids.at(-1)).toBe('last');
  });

  it('leave gaps, which are told for each Region that has calls of KMS', async () => {
    const other = { ...decrypt('x'), eventSource: 's3.amazonaws.com' };
    writeTrail(
      folder,
      Object.fromEntries([
        ...Array.from({ length: 24 * 12 }, (_, n) => window.from + n * 5 * minute)
          .filter((time) => time < noon || time > noon + 2 * 60 * minute)
          .map((time, n) => [trailPath(time, 'us-east-1', `${n}`), trailFile([decrypt(`${n}`)])] as const),
        [trailPath(noon, 'sa-east-1', 'x'), trailFile([other])],
      ]),
    );
    const { blindSpots } = await read();
    expect(blindSpots.filter((spot) => spot.includes('no file'))).toEqual([
      'There is no file of us-east-1 for: 2026-11-21T11:55:00.000Z to 2026-11-21T14:05:00.000Z.',
    ]);
  });

  it('must be there', async () => {
    await expect(read()).rejects.toThrow(/no trail file/);
    await expect(read(new TrailFolder(join(folder, 'mistyped')))).rejects.toThrow(
      /folder cannot be read \(ENOENT\)/,
    );
    writeFileSync(join(folder, 'file'), '');
    await expect(read(new TrailFolder(join(folder, 'file')))).rejects.toThrow(
      /folder cannot be read \(ENOTDIR\)/,
    );
  });

  it('are left when the run is interrupted', async () => {
    writeTrail(folder, { 'a.json.gz': trailFile([decrypt('a')]) });
    const reading = new TrailFiles(new TrailFolder(folder)).records(
      window,
      AbortSignal.abort(),
      () => undefined,
    );
    await expect(reading.next()).rejects.toThrow('aborted');
  });
});
