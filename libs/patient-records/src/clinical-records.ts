import { type AuditTrail } from '@app/audit';
import {
  ConditionFailed,
  type PhiItem,
  type PhiTable,
  type QueryInput,
  type TableWrite,
} from '@app/phi-table';
import { invalidField, Problem, problemTypes } from '@app/problem-details';
import type { Caller, Idempotency, Page, Replay, Versioned } from './caller.js';
import { type DocumentVault, type NewVersion, type StoredText } from './document-vault.js';
import { event } from './events.js';
import { type IdempotentRequests } from './idempotent-requests.js';
import { needVersion, replaceHead, stillThere, unlessMoved } from './head-writes.js';
import { keys } from './keys.js';
import type { NewRecord } from './new-record.js';
import type { ClinicalRecord } from './patient.js';
import { OutOfReach, type PatientGate } from './patient-gate.js';
import { type Screened } from './patients.js';
import { queueIfDegraded } from './maintenance/rescreening-queue.js';
import { versionsBefore, withinAnswer } from './versions.js';

interface ClinicalRecordsParts {
  table: PhiTable;
  audit: AuditTrail;
  vault: DocumentVault;
  gate: PatientGate;
  idempotent: IdempotentRequests;
}

/** The clinical records of a patient. */
export class ClinicalRecords {
  constructor(private readonly parts: ClinicalRecordsParts) {}

  /**
   * Creates one record or a batch of up to 50, all or nothing: one transaction with one event that names them all.
   * @param taken what is thrown when an id is in use
   */
  async create(
    caller: Caller,
    patientId: string,
    records: readonly NewRecord[],
    taken: Problem,
    idempotency?: Idempotency,
  ): Promise<Versioned<ClinicalRecord>[]> {
    const { vault, idempotent } = this.parts;
    const head = await this.#enterForCreation(caller, patientId, records, taken);
    const now = new Date().toISOString();
    const ids = records.map(({ id }) => id);
    const screened = records.map(({ screening }) => screening);
    const locked = await Promise.all(
      records.map((record) => vault.lock(newVersion(patientId, record, 1, now, now))),
    );
    const puts = locked.map(({ item }): TableWrite => ({ type: 'put', item, condition: { type: 'absent' } }));
    const writes: TableWrite[] = [
      ...puts,
      stillThere(head),
      ...queueIfDegraded(patientId, screened),
      ...(idempotency === undefined ? [] : idempotent.remember(idempotency, patientId, ids)),
    ];
    const entities = locked.map(({ item, messageSha256 }, position) => {
      const { id, resource } = records[position] as NewRecord;
      return { type: resource.recordType, id, version: item.attributes['version'] as number, messageSha256 };
    });
    const created = event(caller, 'record-create', { patientId, entities, screened });
    await this.#commit(writes, puts.length, created, () => taken);
    const first = { version: 1, createdAt: now, updatedAt: now };
    return records.map(({ id, resource, screening }) => ({ id, ...first, resource, screening }));
  }

  async replayOf(idempotency: Idempotency): Promise<Replay | undefined> {
    return this.parts.idempotent.find(idempotency);
  }

  async read(caller: Caller, patientId: string, recordId: string): Promise<StoredText> {
    const { record, acting } = await this.#enterRecord(caller, patientId, recordId, 'r');
    const found = await this.parts.vault.unlockText(record);
    await this.#recordRead(acting, patientId, record, { version: found.version });
    return found;
  }

  /** @throws Problem `precondition-failed` if `expected` is not the current version */
  async replace(
    caller: Caller,
    patientId: string,
    recordId: string,
    expected: number | '*',
    screened: Screened<ClinicalRecord>,
  ): Promise<Versioned<ClinicalRecord>> {
    return unlessMoved(async () => {
      const { vault } = this.parts;
      const { head, record } = await this.#enterRecord(caller, patientId, recordId, 'u');
      const { recordType, createdAt, version: before } = vault.read(record);
      if (recordType !== screened.resource.recordType) {
        throw invalidField('/recordType', 'must stay what it was when the record was created');
      }
      needVersion(expected, before);
      const version = before + 1;
      const updatedAt = new Date().toISOString();
      const next = newVersion(patientId, { id: recordId, ...screened }, version, createdAt, updatedAt);
      const { item, messageSha256 } = await vault.lock(next);
      const { resource, screening } = screened;
      const entity = { type: recordType, id: recordId, version, messageSha256 };
      await this.#commit(
        [
          replaceHead(record, item),
          vault.keepVersion(record),
          stillThere(head),
          ...queueIfDegraded(patientId, [screening]),
        ],
        1,
        event(caller, 'record-update', { patientId, entities: [entity], screened: [screening] }),
        stale,
      );
      return { id: recordId, version, createdAt, updatedAt, resource, screening };
    });
  }

  async remove(caller: Caller, patientId: string, recordId: string, expected: number | '*'): Promise<void> {
    return unlessMoved(async () => {
      const { vault } = this.parts;
      const { head, record } = await this.#enterRecord(caller, patientId, recordId, 'd');
      const current = vault.read(record);
      needVersion(expected, current.version);
      const version = current.version + 1;
      const item = vault.tombstone({ ...current, version, updatedAt: new Date().toISOString() });
      const entity = { type: current.recordType, id: recordId, version };
      await this.#commit(
        [replaceHead(record, item), vault.keepVersion(record), stillThere(head)],
        1,
        event(caller, 'record-delete', { patientId, entities: [entity] }),
        stale,
      );
    });
  }

  /** Newest `recordedAt` first. Records of types that the caller's scopes do not cover are left out. */
  async list(
    caller: Caller,
    patientId: string,
    filter: { recordType?: string; limit: number },
    position: string | undefined,
  ): Promise<Page<Versioned<ClinicalRecord>>> {
    const { recordType, limit } = filter;
    const entered = await this.parts.gate.enter(caller, patientId, recordType, 's');
    const query: Omit<QueryInput, 'limit'> = {
      table: 'records',
      partition: keys.patientPartition(patientId),
      index: recordType === undefined ? 'recordedAt' : 'typeRecordedAt',
      ...(recordType === undefined ? {} : { prefix: `${recordType}#` }),
      descending: true,
      ...(position === undefined ? {} : { after: position }),
    };
    let page = await this.parts.table.query({ ...query, limit });
    const fitting = withinAnswer(page.items);
    if (fitting.length < page.items.length)
      page = await this.parts.table.query({ ...query, limit: fitting.length });
    const covered = page.items.filter((item) => entered.covers(this.parts.vault.read(item).recordType));
    const items = await Promise.all(covered.map((item) => this.parts.vault.unlock<ClinicalRecord>(item)));
    const types = recordType === undefined ? {} : { query: ['recordType'] };
    const shown = items.flatMap(({ resource }) => (resource === undefined ? [] : [resource.recordType]));
    await this.parts.audit.append([
      event(entered.acting(shown), 'record-query', { patientId, count: items.length, ...types }),
    ]);
    return { items, ...(page.next === undefined ? {} : { next: page.next }) };
  }

  async history(
    caller: Caller,
    patientId: string,
    recordId: string,
    before: number | undefined,
    limit: number,
  ): Promise<Page<Versioned<ClinicalRecord>>> {
    const { record, acting } = await this.#enterRecord(caller, patientId, recordId, 'r', true);
    const page = await versionsBefore<ClinicalRecord>(this.parts, record, recordId, before, limit);
    await this.#recordRead(acting, patientId, record, {}, page.items.length);
    return page;
  }

  /** @param permission `c` for the answer to a repeated create: it shows no more than the first one did */
  async version(
    caller: Caller,
    patientId: string,
    recordId: string,
    version: number,
    permission: 'r' | 'c' = 'r',
  ): Promise<Versioned<ClinicalRecord>> {
    const { record, acting } = await this.#enterRecord(caller, patientId, recordId, permission, true);
    const current = record.attributes['version'] === version;
    const item = current ? record : await this.parts.table.get(keys.version(patientId, recordId, version));
    if (item === undefined) throw new Problem(problemTypes.notFound);
    const found = await this.parts.vault.unlock<ClinicalRecord>(item);
    await this.#recordRead(acting, patientId, record, { version });
    return found;
  }

  /**
   * The type of a record decides which scope is needed, and it is known only once the row is read.
   * @returns `acting` is the caller as events name him
   */
  async #enterRecord(
    caller: Caller,
    patientId: string,
    recordId: string,
    permission: 'c' | 'r' | 'u' | 'd',
    deletedToo = false,
  ): Promise<{ head: PhiItem; record: PhiItem; acting: Caller }> {
    const { gate, vault } = this.parts;
    const options = { others: [keys.record(patientId, recordId)], deletedToo };
    const entered = await gate.enter(caller, patientId, undefined, permission, options);
    const record = entered.others[0];
    if (record === undefined) throw new Problem(problemTypes.notFound);
    const { recordType, deleted } = vault.read(record);
    gate.levels(caller, recordType, permission);
    if (!entered.covers(recordType))
      throw new Problem(problemTypes.notFound, { cause: new OutOfReach(patientId) });
    if (deleted && !deletedToo) throw new Problem(problemTypes.gone);
    return { head: entered.head, record, acting: entered.acting([recordType]) };
  }

  /** Every type of the batch must be covered. Ids in use are told before anything is encrypted; the commit has the last word. */
  async #enterForCreation(
    caller: Caller,
    patientId: string,
    records: readonly NewRecord[],
    taken: Problem,
  ): Promise<PhiItem> {
    const { gate } = this.parts;
    for (const { resource } of records) gate.levels(caller, resource.recordType, 'c');
    const options = { others: records.map(({ id }) => keys.record(patientId, id)) };
    const { head, others, covers } = await gate.enter(caller, patientId, undefined, 'c', options);
    if (!records.every(({ resource }) => covers(resource.recordType))) {
      throw new Problem(problemTypes.notFound, { cause: new OutOfReach(patientId) });
    }
    if (others.some((found) => found !== undefined)) throw taken;
    return head;
  }

  async #recordRead(
    caller: Caller,
    patientId: string,
    record: PhiItem,
    details: { version?: number },
    count?: number,
  ): Promise<void> {
    const { id, recordType } = this.parts.vault.read(record);
    const entity = { type: recordType, id, ...details };
    await this.parts.audit.append([
      event(caller, 'record-read', {
        patientId,
        entities: [entity],
        ...(count === undefined ? {} : { count }),
      }),
    ]);
  }

  /** @param own how many writes, from the first, are the records themselves */
  async #commit(
    writes: TableWrite[],
    own: number,
    written: ReturnType<typeof event>,
    taken: (cause: ConditionFailed) => Problem,
  ): Promise<void> {
    try {
      await this.parts.audit.transactWrite(writes, [written]);
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
      if (error.failed.some((position) => position < own)) throw taken(error);
      throw new Problem(problemTypes.concurrentWrite, { cause: error });
    }
  }
}

/** Somebody else wrote the record since it was read. */
const stale = (cause: ConditionFailed) => new Problem(problemTypes.preconditionFailed, { cause });

function newVersion(
  patientId: string,
  { id, resource, screening }: NewRecord,
  version: number,
  createdAt: string,
  updatedAt: string,
): NewVersion<ClinicalRecord> {
  const { recordType, recordedAt } = resource;
  return {
    patientId,
    id,
    recordType,
    version,
    createdAt,
    updatedAt,
    resource,
    screening,
    indexed: {
      recordedAt: { sort: `${recordedAt}#${id}` },
      typeRecordedAt: { sort: `${recordType}#${recordedAt}#${id}` },
    },
  };
}
