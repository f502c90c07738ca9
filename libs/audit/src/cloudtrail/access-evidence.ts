import type { PhiItem, PhiTable } from '@app/phi-table';
import type { AuditEvent, AuditEventType } from '../audit-event.js';
import { auditKeys, auditRow, dayShards } from '../audit-item.js';
import type { TimeWindow } from './cloudtrail-source.js';

/**
 * What an event of ours can explain:
 * - `access`: one request that opened documents, so at most one call for each row of the key store
 * - `long-access`: an export or a job on one patient; it may ask KMS again and again while it lasts
 * - `key-work`: made the patient's key, gave it a version, or had it wrapped anew
 */
export interface Evidence {
  at: number;
  kinds: readonly ('access' | 'long-access' | 'key-work')[];
}

/** A job over everybody. It may open a patient and leave no event of his, when there was nothing to change. */
export type JobInterval = TimeWindow;

/** Everything of the trail that may explain calls that no event of the patient explains. */
export interface GeneralEvidence {
  jobs: JobInterval[];
  /** Times of searches, in order: they open patients whose coarse index token is the same, only to compare. */
  searches: number[];
}

/** Events that are written after documents were opened, or with what was encrypted. */
const kindsByType: Partial<Record<AuditEventType, Evidence['kinds']>> = {
  'patient-create': ['access', 'key-work'],
  'patient-read': ['access'],
  'patient-update': ['access'],
  'patient-query': ['access'],
  'record-create': ['access'],
  'record-read': ['access'],
  'record-update': ['access'],
  'record-query': ['access'],
  'integrity-alarm': ['access'],
  // Reasons and comments stand under the patient's key.
  'emergency-access': ['access'],
  'emergency-access-read': ['access'],
  'emergency-access-review': ['access'],
  export: ['long-access'],
  'record-re-encrypt': ['long-access'],
  'record-rescreen': ['long-access'],
  'patient-reindex': ['long-access'],
  'key-rotate': ['key-work'],
};

/**
 * Problems that are found only once a key was used: conflicts and stale versions at the commit, text found in a merged
 * document, whatever fails on our side. Who is turned away at the door (400, 401, 403, 404, ...) never reaches a key, so his
 * refusal must not explain one.
 */
const statusesAfterKeyUse = new Set([409, 412, 422, 500, 503]);

const pageSize = 1000;
const patientWorkJobs = new Set<AuditEventType>(['record-re-encrypt', 'record-rescreen', 'patient-reindex']);

/** @returns what our events of this patient can explain, oldest first */
export async function evidenceOf(
  table: PhiTable,
  patientId: string,
  window: TimeWindow,
): Promise<Evidence[]> {
  const found: Evidence[] = [];
  for await (const event of eventsOf(table, 'patient', auditKeys.patientPartition(patientId), window)) {
    const kinds = kindsOf(event);
    if (kinds.length > 0) found.push({ at: Date.parse(event.recordedAt), kinds });
  }
  return found;
}

/** Reads the whole trail of the window, so it is asked only when something is left that no patient's own events explain. */
export async function generalEvidence(
  table: PhiTable,
  window: TimeWindow,
  signal: AbortSignal,
): Promise<GeneralEvidence> {
  const jobs: { at: number; type: AuditEventType; step: string }[] = [];
  const searches: number[] = [];
  for (const day of daysOf(window)) {
    for (let shard = 0; shard < dayShards; shard++) {
      for await (const event of eventsOf(table, 'day', auditKeys.dayPartition(day, shard), window)) {
        const at = Date.parse(event.recordedAt);
        if (event.job !== undefined && patientWorkJobs.has(event.type))
          jobs.push({ at, type: event.type, step: event.job.step });
        if (event.type === 'patient-query' && (event.query?.length ?? 0) > 0) searches.push(at);
      }
      signal.throwIfAborted();
    }
  }
  searches.sort((a, b) => a - b);
  jobs.sort((a, b) => a.at - b.at);
  return { searches, jobs: jobs.flatMap((job, index) => intervalOf(job, jobs.slice(index + 1), window)) };
}

/** From its beginning to its end; a run that was killed tells none, and is over when the same job begins again. */
function intervalOf<Job extends { at: number; type: string; step: string }>(
  { at, type, step }: Job,
  later: readonly Job[],
  window: TimeWindow,
): JobInterval[] {
  if (step !== 'begun') return [];
  return [{ from: at, to: later.find((other) => other.type === type)?.at ?? window.to }];
}

function kindsOf({ type, refusal }: AuditEvent): Evidence['kinds'] {
  if (type === 'refusal') return statusesAfterKeyUse.has(refusal?.status ?? 0) ? ['access', 'key-work'] : [];
  return kindsByType[type] ?? [];
}

async function* eventsOf(table: PhiTable, index: 'patient' | 'day', partition: string, window: TimeWindow) {
  const place = { table: 'audit', partition, index, limit: pageSize } as const;
  const from = new Date(window.from).toISOString();
  const until = new Date(window.to).toISOString();
  let after: string | undefined;
  do {
    const page: { items: PhiItem[]; next?: string } = await table.query({
      ...place,
      from,
      ...(after === undefined ? {} : { after }),
    });
    for (const item of page.items) {
      const { event } = auditRow(item);
      if (event.recordedAt > until) return;
      yield event;
    }
    after = page.next;
  } while (after !== undefined);
}

const dayMilliseconds = 24 * 60 * 60 * 1000;

function daysOf({ from, to }: TimeWindow): string[] {
  const days: string[] = [];
  for (let day = Math.floor(from / dayMilliseconds); day * dayMilliseconds <= to; day++)
    days.push(new Date(day * dayMilliseconds).toISOString().slice(0, 10));
  return days;
}
