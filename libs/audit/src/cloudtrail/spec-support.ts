import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LmdbPhiTable } from '@app/phi-table';
import type { AuditEvent } from '../audit-event.js';
import { auditItem } from '../audit-item.js';
import { CloudTrailSource, type UnreadableFile } from './cloudtrail-source.js';
import { reconcile, type ReconciliationOptions } from './reconciliation.js';

/** A trail whose times the test sets, and the patients whom it speaks of. */
export class TrailInThePast {
  readonly #folder = mkdtempSync(join(tmpdir(), 'phi-reconcile-'));
  readonly table = LmdbPhiTable.open({ path: join(this.#folder, 'records.lmdb') });
  #sequence = 0;

  async patient(patientId: string, attributes: Record<string, boolean> = {}): Promise<void> {
    const item = {
      table: 'records',
      partition: `PATIENT#${patientId}`,
      sort: 'PROFILE',
      attributes,
    } as const;
    await this.table.transactWrite([{ type: 'put', item }]);
  }

  /** @param at milliseconds since the epoch */
  async event(at: number, event: Omit<AuditEvent, 'origin' | 'outcome'>): Promise<void> {
    const origin = { networkAddress: '10.0.0.1', requestId: randomUUID() };
    const recordedAt = new Date(at).toISOString();
    const stored = { outcome: '0', origin, ...event, id: randomUUID(), recordedAt } as const;
    this.#sequence += 1;
    const item = auditItem('CHAIN#test#1', this.#sequence, stored);
    await this.table.transactWrite([{ type: 'put', item, condition: { type: 'absent' } }]);
  }

  /** Holds these records against the trail. */
  reconcile(
    records: readonly object[],
    options: Partial<ReconciliationOptions> & { from: number; to: number },
  ) {
    const run = {
      keyArns: [],
      retentionDays: 2192,
      now: options.to + 60 * 60 * 1000,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    };
    return reconcile({ table: this.table, source: new GivenRecords(records) }, { ...run, ...options });
  }

  async remove(): Promise<void> {
    await this.table.close();
    rmSync(this.#folder, { recursive: true });
  }
}

class GivenRecords extends CloudTrailSource {
  override readonly unreadable: UnreadableFile[] = [];
  constructor(private readonly given: readonly object[]) {
    super();
  }
  override async *records(): AsyncGenerator<object> {
    yield* this.given;
  }
  override blindSpots(): string[] {
    return [];
  }
}
