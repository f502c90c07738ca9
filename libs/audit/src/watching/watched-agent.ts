import type { AuditAgent } from '../audit-event.js';
import type { Disclosure } from './disclosing-events.js';
import { hourMilliseconds, RecentPatients } from './recent-patients.js';

/** A clock hour (UTC) that is over, and how many distinct patients the agent read of in it through this process. */
export interface ActiveHour {
  agent: AuditAgent;
  token: string;
  /** Its beginning, milliseconds since the epoch. */
  hour: number;
  patients: number;
}

/** What this process knows of one agent. Times in milliseconds since the epoch. */
export class WatchedAgent {
  readonly patients = new RecentPatients();
  readonly token: string;
  /** As of his last read. */
  agent: AuditAgent;
  lastRead = 0;
  /** A fifth of his limit: below it the trail is not asked. */
  fifth: number;
  /** At this many patients through this process the trail is asked. */
  askAt: number;
  /** When it was asked last. */
  askedAt = 0;
  /** The patients that he was last weighed with, rounded up. */
  weight = 0;
  /** He has read since. */
  isDue = false;
  /** Beginning of the hour that he reads in. */
  #hour: number | undefined;

  constructor({ agent, token }: Disclosure, fifth: number) {
    this.agent = agent;
    this.token = token;
    this.fifth = fifth;
    this.askAt = fifth;
  }

  /** @returns how many patients he has read of in the hour before `at`, through this process */
  read({ agent, patientId }: Disclosure, at: number): number {
    this.agent = agent;
    this.lastRead = at;
    this.isDue = true;
    this.#hour ??= at - (at % hourMilliseconds);
    this.patients.add(patientId, at);
    return this.patients.inLastHour(at);
  }

  /** Call it before time goes on to `now`: patients of an hour are let go of an hour later. @returns the hour that is over, once */
  leaveHour(now: number): ActiveHour | undefined {
    const hour = this.#hour;
    if (hour === undefined || now < hour + hourMilliseconds) return undefined;
    this.#hour = undefined;
    const { agent, token } = this;
    return { agent, token, hour, patients: this.patients.since(hour) };
  }
}
