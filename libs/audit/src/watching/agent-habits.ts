import { randomUUID } from 'node:crypto';
import type { Attribute, PhiKey, PhiTable, TableWrite } from '@app/phi-table';
import { hourMilliseconds } from './recent-patients.js';

/** What is known of an agent beyond the last hour. Times in milliseconds since the epoch. */
export interface AgentHabits {
  /** Mean of the distinct patients of his active hours; later hours weigh more. */
  mean: number;
  /** Active hours so far. */
  hours: number;
  /** Beginning of the last hour that is in the mean. */
  lastHour: number;
  /** The last mass read that was reported of him. */
  reported?: { at: number; patients: number };
  /** Absent when nothing is stored yet. */
  revision?: string;
}

/** Before a working day is known, nothing is usual: one busy hour must not excuse the next. */
const hoursToKnow = 8;
/** The mean follows about this many active hours, a working week. */
const hoursRemembered = 40;
/** Whoever has done nothing for so long is unknown again. */
const forgottenAfterDays = 90;

const keyOf = (token: string): PhiKey => ({ table: 'records', partition: `ACTIVITY#${token}`, sort: '-' });

/** @returns the value if it is a number that a row of ours may hold */
const numberIn = (value: Attribute | undefined): number | undefined =>
  typeof value === 'number' && value >= 0 ? value : undefined;

/**
 * The row is not sealed: whoever can write rows can raise an agent's usual, and has no need to read through the service.
 * @param token the agent, as `subjectToken` names him
 * @throws TableUnavailable
 */
export async function readHabits(table: PhiTable, token: string): Promise<AgentHabits> {
  const { attributes = {} } = (await table.get(keyOf(token))) ?? {};
  const { revision } = attributes;
  const reportedAt = numberIn(attributes['reportedAt']);
  const patients = numberIn(attributes['reportedPatients']);
  return {
    mean: numberIn(attributes['mean']) ?? 0,
    hours: numberIn(attributes['hours']) ?? 0,
    lastHour: numberIn(attributes['lastHour']) ?? 0,
    ...(reportedAt === undefined || patients === undefined ? {} : { reported: { at: reportedAt, patients } }),
    ...(typeof revision === 'string' ? { revision } : {}),
  };
}

/** @returns the write that replaces the habits that were read; refused if another instance was faster */
export function habitsWrite(token: string, habits: AgentHabits, now: number): TableWrite {
  const { mean, hours, lastHour, reported, revision } = habits;
  return {
    type: 'put',
    item: {
      ...keyOf(token),
      expiresAt: Math.floor(now / 1000) + forgottenAfterDays * 24 * 60 * 60,
      attributes: {
        revision: randomUUID(),
        mean,
        hours,
        lastHour,
        ...(reported === undefined ? {} : { reportedAt: reported.at, reportedPatients: reported.patients }),
      },
    },
    condition:
      revision === undefined
        ? { type: 'absent' }
        : { type: 'equals', attribute: 'revision', value: revision },
  };
}

/**
 * @param hour its beginning
 * @param patients distinct, at least 1
 * @returns the habits with one more hour in the mean: the mean itself at first, then a decaying one
 */
export function withHour(habits: AgentHabits, hour: number, patients: number): AgentHabits {
  const hours = habits.hours + 1;
  const weight = 1 / Math.min(hours, hoursRemembered);
  return { ...habits, hours, lastHour: hour, mean: habits.mean + (patients - habits.mean) * weight };
}

/** @returns distinct patients an hour; 0 of whom too little is known */
export const usualOf = ({ mean, hours }: AgentHabits): number => (hours < hoursToKnow ? 0 : mean);

/** @returns the report that still stands at `now`, if there is one: it is made once an hour */
export function standingReport({ reported }: AgentHabits, now: number): AgentHabits['reported'] {
  return reported !== undefined && reported.at > now - hourMilliseconds ? reported : undefined;
}
