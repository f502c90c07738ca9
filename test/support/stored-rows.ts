import { hash } from 'node:crypto';
import { type PhiItem } from '@app/phi-table';
import { type Platform } from '@app/platform';
import { readAuditEvents } from './audit-rows.js';

/** @returns every row of every patient who has a key, past the service */
export async function storedRows({ keyStore, table }: Platform): Promise<PhiItem[]> {
  const rows: PhiItem[] = [];
  let page: { patientIds: string[]; next?: string } | undefined;
  do {
    page = await keyStore.patients(1000, page?.next);
    for (const patientId of page.patientIds) rows.push(...(await rowsOf(table, patientId)));
  } while (page.next !== undefined);
  return rows;
}

async function rowsOf(table: Platform['table'], patientId: string): Promise<PhiItem[]> {
  const rows: PhiItem[] = [];
  let after: string | undefined;
  do {
    const place = { table: 'records', partition: `PATIENT#${patientId}`, limit: 1000 } as const;
    const page = await table.query(after === undefined ? place : { ...place, after });
    rows.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return rows;
}

/** @returns the sort keys of rows whose message is not the one that the trail last named for that version of the document */
export async function messagesWithoutTheirHash(platform: Platform): Promise<string[]> {
  const events = await readAuditEvents(platform.table);
  events.sort((a, b) => (a.recordedAt < b.recordedAt ? -1 : 1));
  const hashes = new Map<string, string>();
  for (const { entities = [] } of events) {
    for (const { id, version, messageSha256 } of entities) {
      if (messageSha256 !== undefined) hashes.set(`${id} ${version}`, messageSha256);
    }
  }
  const rows = await storedRows(platform);
  const messages = rows.filter(({ attributes }) => attributes['message'] instanceof Uint8Array);
  const wrong = messages.filter(({ partition, sort, attributes: { message, version } }) => {
    const id = sort.split('#')[1] ?? 'PROFILE';
    const documentId = id === 'PROFILE' ? partition.slice('PATIENT#'.length) : id;
    const known = hashes.get(`${documentId} ${String(version)}`);
    return known !== hash('sha256', message as Uint8Array, 'base64');
  });
  return wrong.map(({ sort }) => sort);
}
