import type { PhiKey } from '@app/phi-table';

/** The sort key of a patient's head, and the record type that its messages are bound to: no record may have it. */
export const profile = 'PROFILE';

/** The record type that reasons and comments of emergency accesses are bound to: neither FHIR nor a configured word has it. */
export const emergencyText = 'EmergencyAccess';

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
  /** The emergency access that somebody opened: the newest, one a person. */
  grant: (patientId: string, holderToken: string) =>
    records(patientPartition(patientId), `GRANT#${holderToken}`),
  /** What was written about an emergency access, under the patient's key. */
  emergencyText: (patientId: string, id: string) => records(patientPartition(patientId), `EMERGENCY#${id}`),
  /** Emergency accesses of all patients, those to be reviewed apart; their ids sort in the order of time. */
  emergencies: (status: 'open' | 'reviewed') => `EMERGENCIES#${status}`,
  emergency: (status: 'open' | 'reviewed', id: string) => records(`EMERGENCIES#${status}`, id),
  /** @param partition `UNIQUE#...` */
  unique: (partition: string) => records(partition, '-'),
  /** @param partition `INDEX#...` */
  index: (partition: string, patientId: string) => records(partition, patientPartition(patientId)),
  listPartition: (shard: number) => `PATIENTS#${shard}`,
  listed: (patientId: string, createdAt: string) =>
    records(`PATIENTS#${shardOf(patientId)}`, `${createdAt}#${patientId}`),
  /** Everybody who is being or was erased, by two prefixes. His key is gone: the key store no longer lists him. */
  erasures: 'ERASURES',
  pendingErasurePrefix: 'PENDING#',
  erasedPrefix: 'ERASED#',
  pendingErasure: (patientId: string) => records('ERASURES', `PENDING#${patientId}`),
  erased: (patientId: string) => records('ERASURES', `ERASED#${patientId}`),
  rescreenPartition: (shard: number) => `RESCREEN#${shard}`,
  /** A patient who has documents to be screened again. */
  rescreen: (patientId: string) => records(`RESCREEN#${shardOf(patientId)}`, patientPartition(patientId)),
  /** How far a key job is. */
  job: (name: string) => records(`JOB#${name}`, '-'),
  idempotency: (token: string) => records(`IDEMPOTENCY#${token}`, '-'),
};

/** The list of all patients, and the queue of those to be screened again, are spread over this many partitions. */
export const listShards = 16;
const shardOf = (patientId: string) => Number.parseInt(patientId.slice(0, 2), 16) % listShards;

/** @returns the patient whose partition, or whose index row, this is */
export const patientIdOf = (partition: string) => partition.slice('PATIENT#'.length);
