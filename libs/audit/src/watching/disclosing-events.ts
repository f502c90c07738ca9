import { subjectToken } from '@app/authentication';
import type { PhiTable } from '@app/phi-table';
import type { AuditAgent, AuditEventType, StoredAuditEvent } from '../audit-event.js';
import { auditKeys, auditRow } from '../audit-item.js';

/**
 * What shows an agent something of a patient. A change of a patient is among them, because its answer holds the whole document
 * and an empty merge patch would be a read; making one is not, because it shows nothing that was not sent.
 */
const disclosing: ReadonlySet<AuditEventType> = new Set([
  'patient-read',
  'patient-query',
  'patient-update',
  'record-read',
  'record-query',
  'care-team-read',
  'export',
]);

export interface Disclosure {
  agent: AuditAgent;
  /** The agent's name in keys, logs and metrics: a hash. */
  token: string;
  patientId: string;
}

/** @returns whose data the event showed to whom, if it did */
export function disclosureOf({ type, outcome, origin, patientId }: StoredAuditEvent): Disclosure | undefined {
  const { agent } = origin;
  if (outcome !== '0' || agent === undefined || patientId === undefined || !disclosing.has(type))
    return undefined;
  return { agent, token: subjectToken(agent), patientId };
}

const pageSize = 500;
/** An agent with more is above any limit that makes sense, and each costs a read. */
const eventsAtMost = 5_000;

/**
 * Asks the trail itself, so that an agent who reads through several instances is seen as one.
 * @param from,to milliseconds since the epoch; `to` is exclusive, and left out is the end of the trail
 * @returns how many distinct patients the agent has read of, as far as his newest 5,000 events of that time tell
 * @throws TableUnavailable
 */
export async function patientsInTrail(
  table: PhiTable,
  agent: AuditAgent,
  from: number,
  to?: number,
): Promise<number> {
  const earliest = new Date(from).toISOString();
  const query = {
    table: 'audit',
    partition: auditKeys.agentPartition(agent),
    index: 'agent',
    // Places begin with the time and go on with the id: this is before all of `to`.
    ...(to === undefined ? {} : { from: new Date(to).toISOString() }),
    descending: true,
    limit: pageSize,
  } as const;
  const patients = new Set<string>();
  let after: string | undefined;
  for (let seen = 0; seen < eventsAtMost; seen += pageSize) {
    const page = await table.query(after === undefined ? query : { ...query, after });
    for (const item of page.items) {
      const { event } = auditRow(item);
      if (event.recordedAt < earliest) return patients.size;
      const disclosed = disclosureOf(event);
      if (disclosed !== undefined) patients.add(disclosed.patientId);
    }
    after = page.next;
    if (after === undefined) break;
  }
  return patients.size;
}
