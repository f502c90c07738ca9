import type { UnreadableRecord } from './kms-call.js';

/** From `from` up to, not including, `to`; milliseconds since the epoch. */
export interface TimeWindow {
  from: number;
  to: number;
}

/** How far a source is. */
export interface SourceProgress {
  step: string;
  done: number;
  total: number;
}

/** What could not be read, and why; file names alone, nothing of what they hold. */
export interface UnreadableFile {
  file: string;
  reason: string;
}

/** Where CloudTrail's events come from: its event history, or the files of a trail. */
export abstract class CloudTrailSource {
  /** Files that could not be read to their end, once `records` is over. */
  readonly unreadable: UnreadableFile[] = [];

  /**
   * @returns every record of the window that speaks of the key store's operations, in any order; perhaps some twice, and some
   *   of other times or services
   * @throws CloudTrailUnavailable
   */
  abstract records(
    window: TimeWindow,
    signal: AbortSignal,
    onProgress: (progress: SourceProgress) => void,
  ): AsyncGenerator<object | UnreadableRecord>;

  /** @returns sentences that say what of the window this source cannot show; call it once `records` is over */
  abstract blindSpots(window: TimeWindow, now: number): string[];
}

/** CloudTrail, the bucket or the folder does not answer, or may not be read. The message names no value of a record. */
export class CloudTrailUnavailable extends Error {
  override readonly name = 'CloudTrailUnavailable';
}

/** @returns the class of an error of the AWS SDK, e.g. `AccessDeniedException`: its message may quote what was sent */
export function errorName(error: unknown): string {
  return error instanceof Error && /^[A-Za-z][A-Za-z0-9]{0,60}$/.test(error.name)
    ? error.name
    : 'unknown error';
}
