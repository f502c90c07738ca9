import { auditKeys, auditRow, dayShards, type StoredAuditEvent } from '@app/audit';
import { type PhiTable } from '@app/phi-table';

/** An event of the trail, and where it stands. */
export interface AuditRow {
  chain: string;
  sequence: number;
  event: StoredAuditEvent;
  /** The whole row as it is stored, with its keys. */
  text: string;
}

/** @returns every event of today and, for a test that runs over midnight, of yesterday */
export async function readAuditRows(table: PhiTable): Promise<AuditRow[]> {
  const today = new Date();
  const yesterday = new Date(today.getTime() - 24 * 60 * 60 * 1000);
  const rows: AuditRow[] = [];
  for (const day of [yesterday, today].map((date) => date.toISOString().slice(0, 10))) {
    for (let shard = 0; shard < dayShards; shard++) {
      rows.push(...(await readShard(table, auditKeys.dayPartition(day, shard))));
    }
  }
  return rows;
}

async function readShard(table: PhiTable, partition: string): Promise<AuditRow[]> {
  const rows: AuditRow[] = [];
  let after: string | undefined;
  do {
    const page = await table.query({
      table: 'audit',
      partition,
      index: 'day',
      limit: 1000,
      ...(after === undefined ? {} : { after }),
    });
    for (const item of page.items) {
      const text = JSON.stringify([item.partition, item.sort, item.indexed, item.attributes]);
      rows.push({ ...auditRow(item), text });
    }
    after = page.next;
  } while (after !== undefined);
  return rows;
}

/**
 * What no request asked for: a number whose commit was refused, the end of a chain, a clock set back; and the first use of a token, which
 * comes before whatever the request is about.
 */
const ownTypes: readonly string[] = ['void', 'chain-end', 'clock-step', 'login'];

/** @returns the events that requests left, in no order */
export async function readAuditEvents(table: PhiTable): Promise<StoredAuditEvent[]> {
  return (await readAuditRows(table))
    .map(({ event }) => event)
    .filter(({ type }) => !ownTypes.includes(type));
}
