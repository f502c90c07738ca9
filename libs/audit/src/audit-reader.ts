import type { PhiItem, PhiTable } from '@app/phi-table';
import { Problem, problemTypes } from '@app/problem-details';
import type { AuditAgent, AuditEventType, AuditOutcome, StoredAuditEvent } from './audit-event.js';
import { auditIndexes, auditKeys, auditRow, type AuditRow, dayPartitionOf, dayShards } from './audit-item.js';
import { parseCheckpoint } from './checkpoint.js';
import { actionOf } from './fhir-audit-event.js';
import type { AuditAction } from './fhir-codes.js';

/** Where events are looked for; what is absent takes in all. */
export interface AuditScope {
  patientId?: string;
  /** Subjects are unique within their issuer only. */
  agent?: Pick<AuditAgent, 'issuer' | 'subject'>;
  /** ISO 8601 in UTC with milliseconds, inclusive. */
  from?: string;
  /** The same, exclusive. */
  to?: string;
}

/** Which events are wanted there; what is absent matches all. */
export interface AuditFilter extends AuditScope {
  action?: AuditAction;
  type?: AuditEventType;
  outcome?: AuditOutcome;
  requestId?: string;
}

/** Newest first. */
export interface AuditPage {
  items: AuditRow[];
  /** Where the next page begins: an event's time and id. */
  next?: string;
}

/** What one page may cost, so that a filter that matches nothing does not read a trail of years in one request. */
const rowsAtMost = 2000;
const roundsAtMost = 60;
/** Rows of one query: few at first, more when few of them are wanted. */
const chunkAtMost = 200;

const dayMilliseconds = 24 * 60 * 60 * 1000;
/** Where a trail may begin that does not say so itself: the retention that the law asks for (45 CFR 164.316(b)(2)(i)). */
const daysOfSixYears = 2192;

/** A piece of the trail, newest first. */
interface Stretch {
  rows: AuditRow[];
  /** Place from which to go on, itself excluded; absent at the end of what was asked for. */
  before?: string;
}
type Walk = (before: string, chunk: number) => Promise<Stretch>;

/**
 * The trail as people read it, newest first. It reads what the indexes lead to: whether that is all, and unaltered, is for the
 * verification to say. On DynamoDB the indexes follow an event by some moments.
 */
export class AuditReader {
  /** @param clock milliseconds since the epoch */
  constructor(
    private readonly table: PhiTable,
    private readonly clock: () => number = Date.now,
  ) {}

  /**
   * @param limit most items; a page may hold fewer, or none, although more follow
   * @param after `next` of the page before, of the same filter
   * @throws TableUnavailable
   */
  events(filter: AuditFilter, limit: number, after?: string): Promise<AuditPage> {
    const { action, type, outcome, requestId } = filter;
    const wanted = ({ event }: AuditRow) =>
      (action === undefined || actionOf(event) === action) &&
      (type === undefined || event.type === type) &&
      (outcome === undefined || event.outcome === outcome) &&
      (requestId === undefined || event.origin.requestId === requestId);
    return this.select(filter, wanted, limit, after);
  }

  /** Like `events`, for wishes that a filter cannot express. */
  async select(
    scope: AuditScope,
    wanted: (row: AuditRow) => boolean,
    limit: number,
    after?: string,
  ): Promise<AuditPage> {
    const items: AuditRow[] = [];
    const walk = await this.#walk(scope);
    const { agent } = scope;
    // Where the index of the patient leads, the agent is still to be looked at.
    const byAgent = (row: AuditRow) => agent === undefined || isOf(agent, row);
    let before = after ?? this.#latest(scope.to);
    let chunk = Math.min(limit + 1, chunkAtMost);
    for (let examined = 0, rounds = 0; examined < rowsAtMost && rounds < roundsAtMost; rounds++) {
      const stretch = await walk(before, chunk);
      for (const row of stretch.rows) {
        examined++;
        if (!byAgent(row) || !wanted(row)) continue;
        items.push(row);
        if (items.length === limit) return { items, next: auditKeys.place(row.event) };
      }
      if (stretch.before === undefined) return { items };
      before = stretch.before;
      chunk = Math.min(chunk * 2, chunkAtMost);
    }
    return { items, next: before };
  }

  /**
   * The id says when the event was recorded (a version 7 UUID: RFC 9562, 5.7), and so where it stands.
   * @returns undefined for an id that no event has
   */
  async byId(id: string): Promise<AuditRow | undefined> {
    const recordedAt = timeOf(id);
    if (recordedAt === undefined) return undefined;
    const partition = dayPartitionOf({ recordedAt, id });
    const prefix = auditKeys.place({ recordedAt, id });
    const { items } = await this.table.query({ table: 'audit', index: 'day', partition, prefix, limit: 1 });
    return items[0] && indexedRow(items[0], 'day', partition);
  }

  /**
   * Whether the trail knows of a patient: it names ids that were merely asked for as well, in refusals.
   * @returns false if nothing that happened to such a patient is in the trail (any more). Past thousands of refusals it is true
   */
  async knowsPatient(patientId: string): Promise<boolean> {
    const partition = auditKeys.patientPartition(patientId);
    const query = { table: 'audit', index: 'patient', partition, limit: chunkAtMost } as const;
    let after: string | undefined;
    for (let examined = 0; examined < rowsAtMost; examined += chunkAtMost) {
      const page = await this.table.query(after === undefined ? query : { ...query, after });
      const types = page.items.map((item) => indexedRow(item, 'patient', partition).event.type);
      if (types.some((type) => !sayNothingOfThePatient.has(type))) return true;
      if (page.next === undefined) return false;
      after = page.next;
    }
    return true;
  }

  /** The narrowest index leads. */
  async #walk({ patientId, agent, from }: AuditScope): Promise<Walk> {
    if (patientId !== undefined) return this.#along('patient', auditKeys.patientPartition(patientId), from);
    if (agent !== undefined) return this.#along('agent', auditKeys.agentPartition(agent), from);
    // Before its beginning there is nothing, however far back somebody asks: each empty day costs a query a shard.
    const beginning = await this.#beginning();
    const start = from === undefined || from < beginning ? beginning : from;
    return (before, chunk) => this.#throughDay(before, start, chunk);
  }

  #along(index: 'patient' | 'agent', partition: string, from: string | undefined): Walk {
    return async (before, chunk) => {
      const { rows, more } = await this.#page(index, partition, before, chunk);
      return stretchOf(rows, from, more ? lastPlace(rows) : undefined);
    };
  }

  /** The shards of the day of `before`, merged; then the day before it. */
  async #throughDay(before: string, from: string, chunk: number): Promise<Stretch> {
    const day = before.slice(0, 10);
    // Events are spread evenly: of the newest, no shard has many more than its part.
    const perShard = Math.ceil(chunk / (dayShards / 2));
    const shards = Array.from({ length: dayShards }, (_, shard) => auditKeys.dayPartition(day, shard));
    const pages = await Promise.all(
      shards.map((partition) => this.#page('day', partition, before, perShard)),
    );
    // Where a shard has more, nothing older than its last row is certain to be next.
    const certainFrom = pages.flatMap(({ rows, more }) => (more ? [lastPlace(rows) ?? before] : []));
    const frontier = certainFrom.sort().at(-1);
    const rows = pages
      .flatMap((page) => page.rows)
      .filter(({ event }) => frontier === undefined || auditKeys.place(event) >= frontier)
      .sort((a, b) => (auditKeys.place(a.event) < auditKeys.place(b.event) ? 1 : -1));
    const dayBefore = endOfDay(Date.parse(`${day}T00:00:00.000Z`) - dayMilliseconds);
    return stretchOf(rows, from, frontier ?? (dayBefore < from ? undefined : dayBefore));
  }

  /** @returns the newest rows before a place; two at least are read, of which one may be at the place itself */
  async #page(
    index: AuditIndex,
    partition: string,
    before: string,
    chunk: number,
  ): Promise<{ rows: AuditRow[]; more: boolean }> {
    const { items, next } = await this.table.query({
      table: 'audit',
      index,
      partition,
      from: before,
      descending: true,
      limit: Math.max(chunk, 2),
    });
    const rows = items.map((item) => indexedRow(item, index, partition));
    return {
      rows: rows.filter(({ event }) => auditKeys.place(event) < before),
      more: next !== undefined,
    };
  }

  /** Clocks of instances differ: what another one recorded a moment ahead of us is there already. */
  #latest(to: string | undefined): string {
    const tomorrow = endOfDay(this.clock() + dayMilliseconds);
    return to === undefined || to > tomorrow ? tomorrow : to;
  }

  /** The first checkpoint is older than the first event; a day for clocks that differ. */
  async #beginning(): Promise<string> {
    const sixYearsAgo = this.clock() - daysOfSixYears * dayMilliseconds;
    const first = timeOfCheckpoint(await this.table.get(auditKeys.checkpoint(1)));
    return new Date(first === undefined ? sixYearsAgo : first - dayMilliseconds).toISOString();
  }
}

type AuditIndex = 'patient' | 'agent' | 'day';

/**
 * @returns the event of an item that was found under `partition` of an index
 * @throws Problem `integrity-failure` if it is no event, or not one that belongs there: nobody is shown what is another's
 */
function indexedRow(item: PhiItem, index: AuditIndex, partition: string): AuditRow {
  let row: AuditRow;
  let belongs: boolean;
  try {
    row = auditRow(item);
    belongs = auditIndexes(row.event)[index]?.partition === partition;
  } catch (cause) {
    throw new Problem(problemTypes.integrityFailure, { cause });
  }
  if (!belongs) throw new Problem(problemTypes.integrityFailure);
  return row;
}

/** @returns undefined where nothing can be read: that is for the verification to say */
function timeOfCheckpoint(item: PhiItem | undefined): number | undefined {
  const text = item?.attributes['checkpoint'];
  if (typeof text !== 'string') return undefined;
  try {
    const time = Date.parse(parseCheckpoint(text).at);
    return Number.isNaN(time) ? undefined : time;
  } catch {
    return undefined;
  }
}

/** Attempts, and readings of the trail itself. */
const sayNothingOfThePatient: ReadonlySet<string> = new Set<StoredAuditEvent['type']>([
  'refusal',
  'audit-query',
  'audit-read',
  'disclosures-read',
]);

const isOf = ({ issuer, subject }: Pick<AuditAgent, 'issuer' | 'subject'>, { event }: AuditRow) =>
  event.origin.agent?.issuer === issuer && event.origin.agent.subject === subject;

const lastPlace = (rows: readonly AuditRow[]): string | undefined => {
  const last = rows.at(-1);
  return last && auditKeys.place(last.event);
};

/** Sorts after the place of each event of the day. */
const endOfDay = (milliseconds: number): string =>
  `${new Date(milliseconds).toISOString().slice(0, 10)}T23:59:59.999Z#~`;

/** Ends the stretch at `from`. */
function stretchOf(rows: AuditRow[], from: string | undefined, before: string | undefined): Stretch {
  const wanted = rows.filter(({ event }) => from === undefined || event.recordedAt >= from);
  const ended = wanted.length < rows.length || before === undefined;
  return ended ? { rows: wanted } : { rows: wanted, before };
}

/** The last millisecond that ISO 8601 writes with four digits of a year. */
const latestTime = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** @returns the milliseconds of a version 7 UUID, ISO 8601; undefined for other UUIDs */
function timeOf(id: string): string | undefined {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-7/.test(id)) return undefined;
  const milliseconds = Number.parseInt(id.slice(0, 13).replace('-', ''), 16);
  return milliseconds > latestTime ? undefined : new Date(milliseconds).toISOString();
}
