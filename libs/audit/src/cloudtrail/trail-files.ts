import { pipeline } from 'node:stream';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import {
  CloudTrailSource,
  CloudTrailUnavailable,
  errorName,
  type SourceProgress,
  type TimeWindow,
} from './cloudtrail-source.js';
import type { UnreadableRecord } from './kms-call.js';
import { DamagedTrailFile, trailRecords } from './trail-records.js';

/** A folder or a bucket, level by level. */
export abstract class TrailStore {
  /**
   * @param folder `''`, or a path that ends in `/`
   * @returns paths below it, one level down: folders end in `/`
   * @throws CloudTrailUnavailable
   */
  abstract list(folder: string): AsyncGenerator<string>;

  /** @returns the file's bytes; fails while it is read with CloudTrailUnavailable */
  abstract open(path: string): Promise<Readable>;
}

const hourMilliseconds = 60 * 60 * 1000;
const dayMilliseconds = 24 * hourMilliseconds;
/** A file is named for the time at which it was closed; an event reaches it within about 15 minutes, rarely later. */
const deliveryMilliseconds = 24 * hourMilliseconds;
/** A service in use calls KMS, and a trail's own deliveries are events: an hour without a file is worth a question. */
const gapMilliseconds = hourMilliseconds;

/**
 * The files that a trail delivers: gzipped JSON below `AWSLogs/<account>/CloudTrail/<region>/<year>/<month>/<day>/`. Digest and
 * Insights files are passed over; days outside of the window are not even listed.
 * @see AWS CloudTrail User Guide, "CloudTrail log file name format"
 */
export class TrailFiles extends CloudTrailSource {
  /** When the files of a Region were closed. */
  readonly #times = new Map<string, number[]>();
  readonly #regionsWithKms = new Set<string>();
  #unnamed = 0;

  constructor(private readonly store: TrailStore) {
    super();
  }

  override async *records(
    window: TimeWindow,
    signal: AbortSignal,
    onProgress: (progress: SourceProgress) => void,
  ): AsyncGenerator<object | UnreadableRecord> {
    const files: string[] = [];
    for await (const file of this.#find('', window, signal)) {
      files.push(file);
      onProgress({ step: 'listing trail files', done: files.length, total: files.length });
    }
    if (files.length === 0)
      throw new CloudTrailUnavailable('there is no trail file (*.json.gz, *.json) of that time');
    for (const [index, file] of files.entries()) {
      yield* this.#read(file, signal);
      onProgress({ step: 'reading trail files', done: index + 1, total: files.length });
    }
  }

  override blindSpots(window: TimeWindow): string[] {
    const spots = [
      'A trail may leave out events of KMS, read-only events or Regions (advanced event selectors): then they are not in its files either.',
    ];
    for (const region of this.#regionsWithKms) {
      const gaps = gapsBetween(this.#timesOf(region), window);
      if (gaps.length > 0) spots.push(`There is no file of ${region} for: ${gaps.join(', ')}.`);
    }
    if (this.#unnamed > 0) {
      spots.push(
        'Files that are not named as CloudTrail names them do not tell their time: gaps between them are not seen.',
      );
    }
    return spots;
  }

  async *#find(folder: string, window: TimeWindow, signal: AbortSignal): AsyncGenerator<string> {
    for await (const path of this.store.list(folder)) {
      signal.throwIfAborted();
      if (isOther(path)) continue;
      if (path.endsWith('/')) {
        if (mayHold(path, window)) yield* this.#find(path, window, signal);
      } else if (/\.json(?:\.gz)?$/.test(path)) {
        const named = readName(path);
        if (named === undefined) this.#unnamed += 1;
        else if (near(named.time, window)) this.#timesOf(named.region).push(named.time);
        else continue;
        yield path;
      }
    }
  }

  #timesOf(region: string): number[] {
    const times = this.#times.get(region) ?? [];
    this.#times.set(region, times);
    return times;
  }

  /** A file that is damaged does not keep the others from being read; what it held up to there counts. */
  async *#read(file: string, signal: AbortSignal): AsyncGenerator<object | UnreadableRecord> {
    const bytes = await this.store.open(file);
    // Errors of the source end the stream that is read, so nothing is left to do for the callback.
    const region = readName(file)?.region;
    const text = file.endsWith('.gz') ? pipeline(bytes, createGunzip(), () => undefined) : bytes;
    try {
      for await (const record of trailRecords(text)) {
        signal.throwIfAborted();
        if (region !== undefined) this.#regionsWithKms.add(region);
        yield record;
      }
    } catch (error) {
      signal.throwIfAborted();
      const reason = damageOf(error);
      if (reason === undefined) throw unavailable(error);
      // Whoever made the file named it: a terminal is not to be told what to do.
      this.unreadable.push({ file: file.replaceAll(/[^\x20-\x7e]/g, '?'), reason });
    } finally {
      text.destroy();
    }
  }
}

/** Digests are signed lists of files, Insights and network activity are no calls of KMS. */
const isOther = (path: string) =>
  /(?:^|\/)CloudTrail-(?:Digest|Insight|NetworkActivity|Aggregated)\/|_CloudTrail-(?:Digest|Insight|NetworkActivity|Aggregated)_/.test(
    path,
  );

/** @returns whether files below this folder may hold events of the window, by the date in its path */
function mayHold(path: string, window: TimeWindow): boolean {
  const date = /(?:^|\/)(20\d{2})\/(?:(\d{2})\/(?:(\d{2})\/)?)?$/.exec(path);
  if (date === null) return true;
  const [, year = '', month, day] = date;
  const from = Date.UTC(Number(year), Number(month ?? 1) - 1, Number(day ?? 1));
  const to =
    day !== undefined
      ? from + dayMilliseconds
      : month !== undefined
        ? Date.UTC(Number(year), Number(month), 1)
        : Date.UTC(Number(year) + 1, 0, 1);
  return from <= window.to + deliveryMilliseconds && to >= window.from;
}

/** `<account>_CloudTrail_<region>_<YYYYMMDDTHHmmZ>_<unique>.json.gz` */
function readName(path: string): { region: string; time: number } | undefined {
  const found = /_CloudTrail_([a-z0-9-]+)_(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})Z_[^/]*$/.exec(path);
  if (found === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = found.slice(2).map(Number);
  return { region: found[1] ?? '', time: Date.UTC(year, month - 1, day, hour, minute) };
}

const near = (time: number, { from, to }: TimeWindow) => time >= from && time <= to + deliveryMilliseconds;

/** @returns `<from> to <to>` for each time without a file that is longer than an hour */
function gapsBetween(times: readonly number[], { from, to }: TimeWindow): string[] {
  if (times.length === 0) return [];
  const sorted = [...times].sort((a, b) => a - b).filter((time) => time <= to);
  const edges = [from, ...sorted, to];
  return edges.flatMap((edge, index) => {
    const next = edges[index + 1];
    if (next === undefined || next - edge <= gapMilliseconds) return [];
    return [`${new Date(edge).toISOString()} to ${new Date(next).toISOString()}`];
  });
}

/** @returns why the file cannot be read to its end, or `undefined` for what is not its fault */
function damageOf(error: unknown): string | undefined {
  if (error instanceof DamagedTrailFile) return error.message;
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'Z_BUF_ERROR') return 'its gzip ends early: it is cut off';
  if (code?.startsWith('Z_') === true) return 'its gzip is damaged';
  return undefined;
}

function unavailable(error: unknown): Error {
  if (error instanceof CloudTrailUnavailable) return error;
  const { code = errorName(error) } = error as NodeJS.ErrnoException;
  return new CloudTrailUnavailable(`a trail file cannot be read (${code})`, { cause: error });
}
