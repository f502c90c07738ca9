import { type AuditEventType, type AuditTrail } from '@app/audit';
import { type IndexRoots, type PatientKeyStore } from '@app/encryption';
import { ConditionFailed, type PhiItem, type PhiTable, type TableWrite } from '@app/phi-table';
import { Problem, problemTypes } from '@app/problem-details';
import type { Caller, Idempotency, Page, Replay, ScreeningResult, Versioned } from './caller.js';
import { type CareTeams } from './care-teams.js';
import { type DocumentVault, type Head, type StoredText } from './document-vault.js';
import { event } from './events.js';
import { type IdempotentRequests } from './idempotent-requests.js';
import { needVersion, replaceHead, unlessMoved } from './head-writes.js';
import { indexChanges, partitionsAfter, putIndexRow } from './index-rows.js';
import { keys, profile } from './keys.js';
import { versionsBefore } from './versions.js';
import { isRestricted, type Patient } from './patient.js';
import { type PatientGate } from './patient-gate.js';
import { type PatientIndex } from './patient-index.js';
import { queueIfDegraded } from './maintenance/rescreening-queue.js';

/** Screened and validated, ready to be kept. */
export interface Screened<T> {
  resource: T;
  screening: ScreeningResult;
}

/** What `Patients` works with. */
export interface PatientsParts {
  table: PhiTable;
  audit: AuditTrail;
  keyStore: PatientKeyStore;
  vault: DocumentVault;
  gate: PatientGate;
  index: PatientIndex;
  indexRoots: IndexRoots;
  careTeams: CareTeams;
  idempotent: IdempotentRequests;
}

/** The patients themselves: every change one transaction with its event, every disclosure recorded before it is made. */
export class Patients {
  constructor(private readonly parts: PatientsParts) {}

  /**
   * Creates a patient under a key of its own.
   * @throws Problem `precondition-failed` if the id is taken, `identifier-taken`
   */
  async create(
    caller: Caller,
    patientId: string,
    { resource, screening }: Screened<Patient>,
    idempotency?: Idempotency,
  ): Promise<Versioned<Patient>> {
    const { keyStore, vault, index, careTeams, idempotent } = this.parts;
    this.parts.gate.levels(caller, 'Patient', 'c');
    if ((await this.parts.table.get(keys.profile(patientId))) !== undefined) {
      throw new Problem(problemTypes.preconditionFailed);
    }
    await keyStore.create(patientId);
    const now = new Date().toISOString();
    await this.parts.indexRoots.recent();
    const partitions = index.partitionsOf(resource);
    const { item, messageSha256 } = await vault.lock({
      patientId,
      id: patientId,
      recordType: profile,
      version: 1,
      createdAt: now,
      updatedAt: now,
      resource,
      screening,
      clear: { restricted: isRestricted(resource), partitions },
    });
    const writes: TableWrite[] = [
      { type: 'put', item, condition: { type: 'absent' } },
      ...partitions.map((partition) => putIndexRow(partition, patientId)),
      { type: 'put', item: { ...keys.listed(patientId, now), attributes: { patientId } } },
      ...careTeams.firstMember(caller, patientId, now),
      ...queueIfDegraded(patientId, [screening]),
      ...(idempotency === undefined ? [] : idempotent.remember(idempotency, patientId, [patientId])),
    ];
    const entity = { type: 'Patient', id: patientId, version: 1, messageSha256 };
    const created = event(caller, 'patient-create', {
      patientId,
      entities: [entity],
      screened: [screening],
    });
    try {
      await this.#commit(writes, created, idempotency);
    } catch (error) {
      // Erased since the id was looked up: the key that was made for it again must not stay.
      if (await this.parts.gate.wasErased(patientId)) await keyStore.destroy(patientId);
      throw error;
    }
    return { id: patientId, version: 1, createdAt: now, updatedAt: now, resource, screening };
  }

  /** @returns what an idempotent create made before, or `undefined` when it is new */
  async replayOf(idempotency: Idempotency): Promise<Replay | undefined> {
    return this.parts.idempotent.find(idempotency);
  }

  /** @throws Problem `not-found`, `gone`, `integrity-failure`, `audit-unavailable` */
  async read(caller: Caller, patientId: string, type: AuditEventType = 'patient-read'): Promise<StoredText> {
    const { head, acting } = await this.parts.gate.enter(caller, patientId, 'Patient', 'r');
    const patient = await this.parts.vault.unlockText(head);
    const entity = { type: 'Patient', id: patientId, version: patient.version };
    await this.parts.audit.append([event(acting(['Patient']), type, { patientId, entities: [entity] })]);
    return patient;
  }

  /**
   * Replaces the document.
   * @param expected the version that the caller read
   * @throws Problem `precondition-failed` if it is not current
   */
  async replace(
    caller: Caller,
    patientId: string,
    expected: number | '*',
    next: Screened<Patient>,
  ): Promise<Versioned<Patient>> {
    return unlessMoved(async () => {
      const { head } = await this.parts.gate.enter(caller, patientId, 'Patient', 'u');
      return this.#replace(caller, head, expected, next);
    });
  }

  /** Replaces the document by what `change` makes of the current one; the event of the write covers both. */
  async change(
    caller: Caller,
    patientId: string,
    expected: number | '*',
    change: (current: Screened<Patient>) => Screened<Patient>,
  ): Promise<Versioned<Patient>> {
    return unlessMoved(async () => {
      const { head } = await this.parts.gate.enter(caller, patientId, 'Patient', 'u');
      this.#needVersion(head, expected);
      const { resource, screening } = await this.parts.vault.unlock<Patient>(head);
      const current = { resource: resource as Patient, screening: screening as ScreeningResult };
      return this.#replace(caller, head, expected, change(current));
    });
  }

  #needVersion(head: PhiItem, expected: number | '*'): Head {
    const current = this.parts.vault.read(head);
    needVersion(expected, current.version);
    return current;
  }

  async #replace(
    caller: Caller,
    head: PhiItem,
    expected: number | '*',
    { resource, screening }: Screened<Patient>,
  ): Promise<Versioned<Patient>> {
    const { vault, index } = this.parts;
    const current = this.#needVersion(head, expected);
    const { patientId } = current;
    const version = current.version + 1;
    const updatedAt = new Date().toISOString();
    await this.parts.indexRoots.recent();
    const partitions = partitionsAfter(head, index.partitionsOf(resource));
    const { item, messageSha256 } = await vault.lock({
      patientId,
      id: patientId,
      recordType: profile,
      version,
      createdAt: current.createdAt,
      updatedAt,
      resource,
      screening,
      clear: { restricted: isRestricted(resource), partitions },
    });
    const entity = { type: 'Patient', id: patientId, version, messageSha256 };
    await this.#commit(
      [
        replaceHead(head, item),
        vault.keepVersion(head),
        ...indexChanges(head, partitions, patientId),
        ...queueIfDegraded(patientId, [screening]),
      ],
      event(caller, 'patient-update', { patientId, entities: [entity], screened: [screening] }),
    );
    return { id: patientId, version, createdAt: current.createdAt, updatedAt, resource, screening };
  }

  /** Deletes logically: the versions stay, the identifiers are free again. */
  async remove(caller: Caller, patientId: string, expected: number | '*'): Promise<void> {
    return unlessMoved(() => this.#remove(caller, patientId, expected));
  }

  async #remove(caller: Caller, patientId: string, expected: number | '*'): Promise<void> {
    const { vault } = this.parts;
    const { head } = await this.parts.gate.enter(caller, patientId, 'Patient', 'd');
    const current = this.#needVersion(head, expected);
    const version = current.version + 1;
    const partitions = partitionsAfter(head, []);
    const item = vault.tombstone(
      { ...current, version, updatedAt: new Date().toISOString() },
      { restricted: head.attributes['restricted'] === true, partitions },
    );
    const entity = { type: 'Patient', id: patientId, version };
    await this.#commit(
      [
        replaceHead(head, item),
        vault.keepVersion(head),
        ...indexChanges(head, partitions, patientId),
        { type: 'delete', key: keys.listed(patientId, current.createdAt) },
      ],
      event(caller, 'patient-delete', { patientId, entities: [entity] }),
    );
  }

  /** Every version that was, newest first; also of a deleted patient. @param before position of the page before */
  async history(
    caller: Caller,
    patientId: string,
    before: number | undefined,
    limit: number,
  ): Promise<Page<Versioned<Patient>>> {
    const options = { deletedToo: true };
    const { head, acting } = await this.parts.gate.enter(caller, patientId, 'Patient', 'r', options);
    const page = await versionsBefore<Patient>(this.parts, head, profile, before, limit);
    const entity = { type: 'Patient', id: patientId };
    await this.parts.audit.append([
      event(acting(['Patient']), 'patient-read', {
        patientId,
        entities: [entity],
        count: page.items.length,
      }),
    ]);
    return page;
  }

  /** @param permission `c` for the answer to a repeated create: it shows no more than the first one did */
  async version(
    caller: Caller,
    patientId: string,
    version: number,
    permission: 'r' | 'c' = 'r',
  ): Promise<Versioned<Patient>> {
    const key = keys.version(patientId, profile, version);
    const { gate, vault, audit } = this.parts;
    const options = { others: [key], deletedToo: true };
    const { head, others, acting } = await gate.enter(caller, patientId, 'Patient', permission, options);
    const item = head.attributes['version'] === version ? head : others[0];
    if (item === undefined) throw new Problem(problemTypes.notFound);
    const found = await vault.unlock<Patient>(item);
    const entity = { type: 'Patient', id: patientId, version };
    await audit.append([event(acting(['Patient']), 'patient-read', { patientId, entities: [entity] })]);
    return found;
  }

  /** @throws Problem for the first condition that failed */
  async #commit(
    writes: TableWrite[],
    written: ReturnType<typeof event>,
    idempotency?: Idempotency,
  ): Promise<void> {
    try {
      await this.parts.audit.transactWrite(writes, [written]);
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
      const failed = error.failed.map((position) => writes[position]);
      if (failed.includes(writes[0])) throw new Problem(problemTypes.preconditionFailed, { cause: error });
      const remembered = writes.length - (idempotency?.tokens.length ?? 0);
      if (error.failed.some((position) => position >= remembered)) {
        throw new Problem(problemTypes.concurrentWrite, { cause: error });
      }
      throw new Problem(problemTypes.identifierTaken, { cause: error });
    }
  }
}
