import { operations, perRequest } from '../cost/operations.js';
import { assumed, built, type Size } from './design.js';
import { quotas } from './quotas.js';
import { shareOfFirst } from './random.js';

/** How warm the busiest partition of a kind gets. */
export interface Heat {
  /** As `libs` names it. */
  partition: string;
  table: string;
  /** Units a second of the busiest one. */
  unitsPerSecond: number;
  atMost: number;
  /** Requests a second of the deployment at which it is at its limit. */
  limitAtRequestsPerSecond: number;
  /** Whether DynamoDB can split it when it gets hot, and what can be done. */
  remark: string;
}

/** An event is one row and a row in each of three indexes. */
const placesOfEvent = 4;
/** Units of the row and of each index row: as much as DynamoDB Local tells, which charges indexes of a transaction in full. */
const eventUnits = () => perRequest('auditWriteUnits') / placesOfEvent;
/** A leaf hash has 32 bytes, in a row that is put by a transaction: a kilobyte of it takes two units. */
const leafUnits = (32 / 1024) * 2;
const readEventUnits = operations.patientRead.auditWriteUnits / placesOfEvent;

/** @returns the kinds of partitions, the warmest first */
export function heatOf({ requestsPerSecond, patients, tasks }: Size): Heat[] {
  const writes = quotas.partitionWriteUnits.value;
  const reads = quotas.partitionReadUnits.value;
  const busiestPatient = shareOfFirst(1, patients, assumed.popularity.value);
  const creations = operations.patientCreate.share;
  const byLoad = (
    heat: Omit<Heat, 'unitsPerSecond' | 'limitAtRequestsPerSecond'>,
    perRequestUnits: number,
  ) => ({
    ...heat,
    unitsPerSecond: requestsPerSecond * perRequestUnits,
    limitAtRequestsPerSecond: heat.atMost / perRequestUnits,
  });
  const kinds: Heat[] = [
    byLoad(
      {
        partition: 'AGENT#<one machine client>',
        table: 'audit, index by agent',
        atMost: writes,
        remark:
          'grows at its end only, so a split helps nothing, and a throttled index throttles the table: give a busy client several subjects, or shard the index by agent as that by day',
      },
      assumed.largestAgent.value * eventUnits(),
    ),
    byLoad(
      {
        partition: 'DAY#<day>#<shard>',
        table: 'audit, index by day',
        atMost: writes,
        remark: `grows at its end only; ${built.dayShards} shards: more of them before this load (\`dayShards\`)`,
      },
      eventUnits() / built.dayShards,
    ),
    byLoad(
      {
        partition: 'CHAIN#<instance>#<boot>',
        table: 'audit',
        atMost: writes,
        remark: 'one an instance: more instances, cooler chains',
      },
      eventUnits() / tasks,
    ),
    byLoad(
      {
        partition: 'PATIENTS#<shard>',
        table: 'records',
        atMost: writes,
        // A small row in a transaction: two units.
        remark: `a row for each new patient, ${built.listShards} shards; local indexes forbid a split`,
      },
      (creations * 2) / built.listShards,
    ),
    byLoad(
      {
        partition: 'PATIENT#<the busiest>',
        table: 'records, reads',
        atMost: reads,
        remark: 'local indexes forbid a split: one patient is one partition, whatever happens to him',
      },
      busiestPatient * perRequest('readUnits'),
    ),
    byLoad(
      {
        partition: 'PATIENT#<the busiest>',
        table: 'audit, index by patient',
        atMost: writes,
        remark: 'an event for each access',
      },
      busiestPatient * eventUnits(),
    ),
    byLoad(
      {
        partition: 'CHECKPOINTS',
        table: 'audit',
        atMost: writes,
        remark: 'one register of all instances, with the leaf hash of each event; grows at its end only',
      },
      leafUnits,
    ),
  ];
  return kinds.toSorted((a, b) => b.unitsPerSecond / b.atMost - a.unitsPerSecond / a.atMost);
}

/** Requests a second for one patient at which his partition is at its limit. */
export const onePatientLimit = {
  /** By the reads of his rows. */
  reads: quotas.partitionReadUnits.value / perRequest('readUnits'),
  /** By the index of his events: reads, which are most. */
  events: quotas.partitionWriteUnits.value / readEventUnits,
};

/** Patients at which a shard of the list has as many bytes as a partition key may have in a table with local indexes. */
export const listHoldsPatients =
  (quotas.itemCollectionGigabytes.value * 1e9 * built.listShards) / assumed.listRowBytes.value;
