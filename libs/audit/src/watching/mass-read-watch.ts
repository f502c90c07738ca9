import { ConditionFailed, type PhiTable } from '@app/phi-table';
import { LRUCache } from 'lru-cache';
import type { StoredAuditEvent } from '../audit-event.js';
import type { AuditTrail } from '../audit-trail.js';
import {
  type AgentHabits,
  habitsWrite,
  readHabits,
  standingReport,
  usualOf,
  withHour,
} from './agent-habits.js';
import { type Disclosure, disclosureOf, patientsInTrail } from './disclosing-events.js';
import { hourMilliseconds } from './recent-patients.js';
import { type ActiveHour, WatchedAgent } from './watched-agent.js';

/** An agent who has read of more patients in an hour than he should. */
export interface MassRead {
  /** His name in keys, logs and metrics: a hash, as `subjectToken` makes it. */
  agent: string;
  /** Distinct, in the last hour, over all instances. */
  patients: number;
  limit: number;
  usual: number;
}

export interface MassReadWatchOptions {
  table: PhiTable;
  trail: Pick<AuditTrail, 'transactWrite'>;
  /** Up to so many distinct patients an hour are never reported. */
  patientsPerHour: number;
  /** Nor are up to so many times what is usual for the agent. */
  multiple: number;
  /** Milliseconds since the epoch. */
  clock?: () => number;
  /** Told after the event is in the trail. */
  onMassRead?: (found: MassRead) => void;
  /** Told what failed; it is tried again. */
  onProblem?: (error: unknown) => void;
}

/** Agents in memory, and patients of all of them together: about 25 MB. Who was longest silent is forgotten first. */
const agentsAtMost = 10_000;
const patientsAtMost = 200_000;
/** An agent is weighed anew after so many more patients. */
const weightStep = 16;
/** An agent who goes on reading is looked up in the trail again after this time even without another fifth. */
const askAgainAfterMilliseconds = 5 * 60 * 1000;
const attemptsAtMost = 3;

/**
 * Watches who reads of how many patients (45 CFR 164.308(a)(1)(ii)(D), information system activity review; 164.312(b)). An agent above
 * the greater of a fixed number of distinct patients in the last hour and a multiple of his usual is reported as an event of its
 * own, `mass-read`: once an hour, and again whenever the number has doubled.
 *
 * Reads are counted here as their events pass. From a fifth of the limit on, the trail itself is asked, so that an agent who reads
 * through several instances is seen as one. All of that happens beside the requests: nothing waits for it, and its failures are
 * told and tried again.
 */
export class MassReadWatch {
  readonly #options: MassReadWatchOptions;
  readonly #clock: () => number;
  readonly #agents = new LRUCache<string, WatchedAgent>({ max: agentsAtMost, maxSize: patientsAtMost });
  /** Tokens of agents of whom the trail is to be asked. */
  readonly #toAsk = new Set<string>();
  /** Hours that are over and not in the habits yet. */
  readonly #hours = new LRUCache<string, ActiveHour>({ max: agentsAtMost });
  #asking: Promise<void> | undefined;
  #tick: Promise<void> | undefined;
  #closed = false;

  constructor(options: MassReadWatchOptions) {
    this.#options = options;
    this.#clock = options.clock ?? Date.now;
  }

  /** For `AuditTrail.observe`. */
  readonly observe = (events: readonly StoredAuditEvent[]): void => {
    if (this.#closed) return;
    for (const event of events) {
      const disclosure = disclosureOf(event);
      if (disclosure !== undefined) this.#read(disclosure, Date.parse(event.recordedAt));
    }
  };

  #read(disclosure: Disclosure, at: number): void {
    const { token } = disclosure;
    const watched =
      this.#agents.get(token) ?? new WatchedAgent(disclosure, fifthOf(this.#options.patientsPerHour));
    this.#leaveHour(watched, at);
    const patients = watched.read(disclosure, at);
    this.#weigh(watched);
    if (patients >= watched.askAt) this.#ask(watched);
  }

  /** Not at each read: a cache of one entry is emptied whole when this one is taken out, which costs as much as encrypting. */
  #weigh(watched: WatchedAgent): void {
    const { size } = watched.patients;
    if (size <= watched.weight && size > watched.weight - 2 * weightStep) return;
    watched.weight = size + weightStep;
    // Taken out first: the cache weighs a value anew only when it is another one.
    this.#agents.delete(watched.token);
    this.#agents.set(watched.token, watched, { size: watched.weight });
  }

  #leaveHour(watched: WatchedAgent, now: number): void {
    const over = watched.leaveHour(now);
    if (over !== undefined) this.#hours.set(`${over.token}#${over.hour}`, over);
  }

  /** To be called every minute. Resolves when everything that was due is done, or has failed and was told. */
  tick(): Promise<void> {
    this.#tick ??= this.#lookAround().finally(() => (this.#tick = undefined));
    return this.#tick;
  }

  async #lookAround(): Promise<void> {
    const now = this.#clock();
    for (const [token, watched] of this.#agents.entries()) {
      this.#leaveHour(watched, now);
      const patients = watched.patients.inLastHour(now);
      if (patients === 0) this.#agents.delete(token);
      else if (patients < watched.fifth) watched.askAt = watched.fifth;
      else if (watched.isDue && now >= watched.askedAt + askAgainAfterMilliseconds) this.#ask(watched);
    }
    await this.settled();
    for (const [name, hour] of this.#hours.entries()) {
      if (await this.#attempt(() => this.#remember(hour))) this.#hours.delete(name);
    }
  }

  /** Resolves when nobody is being looked up any more. */
  async settled(): Promise<void> {
    await this.#asking;
  }

  /** Ends the watching; hours that are not over are not remembered. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#toAsk.clear();
    await Promise.all([this.#asking, this.#tick]);
  }

  /**
   * @param since agents who have read nothing since then are left out, milliseconds since the epoch
   * @returns who has read of the most patients in the last hour through this process, the most first
   */
  busiest(count: number, since: number): { agent: string; patients: number }[] {
    const now = this.#clock();
    return [...this.#agents.values()]
      .filter(({ lastRead }) => lastRead >= since)
      .map(({ token, patients }) => ({ agent: token, patients: patients.inLastHour(now) }))
      .sort((a, b) => b.patients - a.patients)
      .slice(0, count);
  }

  #ask(watched: WatchedAgent): void {
    watched.askAt = Number.POSITIVE_INFINITY; // once, however much he reads until the answer is there
    this.#toAsk.add(watched.token);
    this.#asking ??= this.#askAll().finally(() => (this.#asking = undefined));
  }

  /** One after the other: it is not urgent, and the store has requests to serve. */
  async #askAll(): Promise<void> {
    // Not within the request that reads.
    await Promise.resolve();
    for (const token of this.#toAsk) {
      this.#toAsk.delete(token);
      const watched = this.#agents.peek(token);
      if (watched !== undefined) await this.#attempt(() => this.#judge(watched));
    }
  }

  /** @returns whether it was done */
  async #attempt(work: () => Promise<void>): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        await work();
        return true;
      } catch (error) {
        // Another instance has changed the habits: look again at what it wrote.
        if (error instanceof ConditionFailed && attempt < attemptsAtMost) continue;
        this.#options.onProblem?.(error);
        return false;
      }
    }
  }

  async #judge(watched: WatchedAgent): Promise<void> {
    const { table } = this.#options;
    const now = this.#clock();
    watched.askedAt = now;
    watched.isDue = false;
    try {
      const habits = await readHabits(table, watched.token);
      const limit = this.#limitOf(habits);
      // As here: what was read just an hour ago is not in the last hour any more.
      const inTrail = await patientsInTrail(table, watched.agent, now - hourMilliseconds + 1);
      const here = watched.patients.inLastHour(now);
      const patients = Math.max(here, inTrail);
      let reportFrom = 2 * (standingReport(habits, now)?.patients ?? 0) || Math.floor(limit) + 1;
      if (patients >= reportFrom) {
        const usual = usualOf(habits);
        await this.#report(watched, habits, { agent: watched.token, patients, limit, usual }, now);
        reportFrom = 2 * patients;
      }
      watched.fifth = fifthOf(limit);
      // The more he reads, the more seldom: each time costs a read of what he has read.
      watched.askAt = here + Math.min(fifthOf(reportFrom - 1), reportFrom - patients);
    } catch (error) {
      // By the next tick, not by the next read: while the store is down, every read would fail once more.
      watched.isDue = true;
      watched.askedAt = 0;
      throw error;
    }
  }

  /** Event and habits are one transaction, so that of several instances one reports. @throws ConditionFailed if another one did */
  async #report({ agent }: WatchedAgent, habits: AgentHabits, found: MassRead, now: number): Promise<void> {
    const { agent: token, patients, limit, usual } = found;
    const reported = { ...habits, reported: { at: now, patients } };
    await this.#options.trail.transactWrite(
      [habitsWrite(token, reported, now)],
      [
        {
          type: 'mass-read',
          outcome: '8',
          // No request asked for it. The chain tells which instance noticed.
          origin: { agent, networkAddress: '', requestId: '' },
          count: patients,
          massRead: { limit: rounded(limit), usual: rounded(usual) },
        },
      ],
    );
    this.#options.onMassRead?.({ ...found, limit: rounded(limit), usual: rounded(usual) });
  }

  /** The first instance that gets there counts the hour for all of them. */
  async #remember({ agent, token, hour, patients }: ActiveHour): Promise<void> {
    const { table } = this.#options;
    const habits = await readHabits(table, token);
    if (habits.lastHour >= hour) return;
    const inTrail = await patientsInTrail(table, agent, hour, hour + hourMilliseconds);
    // What is above the limit was reported. It must not become usual at once.
    const counted = Math.min(Math.max(patients, inTrail), this.#limitOf(habits));
    // Without an event: it says nothing that the trail does not.
    await table.transactWrite([habitsWrite(token, withHour(habits, hour, counted), this.#clock())]);
  }

  #limitOf(habits: AgentHabits): number {
    return Math.max(this.#options.patientsPerHour, this.#options.multiple * usualOf(habits));
  }
}

const fifthOf = (limit: number): number => Math.max(1, Math.ceil(limit / 5));
const rounded = (patients: number): number => Math.round(patients * 10) / 10;
