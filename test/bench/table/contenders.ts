import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { open } from 'lmdb';
import { builtLib } from '../build-folder.js';

/** One way to keep patients: his head, his row in an index, and an event for each write. */
export interface Contender {
  write(patient: number): Promise<unknown>;
  read(patient: number): Promise<unknown>;
  /** A page of fifty rows of the index. */
  page(patient: number): Promise<unknown>;
  close(): Promise<void>;
}

export type ContenderName = 'table' | 'plain';

interface Table {
  get(key: object): Promise<object | undefined>;
  query(input: object): Promise<{ items: object[] }>;
  transactWrite(writes: object[]): Promise<void>;
  close(): Promise<void>;
}

/** Sizes of a sealed patient of 1 KB, and of an event. */
const messageBytes = 1900;
const eventLetters = 900;
const pageRows = 50;
const partitions = 16;

/** Rows that both keep, so that both write as many bytes. */
interface Rows {
  ids: readonly string[];
  message: Buffer;
  event: string;
}

export const rowsFor = (patients: number): Rows => ({
  ids: Array.from({ length: patients }, () => randomUUID()),
  message: randomBytes(messageBytes),
  event: 'e'.repeat(eventLetters),
});

const idOf = ({ ids }: Rows, patient: number) => ids[patient % ids.length] as string;
const listOf = (patient: number) => `PATIENTS#${patient % partitions}`;
const padded = (value: number) => String(value).padStart(12, '0');

/** The built adapter: conditions, indexes, limits, order, group commit. */
export async function builtTable(build: string, folder: string, rows: Rows): Promise<Contender> {
  const { LmdbPhiTable } = await builtLib<{ LmdbPhiTable: { open(options: object): Table } }>(
    build,
    'phi-table',
  );
  const table = LmdbPhiTable.open({ path: join(folder, 'table.lmdb') });
  const chain = `CHAIN#${randomUUID()}#${randomUUID()}`;
  let sequence = 0;
  const head = (patient: number) => ({
    table: 'records',
    partition: `PATIENT#${idOf(rows, patient)}`,
    sort: 'PROFILE',
  });
  return {
    write: (patient) => {
      const id = idOf(rows, patient);
      sequence += 1;
      const at = `2026-01-01T00:00:00.000Z#${id}`;
      const event = {
        table: 'audit',
        partition: chain,
        sort: padded(sequence),
        indexed: {
          patient: { partition: `PATIENT#${id}`, sort: at },
          agent: { partition: 'AGENT#one', sort: `${at}#${sequence}` },
          day: { partition: `DAY#2026-01-01#${patient % 8}`, sort: `${at}#${sequence}` },
        },
        attributes: { event: rows.event },
      };
      const listed = { table: 'records', partition: listOf(patient), sort: id, attributes: {} };
      return table.transactWrite([
        { type: 'put', item: { ...head(patient), attributes: { version: 1, message: rows.message } } },
        { type: 'put', item: listed },
        { type: 'put', item: event, condition: { type: 'absent' } },
      ]);
    },
    read: (patient) => table.get(head(patient)),
    page: (patient) => table.query({ table: 'records', partition: listOf(patient), limit: pageRows }),
    close: () => table.close(),
  };
}

/** LMDB as it comes: the same bytes under plain keys, without condition, index or limit; each write flushed. */
export function plainLmdb(folder: string, rows: Rows): Contender {
  const database = open<Buffer | string, string>({ path: join(folder, 'plain.lmdb'), encoding: 'binary' });
  let sequence = 0;
  const head = (patient: number) => `PATIENT#${idOf(rows, patient)}#PROFILE`;
  return {
    write: async (patient) => {
      sequence += 1;
      await database.transaction(() => {
        void database.put(head(patient), rows.message);
        void database.put(`${listOf(patient)}#${idOf(rows, patient)}`, Buffer.alloc(1));
        void database.put(`CHAIN#${padded(sequence)}`, Buffer.from(rows.event));
      });
      await database.flushed;
    },
    read: (patient) => Promise.resolve(database.get(head(patient))),
    page: (patient) =>
      Promise.resolve([...database.getRange({ start: `${listOf(patient)}#`, limit: pageRows })]),
    close: () => database.close(),
  };
}
