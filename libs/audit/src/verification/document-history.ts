import { type PhiTable } from '@app/phi-table';
import type { AuditEntity, AuditEventType, StoredAuditEvent } from '../audit-event.js';
import { auditKeys, auditRow, type AuditRow } from '../audit-item.js';

/** An event that wrote a version. */
interface Write {
  chain: string;
  sequence: number;
  recordedAt: string;
  /** Absent for a deletion. */
  hash: string | undefined;
}

/** Clocks of two instances differ by less; of two events closer than that, either may have been the later one. */
const clockDifferenceMilliseconds = 5000;

/** What the trail says of one document of a patient. */
export class DocumentHistory {
  /** The highest version that was written. */
  written = 0;
  /** Of a patient: how far his erasure is, if it has begun. */
  erasure: 'begun' | 'completed' | undefined;
  readonly #writes = new Map<number, Write[]>();

  add(version: number, write: Write): void {
    this.written = Math.max(this.written, version);
    const writes = this.#writes.get(version);
    if (writes === undefined) this.#writes.set(version, [write]);
    else writes.push(write);
  }

  /** @returns every hash that the message of this version ever had */
  hashesOf(version: number): string[] {
    return (this.#writes.get(version) ?? []).flatMap(({ hash }) => (hash === undefined ? [] : [hash]));
  }

  /**
   * @returns what the last event that wrote this version says; more than one hash where clocks cannot tell which event was the last,
   *   `undefined` where no event speaks of the version
   */
  writeOf(version: number): { deleted: boolean; hashes: string[] } | undefined {
    const writes = this.#writes.get(version);
    if (writes === undefined) return undefined;
    const last = writes.filter((write) => !writes.some((other) => isAfter(other, write)));
    return {
      deleted: last.some(({ hash }) => hash === undefined),
      hashes: last.flatMap(({ hash }) => (hash === undefined ? [] : [hash])),
    };
  }
}

/** Within a chain numbers tell the order, between chains only clocks do. */
function isAfter(a: Write, b: Write): boolean {
  if (a.chain === b.chain) return a.sequence > b.sequence;
  return Date.parse(a.recordedAt) > Date.parse(b.recordedAt) + clockDifferenceMilliseconds;
}

const ownTypes: readonly AuditEventType[] = [
  'patient-create',
  'patient-update',
  'patient-delete',
  'patient-erase',
];
/** What was written about an emergency access is a document of its patient as well. */
const recordTypes: readonly AuditEventType[] = [
  'record-create',
  'record-update',
  'record-delete',
  'emergency-access',
  'emergency-access-review',
];
/** They name the patient's own document by its type, `Patient`, and his id. */
const rewriteTypes: readonly AuditEventType[] = ['record-re-encrypt', 'record-rescreen'];
const deletions: readonly AuditEventType[] = ['patient-delete', 'record-delete', 'patient-erase'];
const rowsAtOnce = 1000;

/** @returns what the trail says of each document of a patient, by `patient <id>` and `record <id>` */
export async function documentHistories(
  table: PhiTable,
  patientId: string,
): Promise<Map<string, DocumentHistory>> {
  const histories = new Map<string, DocumentHistory>();
  const partition = auditKeys.patientPartition(patientId);
  let after: string | undefined;
  do {
    const query = { table: 'audit', partition, index: 'patient', limit: rowsAtOnce } as const;
    const page = await table.query(after === undefined ? query : { ...query, after });
    for (const item of page.items) {
      const row = readableRow(item);
      if (row !== undefined) addEvent(histories, patientId, row);
    }
    after = page.next;
  } while (after !== undefined);
  return histories;
}

/** A row that holds no event is named where its chain is walked. */
function readableRow(item: Parameters<typeof auditRow>[0]): AuditRow | undefined {
  try {
    const row = auditRow(item);
    return typeof row.event === 'object' && row.event !== null ? row : undefined;
  } catch {
    return undefined;
  }
}

function addEvent(
  histories: Map<string, DocumentHistory>,
  patientId: string,
  { chain, sequence, event }: AuditRow,
): void {
  const { type, recordedAt, entities, outcome } = event;
  if (outcome !== '0') return;
  if (type === 'patient-erase') addErasure(histories, patientId, event);
  if (!Array.isArray(entities)) return;
  for (const entity of entities as AuditEntity[]) {
    const key = documentOf(event, entity, patientId);
    if (key === undefined || entity.version === undefined) continue;
    const deletes = deletions.includes(type);
    if (!deletes && entity.messageSha256 === undefined) continue;
    historyOf(histories, key).add(entity.version, {
      chain,
      sequence,
      recordedAt,
      hash: deletes ? undefined : entity.messageSha256,
    });
  }
}

function historyOf(histories: Map<string, DocumentHistory>, key: string): DocumentHistory {
  const known = histories.get(key) ?? new DocumentHistory();
  histories.set(key, known);
  return known;
}

function addErasure(
  histories: Map<string, DocumentHistory>,
  patientId: string,
  { erasure }: StoredAuditEvent,
): void {
  const history = historyOf(histories, `patient ${patientId}`);
  if (erasure?.step === 'completed') history.erasure = 'completed';
  else history.erasure ??= 'begun';
}

function documentOf({ type }: StoredAuditEvent, entity: AuditEntity, patientId: string): string | undefined {
  if (ownTypes.includes(type)) return `patient ${patientId}`;
  if (recordTypes.includes(type)) return `record ${entity.id}`;
  if (!rewriteTypes.includes(type)) return undefined;
  return entity.type === 'Patient' && entity.id === patientId
    ? `patient ${patientId}`
    : `record ${entity.id}`;
}
