import { type PhiTable } from '@app/phi-table';
import type { StoredAuditEvent } from '../audit-event.js';
import { AuditReader } from '../audit-reader.js';
import { type MetEvent } from './event-index-check.js';
import { type Findings } from './findings.js';

/** An emergency access as the review queue holds it. */
export interface StoredEmergency {
  patientId: string;
  /** Absent for one that is still to be reviewed. */
  finding?: string;
}

/** What a walk over the review queue answers; the lib that owns its layout does it. */
export interface EmergencyCensus {
  /** @param ids at most 50 @returns an entry each in their order, `undefined` where there is none */
  emergencies(ids: readonly string[]): Promise<(StoredEmergency | undefined)[]>;
}

interface Told {
  patientId: string;
  finding?: string;
}

const idsAtOnce = 50;

/** Whoever broke the glass may wish that nobody reviews it: what the trail says of emergency accesses must stand in the queue. */
export class EmergencyCheck {
  readonly #told = new Map<string, Told>();

  constructor(
    private readonly table: PhiTable,
    private readonly census: EmergencyCensus,
    private readonly findings: Findings,
  ) {}

  /** @param event of any type, as the walk meets it */
  met({ type, patientId, emergencyAccess }: MetEvent): void {
    if (typeof patientId !== 'string' || typeof emergencyAccess !== 'object') return;
    const { id, finding } = (emergencyAccess ?? {}) as Record<string, unknown>;
    if (typeof id !== 'string') return;
    if (type === 'emergency-access' && !this.#told.has(id)) this.#told.set(id, { patientId });
    if (type === 'emergency-access-review' && typeof finding === 'string')
      this.#told.set(id, { patientId, finding });
  }

  /** Compares with the queue once everything was met. */
  async settle(): Promise<void> {
    const told = [...this.#told];
    for (let start = 0; start < told.length; start += idsAtOnce) {
      const some = told.slice(start, start + idsAtOnce);
      const stored = await this.census.emergencies(some.map(([id]) => id));
      for (const [position, [id, said]] of some.entries()) await this.#compare(id, said, stored[position]);
    }
  }

  async #compare(id: string, said: Told, before: StoredEmergency | undefined): Promise<void> {
    // One that is reviewed at this moment changes its place: it may be met in neither.
    const stored = before ?? (await this.census.emergencies([id]))[0];
    const { patientId, finding } = said;
    const whose = `emergency access ${id} to patient ${patientId}`;
    const named = { patientId, documentId: id };
    if (stored === undefined) {
      const message = `${whose} was removed from the review queue`;
      this.findings.add({ kind: 'record-removed', message, ...named });
    } else if (finding !== undefined && stored.finding === undefined) {
      const message = `${whose} was put back into the review queue: the trail says that it was reviewed`;
      this.findings.add({ kind: 'record-rolled-back', message, ...named });
    } else if (
      stored.patientId !== patientId ||
      (stored.finding !== finding && !(await this.#reviewedSince(id, said, stored)))
    ) {
      const message = `${whose} was altered: the trail says something else of it than the review queue`;
      this.findings.add({ kind: 'record-altered', message, ...named });
    }
  }

  /** Reviewed behind the walk. */
  async #reviewedSince(id: string, { patientId, finding }: Told, stored: StoredEmergency): Promise<boolean> {
    if (finding !== undefined) return false;
    const isReview = ({ event: { type, emergencyAccess } }: { event: StoredAuditEvent }) =>
      type === 'emergency-access-review' &&
      emergencyAccess?.id === id &&
      emergencyAccess.finding === stored.finding;
    const { items } = await new AuditReader(this.table).select({ patientId }, isReview, 1);
    return items.length > 0;
  }
}
