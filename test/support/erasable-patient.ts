import { normalizeText } from '@app/encryption';
import { type PhiItem, type PhiTable } from '@app/phi-table';
import { type Platform } from '@app/platform';
import type { Service } from './service.js';
import { type PhiClient, succeeded } from './phi-client.js';
import { mrn, wholePatient } from './sample-patient.js';

/** A patient who left a trace wherever one can be left. */
export interface ErasablePatient {
  id: string;
  path: string;
  mrn: string;
  /** Observation at version 2, Condition at version 1, and one that was deleted. */
  records: { observation: string; condition: string; deleted: string };
  /** Every key that a row of his stands under: his partition, index rows, list. */
  indexRows: { partition: string; sort: string }[];
}

const record = (recordType: string, value: string) => ({
  recordType,
  content: { resourceType: recordType, note: [{ text: value }] },
  recordedAt: '2026-01-05T09:30:00.000Z',
});

/** @param value an identifier that nobody has; index tokens of the rest are those of every other such patient */
export async function erasablePatient(
  service: Service,
  client: PhiClient,
  value: string,
): Promise<ErasablePatient> {
  const { id } = (await succeeded(client.post('/v1/patients', wholePatient(`${value}-before`)))).body;
  const path = `/v1/patients/${id}`;
  await succeeded(client.put(path, wholePatient(value), { 'if-match': '"1"' }));
  const create = async (recordType: string) =>
    (await succeeded(client.post(`${path}/records`, record(recordType, 'first')))).body.id;
  const records = {
    observation: await create('Observation'),
    condition: await create('Condition'),
    deleted: await create('Observation'),
  };
  const update = record('Observation', 'second');
  await succeeded(client.put(`${path}/records/${records.observation}`, update, { 'if-match': '"1"' }));
  await succeeded(client.delete(`${path}/records/${records.deleted}`, { 'if-match': '"1"' }));
  const members = [
    { subject: 'nurse', role: 'nurse', period: { start: '2020-01-01T00:00:00Z' } },
    { subject: 'physician', role: 'physician', period: { start: '2020-01-01T00:00:00Z' } },
  ];
  await succeeded(client.put(`${path}/care-team`, { members }, { 'if-match': '"1"' }));
  return { id, path, mrn: value, records, indexRows: await indexRowsOf(service.platform.table, id) };
}

/** What the receipt must count of such a patient. */
export const destroyedOf = ({ indexRows }: ErasablePatient) => ({
  branchKeyRows: 3,
  records: 3,
  versions: 3,
  careTeamMembers: 2,
  emergencyAccessTexts: 0,
  indexTokens: indexRows.length - 1,
});

/** @returns where the patient is found: index rows that his head lists, and the list of all patients */
async function indexRowsOf(table: PhiTable, id: string): Promise<ErasablePatient['indexRows']> {
  const head = await table.get({ table: 'records', partition: `PATIENT#${id}`, sort: 'PROFILE' });
  if (head === undefined) throw new Error('the patient was not stored');
  const { partitions, createdAt } = head.attributes as { partitions: string[]; createdAt: string };
  const shard = Number.parseInt(id.slice(0, 2), 16) % 16;
  return [
    ...partitions.map((partition) => ({
      partition,
      sort: partition.startsWith('UNIQUE#') ? '-' : `PATIENT#${id}`,
    })),
    { partition: `PATIENTS#${shard}`, sort: `${createdAt}#${id}` },
  ];
}

/** @returns every row of the patient's partition */
export async function partitionOf(table: PhiTable, id: string): Promise<PhiItem[]> {
  const items: PhiItem[] = [];
  let after: string | undefined;
  do {
    const query = { table: 'records', partition: `PATIENT#${id}`, limit: 1000 } as const;
    const page = await table.query(after === undefined ? query : { ...query, after });
    items.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return items;
}

/** @returns what is there of the patient beside the head, by the first word of its place */
export async function remainsOf(
  { table, keyStore }: Platform,
  { id, indexRows }: Pick<ErasablePatient, 'id' | 'indexRows'>,
): Promise<string[]> {
  const rows = (await partitionOf(table, id)).filter(({ sort }) => sort !== 'PROFILE');
  const found = await Promise.all(indexRows.map((key) => table.get({ table: 'records', ...key })));
  const pending = await table.get({ table: 'records', partition: 'ERASURES', sort: `PENDING#${id}` });
  return [
    ...rows.map(({ sort }) => sort),
    ...found.flatMap((row) => (row === undefined ? [] : [row.partition])),
    ...(pending === undefined ? [] : ['pending erasure']),
    ...((await keyStore.activeVersion(id)) === undefined ? [] : ['branch key']),
  ];
}

/** @returns whether somebody has the identifier */
export async function isIdentifierTaken({ blindIndex, table }: Platform, value: string): Promise<boolean> {
  const { system } = mrn(value);
  const token = blindIndex.token('identifier', [system, normalizeText(value)], 128);
  const partition = `UNIQUE#${blindIndex.activeVersion}#${token}`;
  return (await table.get({ table: 'records', partition, sort: '-' })) !== undefined;
}

/** The scope of a privacy officer, and nothing else. */
export const officerScope = 'phi/erase';

export const erasureBody = (id: string, reason = 'patient-request') => ({ confirm: id, reason });
