import { type AuditTrail } from '@app/audit';
import { type Level } from '@app/authorization';
import { type IndexRoots } from '@app/encryption';
import { type PhiItem, type PhiKey, type PhiTable } from '@app/phi-table';
import { invalidField, Problem, problemTypes } from '@app/problem-details';
import type { Caller, Page, Versioned } from './caller.js';
import { type DocumentVault } from './document-vault.js';
import { event } from './events.js';
import { keys, listShards } from './keys.js';
import { isRestricted, type Patient } from './patient.js';
import { atRestricted, membershipKey, type PatientGate } from './patient-gate.js';
import { type PatientIndex, type PatientQuery } from './patient-index.js';

interface PatientDirectoryParts {
  table: PhiTable;
  audit: AuditTrail;
  vault: DocumentVault;
  gate: PatientGate;
  index: PatientIndex;
  indexRoots: IndexRoots;
}

/** A place in a list that is spread over several partitions. */
interface Position {
  partition: number;
  /** Sort key of the last row. It means the same in the index under another root: rows there stand in order of ids. */
  last?: string;
}

/** Finding patients: by blind index, and as a list. A page may be short, never wrong. */
export class PatientDirectory {
  constructor(private readonly parts: PatientDirectoryParts) {}

  /**
   * Exact match after normalization. A patient that the caller's scopes do not reach is no answer.
   * One event for each patient disclosed, and one for a search that disclosed none.
   */
  async search(
    caller: Caller,
    query: PatientQuery,
    limit: number,
    position: string | undefined,
  ): Promise<Page<Versioned<Patient>>> {
    const levels = this.parts.gate.levels(caller, 'Patient', 's');
    const { ids, next } = await this.#indexed(query, limit, position);
    const patients = await this.#open(caller, levels, ids);
    const items = patients.filter(
      ({ resource }) => resource !== undefined && this.parts.index.matches(query, resource),
    );
    const fields = Object.keys('identifier' in query ? query.identifier : query);
    const asked = 'identifier' in query ? fields.map((field) => `identifier.${field}`) : fields;
    await this.#recordDisclosures(caller, items, asked);
    return { items, ...(next === undefined ? {} : { next }) };
  }

  /** Everybody who is not restricted, and with `phi/restricted` everybody, in no order that means anything; for `system/` scopes. */
  async list(caller: Caller, limit: number, position: string | undefined): Promise<Page<Versioned<Patient>>> {
    const levels = this.parts.gate.levels(caller, 'Patient', 's');
    const partitions = Array.from({ length: listShards }, (_, shard) => keys.listPartition(shard));
    const { ids, next } = await this.#candidates(partitions, limit, position);
    const items = await this.#open(caller, levels, ids);
    await this.#recordDisclosures(caller, items, []);
    return { items, ...(next === undefined ? {} : { next }) };
  }

  /** Who stands under the query's token. When another root became active meanwhile, the rows read may be gone: once more. */
  async #indexed(
    query: PatientQuery,
    limit: number,
    position: string | undefined,
  ): Promise<{ ids: string[]; next?: string }> {
    const { index, indexRoots } = this.parts;
    await indexRoots.recent();
    for (;;) {
      const { active } = indexRoots;
      const found = await this.#candidates([index.partitionFor(query)], limit, position);
      await indexRoots.recent();
      if (indexRoots.active === active) return found;
    }
  }

  /** Walks the partitions one after the other until there are `limit` ids or nothing is left. */
  async #candidates(
    partitions: string[],
    limit: number,
    position: string | undefined,
  ): Promise<{ ids: string[]; next?: string }> {
    let at: Position = position === undefined ? { partition: 0 } : (JSON.parse(position) as Position);
    const ids = new Set<string>();
    while (at.partition < partitions.length && ids.size < limit) {
      const page = await this.parts.table.query({
        table: 'records',
        partition: partitions[at.partition] as string,
        limit: limit - ids.size,
        // The least text after the last row's.
        ...(at.last === undefined ? {} : { from: `${at.last}\u0001` }),
      });
      for (const item of page.items) ids.add(item.attributes['patientId'] as string);
      const last = page.next === undefined ? undefined : page.items.at(-1)?.sort;
      at = last === undefined ? { partition: at.partition + 1 } : { ...at, last };
    }
    const done = at.partition >= partitions.length;
    return { ids: [...ids], ...(done ? {} : { next: JSON.stringify(at) }) };
  }

  async #open(caller: Caller, levels: readonly Level[], ids: string[]): Promise<Versioned<Patient>[]> {
    if (ids.length === 0) return [];
    const heads = await this.parts.table.batchGet(ids.map((id) => keys.profile(id)));
    const memberKeys = ids.map((id) => membershipKey(caller, levels, id)).filter((key) => key !== undefined);
    const members = await this.#membersByPatient(memberKeys);
    const opened = heads.map(async (head) => {
      if (head === undefined || !this.#visible(caller, levels, head, members)) return [];
      return this.#unlessErased(this.parts.vault.unlock<Patient>(head));
    });
    return (await Promise.all(opened)).flat();
  }

  /** A patient whose erasure overtakes the search is no answer, and no failure of it. */
  async #unlessErased(unlocked: Promise<Versioned<Patient>>): Promise<Versioned<Patient>[]> {
    try {
      return [await unlocked];
    } catch (error) {
      if (error instanceof Problem && error.type === problemTypes.gone) return [];
      throw error;
    }
  }

  async #membersByPatient(memberKeys: PhiKey[]): Promise<Map<string, PhiItem>> {
    const rows = memberKeys.length === 0 ? [] : await this.parts.table.batchGet(memberKeys);
    return new Map(rows.flatMap((row) => (row === undefined ? [] : [[row.partition, row]])));
  }

  /**
   * Restricted patients (HL7 confidentiality R, V) are found by members of their team alone, and by services that hold
   * `phi/restricted` beside their `system/` scope. The mark is sealed in the head: nothing is decrypted to know it.
   */
  #visible(caller: Caller, levels: readonly Level[], head: PhiItem, members: Map<string, PhiItem>): boolean {
    const { deleted } = this.parts.vault.read(head);
    if (deleted) return false;
    const hidden = head.attributes['restricted'] === true && !caller.scopes.permitsOperation('restricted');
    const finding = hidden ? levels.filter((level) => level !== 'system') : levels;
    return this.parts.gate.finds(caller, finding, head, members.get(head.partition));
  }

  async #recordDisclosures(caller: Caller, items: Versioned<Patient>[], query: string[]): Promise<void> {
    const events = items.map(({ id, version, resource }) => {
      const acting = resource !== undefined && isRestricted(resource) ? atRestricted(caller) : caller;
      const entities = [{ type: 'Patient', id, version }];
      return event(acting, 'patient-query', { patientId: id, entities, query });
    });
    await this.parts.audit.append(
      events.length > 0 ? events : [event(caller, 'patient-query', { query, count: 0 })],
    );
  }
}

/** @throws Problem `validation-failed` unless it asks for exactly one thing */
export function oneQuery(body: {
  identifier?: { system: string; value: string } | null;
  family?: string | null;
  birthDate?: string | null;
  phone?: string | null;
  email?: string | null;
}): PatientQuery {
  const { identifier, family, birthDate, phone, email } = body;
  const asked = [identifier, family ?? birthDate, phone, email].filter((part) => part != null).length;
  if (asked === 1) {
    if (identifier != null) return { identifier };
    if (phone != null) return { phone };
    if (email != null) return { email };
    if (family != null && birthDate != null) return { family, birthDate };
  }
  const detail = 'must ask for one of: identifier; family with birthDate; phone; email';
  throw invalidField('', detail);
}
