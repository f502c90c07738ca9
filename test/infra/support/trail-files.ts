import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { StoredAuditEvent } from '@app/audit';
import { accountId, type CloudTrailRecord, region as homeRegion } from './cloud-trail-records.js';

/** A line of the archive of the audit table. */
export interface AuditEventLine {
  chain: string;
  sequence: number;
  event: StoredAuditEvent;
}

/** What one archive bucket holds. */
export interface Trail {
  cloudTrail: CloudTrailRecord[];
  events: AuditEventLine[];
  apiAccess: Record<string, string>[];
  service: Record<string, unknown>[];
}

export const emptyTrail = (): Trail => ({ cloudTrail: [], events: [], apiAccess: [], service: [] });

const dayOf = (isoTime: string): string => isoTime.slice(0, 10).replaceAll('-', '/');

/** Files have a few records each, so that a day is more than one file. */
const recordsPerFile = 40;

/** A folder with the layout of the archive bucket: gzipped files below the day's prefix. */
export class TrailFiles {
  readonly folder = mkdtempSync(join(tmpdir(), 'phi-trail-'));
  files = 0;

  write(trail: Trail): void {
    this.#writeAll(
      trail.cloudTrail,
      ({ awsRegion, eventTime }) =>
        `cloudtrail/AWSLogs/${accountId}/CloudTrail/${awsRegion}/${dayOf(eventTime)}/${accountId}_CloudTrail_${awsRegion}`,
      'json.gz',
      (records) => JSON.stringify({ Records: records }),
    );
    this.#writeAll(
      trail.events,
      ({ event }) => `events/${dayOf(event.recordedAt)}/events`,
      'ndjson.gz',
      asLines,
    );
    this.#writeAll(
      trail.apiAccess,
      (line) => `api-access/${dayOf(new Date(Number(line['requestTimeEpoch'])).toISOString())}/phi-dev`,
      'gz',
      asLines,
    );
    this.#writeAll(trail.service, (line) => `service/${dayOf(String(line['time']))}/phi-dev`, 'gz', asLines);
    // CloudTrail's digests lie beside the log files and must not be read as such.
    this.#write(
      `cloudtrail/AWSLogs/${accountId}/CloudTrail-Digest/${homeRegion}/2026/11/02/digest.json.gz`,
      '{"digestStartTime":"2026-11-02T00:00:00Z"}',
    );
  }

  #writeAll<T>(
    items: readonly T[],
    prefixOf: (item: T) => string,
    suffix: string,
    text: (items: T[]) => string,
  ) {
    const groups = new Map<string, T[]>();
    for (const item of items) {
      const prefix = prefixOf(item);
      groups.set(prefix, [...(groups.get(prefix) ?? []), item]);
    }
    for (const [prefix, group] of groups) {
      for (let start = 0; start < group.length; start += recordsPerFile) {
        this.#write(`${prefix}-${start}.${suffix}`, text(group.slice(start, start + recordsPerFile)));
      }
    }
  }

  #write(path: string, text: string): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, gzipSync(text, { level: 1 }));
    this.files += 1;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const asLines = (items: readonly unknown[]): string =>
  items.map((item) => `${JSON.stringify(item)}\n`).join('');
