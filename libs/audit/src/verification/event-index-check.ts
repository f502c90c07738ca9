import { randomInt } from 'node:crypto';
import { type PhiItem, type PhiTable } from '@app/phi-table';
import { auditIndexes, auditKeys, dayShards } from '../audit-item.js';
import type { StoredAuditEvent } from '../audit-event.js';
import type { ChainRow } from './chain-reader.js';
import { parseObject } from './checkpoint-text.js';
import { type Finding, type Findings } from './findings.js';

/** Index entries of a moment ago may not be there yet (DynamoDB's global indexes lag). */
const indexLagMilliseconds = 60_000;
const dayMilliseconds = 24 * 60 * 60 * 1000;
/** Of each shard; all shards of a day are in memory together. */
const rowsAtOnce = 200;
const names = { day: 'by day', patient: 'by patient', agent: 'by agent' } as const;

/** What stands in the index of one day: how many events, and a sum that depends on which. */
interface DayContent {
  count: number;
  sum: number;
}
const sumBelow = 2 ** 40;

/**
 * Holds the indexes against the events: each event stands where its text says, the days lead to all events of their chains
 * and to no chain that is not registered.
 */
export class EventIndexCheck {
  readonly #days = new Map<string, DayContent>();
  /** Of each chain the last event that was met: what is written since is not compared. */
  readonly #metThrough = new Map<string, number>();
  readonly #factors = new Map<string, number>();
  readonly #settledBefore: string;

  constructor(
    private readonly findings: Findings,
    private readonly startedAt: number,
  ) {
    this.#settledBefore = new Date(startedAt - indexLagMilliseconds).toISOString();
  }

  /**
   * An event that was met in its chain.
   * @param judged its text is what was sealed, or is not sealed yet
   * @returns what it says of itself
   */
  met(chain: string, { sequence, text, indexed }: ChainRow, judged: boolean): MetEvent | undefined {
    const event = text === undefined ? undefined : parseEvent(text);
    if (event === undefined) {
      if (!judged) return undefined;
      this.findings.add({
        kind: 'event-altered',
        message: `event ${sequence} of chain ${chain} is none: its row holds something else`,
        chain,
        sequence,
      });
      return undefined;
    }
    const { expected, recordedAt } = event;
    for (const name of ['day', 'patient', 'agent'] as const) {
      const place = indexed?.[name];
      const right = expected[name];
      if (judged && (place?.partition !== right?.partition || place?.sort !== right?.sort)) {
        this.findings.add({
          kind: 'index-altered',
          message: `event ${sequence} of chain ${chain} does not stand in the index ${names[name]} where its text says`,
          chain,
          sequence,
        });
      }
    }
    this.#metThrough.set(chain, sequence);
    if (recordedAt < this.#settledBefore) this.#count(recordedAt.slice(0, 10), chain, sequence, this.#days);
    return event;
  }

  /**
   * Walks the index of every day.
   * @param from the first day's milliseconds
   * @param isRegistered whether a chain is known to the register
   * @param compared every event of every chain was met, so that the days can be compared
   * @returns what is wrong with days if nobody removes events at the same time
   */
  async walkDays(
    table: PhiTable,
    from: number,
    isRegistered: (chain: string) => Promise<boolean>,
    compared: boolean,
    onDay: (done: number, total: number) => void,
  ): Promise<Finding[]> {
    const last = this.startedAt + dayMilliseconds;
    const total = Math.floor((last - from) / dayMilliseconds) + 1;
    const strangers = new Set<string>();
    const differences: Finding[] = [];
    let done = 0;
    for (let time = from; time <= last; time += dayMilliseconds) {
      const day = new Date(time).toISOString().slice(0, 10);
      const found = new Map<string, DayContent>();
      const shards = Array.from({ length: dayShards }, (_, shard) => auditKeys.dayPartition(day, shard));
      await Promise.all(
        shards.map(async (partition) => {
          for await (const item of indexedItems(table, partition)) {
            await this.#indexed(item, day, found, isRegistered, strangers);
          }
        }),
      );
      if (compared) differences.push(...this.#compare(day, found.get(day)));
      onDay(++done, total);
    }
    return differences;
  }

  async #indexed(
    item: PhiItem,
    day: string,
    found: Map<string, DayContent>,
    isRegistered: (chain: string) => Promise<boolean>,
    strangers: Set<string>,
  ): Promise<void> {
    const { partition: chain } = item;
    const sequence = Number(item.sort);
    if (strangers.has(chain)) return;
    if (!(await isRegistered(chain))) {
      // Another shard may have met it meanwhile.
      if (strangers.has(chain)) return;
      strangers.add(chain);
      this.findings.add({
        kind: 'chain-unregistered',
        message: `chain ${chain} is in no checkpoint: its events, among them event ${sequence} of ${day}, were inserted, or the checkpoints of the chain were removed`,
        chain,
        sequence,
      });
      return;
    }
    if (sequence > (this.#metThrough.get(chain) ?? 0)) return;
    if ((item.indexed?.day?.sort ?? '') < this.#settledBefore) this.#count(day, chain, sequence, found);
  }

  #count(day: string, chain: string, sequence: number, days: Map<string, DayContent>): void {
    let factor = this.#factors.get(chain);
    // Drawn anew each time: nobody can choose events whose sums are the same.
    if (factor === undefined) this.#factors.set(chain, (factor = randomInt(1, 2 ** 31)));
    const content = days.get(day) ?? { count: 0, sum: 0 };
    content.count += 1;
    content.sum = (content.sum + (((sequence % 2 ** 21) * factor) % sumBelow)) % sumBelow;
    days.set(day, content);
  }

  #compare(day: string, found: DayContent = { count: 0, sum: 0 }): Finding[] {
    const met = this.#days.get(day) ?? { count: 0, sum: 0 };
    if (met.count === found.count && met.sum === found.sum) return [];
    const what =
      found.count === met.count ? 'other events than' : `${found.count} of ${met.count} events that`;
    return [
      {
        kind: 'index-altered',
        message: `the index of ${day} was altered: it leads to ${what} the chains hold`,
      },
    ];
  }
}

async function* indexedItems(table: PhiTable, partition: string): AsyncGenerator<PhiItem> {
  let after: string | undefined;
  do {
    const place = { table: 'audit', partition, index: 'day', limit: rowsAtOnce } as const;
    const page = await table.query(after === undefined ? place : { ...place, after });
    yield* page.items;
    after = page.next;
  } while (after !== undefined);
}

/** What the walk wants to know of an event. */
/** As it is stored: nobody has looked yet whether it is what the service wrote. */
export interface MetEvent {
  type: string;
  patientId: unknown;
  emergencyAccess: unknown;
}

interface ParsedEvent extends MetEvent {
  recordedAt: string;
  expected: ReturnType<typeof auditIndexes>;
}

/** @returns what follows from an event's text, `undefined` if it holds none */
function parseEvent(text: string): ParsedEvent | undefined {
  const value = parseObject(text);
  if (value === undefined) return undefined;
  const { id, recordedAt, type, patientId, emergencyAccess } = value;
  if (typeof id !== 'string' || typeof recordedAt !== 'string' || typeof type !== 'string') return undefined;
  try {
    const expected = auditIndexes(value as unknown as StoredAuditEvent);
    return { type, patientId, emergencyAccess, recordedAt, expected };
  } catch {
    // Its agent or its origin is not what an event has.
    return undefined;
  }
}
