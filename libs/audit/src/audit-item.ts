import { hash } from 'node:crypto';
import { subjectToken } from '@app/authentication';
import { type PhiItem, type PhiKey } from '@app/phi-table';
import type { AuditAgent, StoredAuditEvent } from './audit-event.js';

/** An event of the trail, and where it stands. */
export interface AuditRow {
  /** `CHAIN#<instance>#<boot>` */
  chain: string;
  /** From 1, without gaps. */
  sequence: number;
  event: StoredAuditEvent;
  /** The event as it is stored: this text is what is sealed. */
  text: string;
}

/** Twelve digits keep the order of numbers in the order of text. */
const sequenceDigits = 12;
export const padded = (sequence: number): string => String(sequence).padStart(sequenceDigits, '0');

/** A day's events are spread over this many partitions, so that a busy day heats none. */
export const dayShards = 8;
/** The last digits of a version 7 UUID are random; the first ones are the time. */
const shardOf = (id: string): number => Number.parseInt(id.slice(-2), 16) % dayShards;

/** Where everything of the audit table stands, and what the trail keeps in the records table because it changes. */
export const auditKeys = {
  chain: (instance: string, boot: string) => `CHAIN#${instance}#${boot}`,
  event: (chain: string, sequence: number): PhiKey => ({
    table: 'audit',
    partition: chain,
    sort: padded(sequence),
  }),
  /** Partitions of the global indexes. */
  dayPartition: (day: string, shard: number) => `DAY#${day}#${shard}`,
  patientPartition: (patientId: string) => `PATIENT#${patientId}`,
  agentPartition: (agent: Pick<AuditAgent, 'issuer' | 'subject'>) => `AGENT#${subjectToken(agent)}`,
  /** The sort value in each of the three: in order of time. */
  place: ({ recordedAt, id }: Pick<StoredAuditEvent, 'recordedAt' | 'id'>) => `${recordedAt}#${id}`,
  checkpoints: 'CHECKPOINTS',
  checkpoint: (number: number): PhiKey => ({
    table: 'audit',
    partition: 'CHECKPOINTS',
    sort: padded(number),
  }),
  /** Leads from an event to the checkpoint that sealed it: the first entry at or after its number. */
  sealsPartition: (chain: string) => `SEALS#${chain}`,
  seal: (chain: string, last: number): PhiKey => ({
    table: 'audit',
    partition: `SEALS#${chain}`,
    sort: padded(last),
  }),
  /** The newest checkpoint. */
  head: { table: 'records', partition: 'AUDIT#HEAD', sort: '-' } satisfies PhiKey,
  /** Every chain that is not closed, with its lease. */
  leases: 'AUDIT#CHAINS',
  lease: (chain: string): PhiKey => ({ table: 'records', partition: 'AUDIT#CHAINS', sort: chain }),
};

/** @returns the item that holds an event */
export function auditItem(chain: string, sequence: number, event: StoredAuditEvent): PhiItem {
  return {
    ...auditKeys.event(chain, sequence),
    indexed: auditIndexes(event),
    attributes: { event: JSON.stringify(event) },
  };
}

/** @returns the partition of the day index that holds an event: id and time lead to it */
export const dayPartitionOf = ({ recordedAt, id }: Pick<StoredAuditEvent, 'recordedAt' | 'id'>): string =>
  auditKeys.dayPartition(recordedAt.slice(0, 10), shardOf(id));

/** @returns where the event stands in the indexes: all of it follows from the event, so that an entry can be checked */
export function auditIndexes(event: StoredAuditEvent): NonNullable<PhiItem['indexed']> {
  const sort = auditKeys.place(event);
  const { agent } = event.origin;
  return {
    day: { partition: dayPartitionOf(event), sort },
    ...(event.patientId === undefined
      ? {}
      : { patient: { partition: auditKeys.patientPartition(event.patientId), sort } }),
    ...(agent === undefined ? {} : { agent: { partition: auditKeys.agentPartition(agent), sort } }),
  };
}

/**
 * @returns the event that an item of the audit table holds
 * @throws TypeError or SyntaxError if it holds none
 */
export function auditRow(item: PhiItem): AuditRow {
  const text = item.attributes['event'];
  if (typeof text !== 'string') throw new TypeError('the row holds no event');
  return {
    chain: item.partition,
    sequence: Number(item.sort),
    event: JSON.parse(text) as StoredAuditEvent,
    text,
  };
}

/**
 * What is sealed of an event: its text as stored, and its place, so that events cannot change places. No chain and no number
 * holds a line break.
 * @returns the leaf's hash, 32 bytes: `leafHash` in one piece, since it is computed for each event that is written or verified
 */
export const eventLeaf = (chain: string, sequence: number, text: string): Buffer =>
  hash('sha256', `\u0000${chain}\n${sequence}\n${text}`, 'buffer');
