import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { subjectToken } from '@app/authentication';
import { LmdbPhiTable, type PhiTable } from '@app/phi-table';
import type { AuditEvent, AuditOutcome, StoredAuditEvent } from '../audit-event.js';
import { auditKeys, auditRow } from '../audit-item.js';
import { AuditTrail } from '../audit-trail.js';
import { LocalCheckpointSigner } from '../local-checkpoint-signer.js';
import { type MassRead, MassReadWatch, type MassReadWatchOptions } from './mass-read-watch.js';

export const minute = 60_000;
export const hour = 60 * minute;
/** The beginning of this clock hour: the store lets go of what has expired by its own clock. */
const thisHour = Date.now() - (Date.now() % hour);

export const agentOf = (subject: string) => ({
  issuer: 'https://issuer.localhost',
  subject,
  clientId: 'app',
  scopes: ['user/*.rs'],
});
export const tokenOf = (subject: string) => subjectToken(agentOf(subject));

export const patients = (count: number): string[] => Array.from({ length: count }, () => randomUUID());

export function eventOf(
  type: AuditEvent['type'],
  subject: string,
  patientId: string,
  outcome: AuditOutcome = '0',
): AuditEvent {
  const origin = { agent: agentOf(subject), networkAddress: '127.0.0.1', requestId: randomUUID() };
  return { type, outcome, origin, patientId };
}

/** A trail of one instance, the watch over it, and what the watch said. */
export interface Instance {
  trail: AuditTrail;
  watch: MassReadWatch;
  found: MassRead[];
  problems: unknown[];
  /** The subject reads of each of the patients, one event each, and the watch has looked at it. */
  reads(subject: string, patientIds: readonly string[]): Promise<void>;
}

/** Any number of instances on one store, at a time that the test sets. */
export class WatchedTrails {
  now = thisHour;
  readonly table: PhiTable;
  readonly #folder = mkdtempSync(join(tmpdir(), 'phi-watch-'));
  readonly #signer = LocalCheckpointSigner.open(join(this.#folder, 'key'));
  readonly #instances: Instance[] = [];

  /** @param table an LMDB file of its own unless given */
  constructor(table?: PhiTable) {
    this.table = table ?? LmdbPhiTable.open({ path: join(this.#folder, 'records.lmdb') });
  }

  instance(options: Partial<MassReadWatchOptions> = {}): Instance {
    const table = options.table ?? this.table;
    const clock = () => this.now;
    const trail = new AuditTrail({ table, signer: this.#signer, instance: randomUUID(), clock });
    const found: MassRead[] = [];
    const problems: unknown[] = [];
    const watch = new MassReadWatch({
      table,
      trail,
      patientsPerHour: 50,
      multiple: 5,
      clock,
      onMassRead: (massRead) => found.push(massRead),
      onProblem: (error) => problems.push(error),
      ...options,
    });
    trail.observe(watch.observe);
    const reads = async (subject: string, patientIds: readonly string[]) => {
      await trail.append(patientIds.map((id) => eventOf('patient-read', subject, id)));
      await watch.settled();
    };
    const instance = { trail, watch, found, problems, reads };
    this.#instances.push(instance);
    return instance;
  }

  /** Lets time pass; every instance looks around each minute. */
  async pass(milliseconds: number): Promise<void> {
    for (const end = this.now + milliseconds; this.now < end;) {
      this.now = Math.min(end, this.now + minute);
      for (const { watch } of this.#instances) await watch.tick();
    }
  }

  /** @returns the mass reads that stand in the trail of the subject, oldest first */
  async reported(subject: string): Promise<StoredAuditEvent[]> {
    const partition = auditKeys.agentPartition(agentOf(subject));
    const events: StoredAuditEvent[] = [];
    let after: string | undefined;
    do {
      const query = { table: 'audit', partition, index: 'agent', limit: 1000 } as const;
      const page = await this.table.query(after === undefined ? query : { ...query, after });
      events.push(...page.items.map((item) => auditRow(item).event));
      after = page.next;
    } while (after !== undefined);
    return events
      .filter(({ type }) => type === 'mass-read')
      .sort((a, b) => a.recordedAt.localeCompare(b.recordedAt) || (a.count ?? 0) - (b.count ?? 0));
  }

  async close(): Promise<void> {
    for (const { watch, trail } of this.#instances) {
      await watch.close();
      await trail.close();
    }
    await this.table.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
