import { createHash } from 'node:crypto';
import { LocalIssuer, subjectToken } from '@app/authentication';
import { normalizeText } from '@app/encryption';
import { type PhiItem, type PhiKey } from '@app/phi-table';
import { type Platform } from '@app/platform';
import { type AuditRow, readAuditRows } from './audit-rows.js';
import { type Intent, mrnSystem } from './write-mix.js';

/** Every trace that a write leaves, by name, and whether it is there. */
export type Traces = Record<string, boolean>;

export const isWhole = (traces: Traces) => Object.values(traces).every(Boolean);
export const isNone = (traces: Traces) => !Object.values(traces).some(Boolean);

/** Looks for what writes left in the tables themselves, past the service. */
export class StoredTraces {
  readonly #events = new Map<string, AuditRow[]>();
  readonly rows: AuditRow[];

  private constructor(
    private readonly platform: Platform,
    private readonly subject: string,
    rows: AuditRow[],
  ) {
    this.rows = rows;
    for (const row of rows) {
      for (const { id } of row.event.entities ?? []) {
        const name = `${row.event.type} ${id}`;
        this.#events.set(name, [...(this.#events.get(name) ?? []), row]);
      }
    }
  }

  /** @param subject of the token that the writes were made with */
  static async read(platform: Platform, subject: string): Promise<StoredTraces> {
    return new StoredTraces(platform, subject, await readAuditRows(platform.table));
  }

  async of(intent: Intent): Promise<Traces> {
    switch (intent.kind) {
      case 'create-patient':
        return this.#newPatient(intent.patientId, intent.mrn);
      case 'post-patient':
        return this.#postedPatient(intent.idempotencyKey, intent.mrn);
      case 'create-records': {
        const each = await Promise.all(intent.recordIds.map((id) => this.#newRecord(intent.patientId, id)));
        return Object.fromEntries(
          each.flatMap((traces, n) => Object.entries(traces).map(([name, there]) => [`${n} ${name}`, there])),
        );
      }
      case 'update-patient':
        return this.#changedPatient(intent.patientId, intent.mrn, intent.mrnBefore);
      case 'update-record':
        return this.#changed(
          intent.patientId,
          `RECORD#${intent.recordId}`,
          `VERSION#${intent.recordId}#0000000001`,
          `record-update ${intent.recordId}`,
        );
    }
  }

  /** @returns the id that the service gave, if the write was made */
  async idBehind(idempotencyKey: string): Promise<string | undefined> {
    const { issuer } = LocalIssuer;
    const name = [issuer, 'phi-development', this.subject, 'POST /v1/patients', idempotencyKey];
    const partition = `IDEMPOTENCY#${this.platform.requestHash.hash(name)}`;
    const row = await this.platform.table.get({ table: 'records', partition, sort: '-' });
    return row?.attributes['patientId'] as string | undefined;
  }

  async #postedPatient(idempotencyKey: string, mrn: string): Promise<Traces> {
    const id = await this.idBehind(idempotencyKey);
    if (id === undefined) return { idempotency: false, identifier: await this.#hasIdentifier(mrn) };
    return { idempotency: true, ...(await this.#newPatient(id, mrn)) };
  }

  async #newPatient(patientId: string, mrn: string): Promise<Traces> {
    const head = await this.#row(patientId, 'PROFILE');
    const superseded = await this.#row(patientId, 'VERSION#PROFILE#0000000001');
    const member = `TEAM#${subjectToken({ issuer: LocalIssuer.issuer, subject: this.subject })}`;
    return {
      head: head !== undefined,
      event: this.#recorded(`patient-create ${patientId}`, 1, superseded ?? head),
      team: (await this.#row(patientId, 'TEAM')) !== undefined,
      member: (await this.#row(patientId, member)) !== undefined,
      listed: await this.#isListed(patientId, head),
      // A later version may have given it up.
      identifier: superseded !== undefined || (await this.#hasIdentifier(mrn)),
      'every index row': head !== undefined && (await this.#hasIndexRows(patientId, head)),
    };
  }

  async #newRecord(patientId: string, recordId: string): Promise<Traces> {
    const head = await this.#row(patientId, `RECORD#${recordId}`);
    const version = await this.#row(patientId, `VERSION#${recordId}#0000000001`);
    return {
      head: head !== undefined,
      event: this.#recorded(`record-create ${recordId}`, 1, version ?? head),
      'index by time': await this.#isIndexed(patientId, recordId, 'recordedAt'),
      'index by type': await this.#isIndexed(patientId, recordId, 'typeRecordedAt'),
    };
  }

  async #changedPatient(patientId: string, mrn: string, mrnBefore: string): Promise<Traces> {
    const head = await this.#row(patientId, 'PROFILE');
    return {
      ...(await this.#changed(
        patientId,
        'PROFILE',
        'VERSION#PROFILE#0000000001',
        `patient-update ${patientId}`,
      )),
      'new identifier': await this.#hasIdentifier(mrn),
      'old identifier gone': !(await this.#hasIdentifier(mrnBefore)),
      'index rows of the new identifier':
        head !== undefined &&
        (head.attributes['partitions'] as string[]).includes(this.#identifierPartition(mrn)) &&
        (await this.#hasIndexRows(patientId, head)),
    };
  }

  async #changed(patientId: string, sort: string, versionSort: string, event: string): Promise<Traces> {
    const head = await this.#row(patientId, sort);
    return {
      head: head?.attributes['version'] === 2,
      event: this.#recorded(event, 2, head),
      'superseded version': (await this.#row(patientId, versionSort)) !== undefined,
    };
  }

  /** An event that names the version, and by its hash the very message that is stored. */
  #recorded(name: string, version: number, row: PhiItem | undefined): boolean {
    const events = this.#events.get(name) ?? [];
    const message = row?.attributes['message'];
    const digest =
      message instanceof Uint8Array ? createHash('sha256').update(message).digest('base64') : undefined;
    const entities = events.flatMap(({ event }) => event.entities ?? []);
    return entities.some((entity) => entity.version === version && entity.messageSha256 === digest);
  }

  #row(patientId: string, sort: string): Promise<PhiItem | undefined> {
    return this.#get({ partition: `PATIENT#${patientId}`, sort });
  }

  #get(key: Omit<PhiKey, 'table'>): Promise<PhiItem | undefined> {
    return this.platform.table.get({ table: 'records', ...key });
  }

  #identifierPartition(mrn: string): string {
    const { blindIndex } = this.platform;
    const token = blindIndex.token('identifier', [mrnSystem, normalizeText(mrn)], 128);
    return `UNIQUE#${blindIndex.activeVersion}#${token}`;
  }

  async #hasIdentifier(mrn: string): Promise<boolean> {
    return (await this.#get({ partition: this.#identifierPartition(mrn), sort: '-' })) !== undefined;
  }

  async #hasIndexRows(patientId: string, head: PhiItem): Promise<boolean> {
    const partitions = head.attributes['partitions'] as string[];
    const rows = await Promise.all(
      partitions.map((partition) =>
        this.#get({ partition, sort: partition.startsWith('UNIQUE#') ? '-' : `PATIENT#${patientId}` }),
      ),
    );
    return partitions.length > 0 && rows.every((row) => row?.attributes['patientId'] === patientId);
  }

  async #isListed(patientId: string, head: PhiItem | undefined): Promise<boolean> {
    if (head === undefined) return false;
    const shard = Number.parseInt(patientId.slice(0, 2), 16) % 16;
    const sort = `${head.attributes['createdAt'] as string}#${patientId}`;
    return (await this.#get({ partition: `PATIENTS#${shard}`, sort })) !== undefined;
  }

  async #isIndexed(patientId: string, recordId: string, index: 'recordedAt' | 'typeRecordedAt') {
    const page = await this.platform.table.query({
      table: 'records',
      partition: `PATIENT#${patientId}`,
      index,
      limit: 1000,
    });
    return page.items.some(({ sort }) => sort === `RECORD#${recordId}`);
  }
}
