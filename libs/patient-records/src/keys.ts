import type { PhiKey } from '@app/phi-table';

/** The sort key of a patient's head, and the record type that its messages are bound to: no record may have it. */
export const profile = 'PROFILE';

const patientPartition = (patientId: string) => `PATIENT#${patientId}`;
const records = (partition: string, sort: string): PhiKey => ({ table: 'records', partition, sort });

/** Versions sort as text: ten digits are enough for one change a second over three centuries. */
const versionDigits = 10;
const padded = (version: number) => String(version).padStart(versionDigits, '0');

/** Where everything of the records table stands. Opaque ids, record types, times and index tokens only. */
export const keys = {
  patientPartition,
  profile: (patientId: string) => records(patientPartition(patientId), profile),
  record: (patientId: string, recordId: string) => records(patientPartition(patientId), `RECORD#${recordId}`),
  /** @param id `PROFILE` or the record's id */
  version: (patientId: string, id: string, version: number) =>
    records(patientPartition(patientId), `VERSION#${id}#${padded(version)}`),
  versionPrefix: (id: string) => `VERSION#${id}#`,
  versionBelow: (id: string, version: number) => `VERSION#${id}#${padded(version - 1)}`,
  team: (patientId: string) => records(patientPartition(patientId), 'TEAM'),
  teamMember: (patientId: string, memberToken: string) =>
    records(patientPartition(patientId), `TEAM#${memberToken}`),
  teamPrefix: 'TEAM',
  /** @param partition `UNIQUE#...` */
  unique: (partition: string) => records(partition, '-'),
  /** @param partition `INDEX#...` */
  index: (partition: string, patientId: string) => records(partition, patientPartition(patientId)),
  listPartition: (shard: number) => `PATIENTS#${shard}`,
  listed: (patientId: string, createdAt: string) =>
    records(`PATIENTS#${listShardOf(patientId)}`, `${createdAt}#${patientId}`),
  idempotency: (token: string) => records(`IDEMPOTENCY#${token}`, '-'),
};

/** The list of all patients is spread over this many partitions, so that creating heats none. */
export const listShards = 16;
const listShardOf = (patientId: string) => Number.parseInt(patientId.slice(0, 2), 16) % listShards;

/** @returns the patient whose partition, or whose index row, this is */
export const patientIdOf = (partition: string) => partition.slice('PATIENT#'.length);
