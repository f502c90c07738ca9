import { type AuditEventType, type AuditTrail } from '@app/audit';
import { type PatientKeyStore } from '@app/encryption';
import { ConditionFailed, type PhiItem, type PhiTable, type TableWrite } from '@app/phi-table';
import { Problem, problemTypes } from '@app/problem-details';
import type { Caller, Idempotency, Page, Replay, ScreeningResult, Versioned } from './caller.js';
import { type CareTeams } from './care-teams.js';
import { type DocumentVault, type Head } from './document-vault.js';
import { event } from './events.js';
import { type IdempotentRequests } from './idempotent-requests.js';
import { keys, profile } from './keys.js';
import { isRestricted, type Patient } from './patient.js';
import { type PatientGate } from './patient-gate.js';
import { type PatientIndex } from './patient-index.js';

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
      ...(idempotency === undefined ? [] : [idempotent.remember(idempotency, patientId, [patientId])]),
    ];
    const entity = { type: 'Patient', id: patientId, version: 1, messageSha256 };
    const created = event(caller, 'patient-create', {
      patientId,
      entities: [entity],
      findings: screening.findings,
    });
    await this.#commit(writes, created, idempotency);
    return { id: patientId, version: 1, createdAt: now, updatedAt: now, resource, screening };
  }

  /** @returns what an idempotent create made before, or `undefined` when it is new */
  async replayOf(idempotency: Idempotency): Promise<Replay | undefined> {
    return this.parts.idempotent.find(idempotency);
  }

  /** @throws Problem `not-found`, `gone`, `integrity-failure`, `audit-unavailable` */
  async read(
    caller: Caller,
    patientId: string,
    type: AuditEventType = 'patient-read',
  ): Promise<Versioned<Patient>> {
    const { head } = await this.parts.gate.enter(caller, patientId, 'Patient', 'r');
    const patient = await this.parts.vault.unlock<Patient>(head);
    const entity = { type: 'Patient', id: patientId, version: patient.version };
    await this.parts.audit.append([event(caller, type, { patientId, entities: [entity] })]);
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
    const { head } = await this.parts.gate.enter(caller, patientId, 'Patient', 'u');
    return this.#replace(caller, head, expected, next);
  }

  /** Replaces the document by what `change` makes of the current one; the event of the write covers both. */
  async change(
    caller: Caller,
    patientId: string,
    expected: number | '*',
    change: (current: Screened<Patient>) => Screened<Patient>,
  ): Promise<Versioned<Patient>> {
    const { head } = await this.parts.gate.enter(caller, patientId, 'Patient', 'u');
    this.#needVersion(head, expected);
    const { resource, screening } = await this.parts.vault.unlock<Patient>(head);
    const current = { resource: resource as Patient, screening: screening as ScreeningResult };
    return this.#replace(caller, head, expected, change(current));
  }

  #needVersion(head: PhiItem, expected: number | '*'): Head {
    const current = this.parts.vault.read(head);
    if (expected !== '*' && expected !== current.version) throw new Problem(problemTypes.preconditionFailed);
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
    const partitions = index.partitionsOf(resource);
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
      [this.#replaceHead(head, item), vault.keepVersion(head), ...indexChanges(head, partitions, patientId)],
      event(caller, 'patient-update', { patientId, entities: [entity], findings: screening.findings }),
    );
    return { id: patientId, version, createdAt: current.createdAt, updatedAt, resource, screening };
  }

  /** Deletes logically: the versions stay, the identifiers are free again. */
  async remove(caller: Caller, patientId: string, expected: number | '*'): Promise<void> {
    const { vault } = this.parts;
    const { head } = await this.parts.gate.enter(caller, patientId, 'Patient', 'd');
    const current = this.#needVersion(head, expected);
    const version = current.version + 1;
    const item = vault.tombstone(
      { ...current, version, updatedAt: new Date().toISOString() },
      { restricted: head.attributes['restricted'] === true, partitions: [] },
    );
    const entity = { type: 'Patient', id: patientId, version };
    await this.#commit(
      [
        this.#replaceHead(head, item),
        vault.keepVersion(head),
        ...indexChanges(head, [], patientId),
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
    const { head } = await this.parts.gate.enter(caller, patientId, 'Patient', 'r', [], true);
    const page = await versionsBefore<Patient>(this.parts, head, profile, before, limit);
    const entity = { type: 'Patient', id: patientId };
    await this.parts.audit.append([
      event(caller, 'patient-read', { patientId, entities: [entity], count: page.items.length }),
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
    const { head, others } = await this.parts.gate.enter(
      caller,
      patientId,
      'Patient',
      permission,
      [key],
      true,
    );
    const item = head.attributes['version'] === version ? head : others[0];
    if (item === undefined) throw new Problem(problemTypes.notFound);
    const found = await this.parts.vault.unlock<Patient>(item);
    const entity = { type: 'Patient', id: patientId, version };
    await this.parts.audit.append([event(caller, 'patient-read', { patientId, entities: [entity] })]);
    return found;
  }

  #replaceHead(head: PhiItem, item: PhiItem): TableWrite {
    const value = head.attributes['version'] as number;
    return { type: 'put', item, condition: { type: 'equals', attribute: 'version', value } };
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
      if (idempotency !== undefined && failed.includes(writes.at(-1))) {
        throw new Problem(problemTypes.concurrentWrite, { cause: error });
      }
      throw new Problem(problemTypes.identifierTaken, { cause: error });
    }
  }
}

/** @returns versions of a document, newest first, starting below `before` or at the head */
export async function versionsBefore<T>(
  { table, vault }: { table: PhiTable; vault: DocumentVault },
  head: PhiItem,
  id: string,
  before: number | undefined,
  limit: number,
): Promise<Page<Versioned<T>>> {
  const rows = before === undefined ? [head] : [];
  // Bounded by the head that was read: one superseded since is a row by now, and would show up twice.
  const bound = before ?? (head.attributes['version'] as number);
  if (rows.length < limit && bound > 1) {
    const page = await table.query({
      table: 'records',
      partition: head.partition,
      prefix: keys.versionPrefix(id),
      from: keys.versionBelow(id, bound),
      descending: true,
      limit: limit - rows.length,
    });
    rows.push(...page.items);
  }
  const items = await Promise.all(withinAnswer(rows).map((row) => vault.unlock<T>(row)));
  const last = items.at(-1)?.version ?? 1;
  return { items, ...(last > 1 && items.length > 0 ? { next: String(last) } : {}) };
}

/** API Gateway ends an answer at 10 MB; JSON and its escapes need room. Bytes of ciphertext. */
const answerAtMost = 4 * 1024 * 1024;

/** @returns the first rows that fit in one answer, one at least */
export function withinAnswer(rows: PhiItem[]): PhiItem[] {
  let bytes = 0;
  const end = rows.findIndex((row, position) => {
    const message = row.attributes['message'];
    bytes += message instanceof Uint8Array ? message.length : 0;
    return position > 0 && bytes > answerAtMost;
  });
  return end === -1 ? rows : rows.slice(0, end);
}

function putIndexRow(partition: string, patientId: string): TableWrite {
  if (partition.startsWith('UNIQUE#')) {
    return {
      type: 'put',
      item: { ...keys.unique(partition), attributes: { patientId } },
      condition: { type: 'absent' },
    };
  }
  return { type: 'put', item: { ...keys.index(partition, patientId), attributes: { patientId } } };
}

/** @returns the writes that bring the index rows from what the head lists to `partitions` */
function indexChanges(head: PhiItem, partitions: string[], patientId: string): TableWrite[] {
  const before = new Set(head.attributes['partitions'] as string[]);
  const after = new Set(partitions);
  const removed = [...before].filter((partition) => !after.has(partition));
  const added = [...after].filter((partition) => !before.has(partition));
  return [
    ...removed.map((partition): TableWrite => {
      const unique = partition.startsWith('UNIQUE#');
      return { type: 'delete', key: unique ? keys.unique(partition) : keys.index(partition, patientId) };
    }),
    ...added.map((partition) => putIndexRow(partition, patientId)),
  ];
}
