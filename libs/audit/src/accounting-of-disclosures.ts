import type { AuditAgent, AuditEventType, StoredAuditEvent } from './audit-event.js';
import type { AuditRow } from './audit-item.js';
import type { AuditReader } from './audit-reader.js';
import { renderings } from './fhir-codes.js';
import { type PurposeCategory, purposesOfUse } from './purposes-of-use.js';

/** What an access was, as an accounting sees it. */
export type AccessCategory = PurposeCategory | 'not-stated' | 'individual' | 'change';

/**
 * One entry of an accounting.
 * @see 45 CFR 164.528(b)(2): date, recipient, what was disclosed, purpose
 */
export interface Disclosure {
  /** The event that tells it. */
  eventId: string;
  /** ISO 8601 in UTC. */
  date: string;
  /** Who received it. */
  recipient: Pick<AuditAgent, 'issuer' | 'subject' | 'clientId'>;
  type: AuditEventType;
  /** What was disclosed, in words; the content itself is in no event. */
  description: string;
  /** The documents, as far as the event names them. */
  documents: { type: string; id: string; version?: number }[];
  category: AccessCategory;
  /** As the recipient stated it, absent when nothing was stated. */
  purpose?: { code: string; display: string };
}

export interface AccountingRequest {
  patientId: string;
  /** ISO 8601 in UTC with milliseconds; `from` inclusive, `to` exclusive. */
  from: string;
  to: string;
  /** Every access and change, instead of what the law requires alone. */
  everyAccess: boolean;
}

/** Events in which what is kept of a patient left the service. */
const disclosing: ReadonlySet<AuditEventType> = new Set<AuditEventType>([
  'patient-read',
  'patient-query',
  'record-read',
  'record-query',
  'care-team-read',
  'export',
  // A reason may say something of the patient, and a reviewer of another office is shown it.
  'emergency-access-read',
]);

/** Events in which it changed, or who may see it. */
const changing: ReadonlySet<AuditEventType> = new Set<AuditEventType>([
  'patient-create',
  'patient-update',
  'patient-delete',
  'patient-erase',
  'record-create',
  'record-update',
  'record-delete',
  'record-re-encrypt',
  'record-rescreen',
  'care-team-update',
  'emergency-access',
  'emergency-access-review',
]);

/**
 * The accounting of disclosures of one patient, newest first (45 CFR 164.528(a)). Left out are treatment, payment and health care
 * operations ((a)(1)(i)) and the individual's own access ((a)(1)(ii)). An access whose purpose nobody stated is not known to be
 * any of these, so it is listed. Refusals disclosed nothing. Other exceptions, such as an authorization, are not known here.
 * @param after `next` of the page before
 * @returns a page that may be short although more follow
 */
export async function accountingOf(
  reader: AuditReader,
  request: AccountingRequest,
  limit: number,
  after?: string,
): Promise<{ items: Disclosure[]; next?: string }> {
  const { everyAccess, ...scope } = request;
  const wanted = ({ event }: AuditRow) => {
    const category = categoryOf(event);
    return category !== undefined && (everyAccess || isAccountable(category));
  };
  const { items, next } = await reader.select(scope, wanted, limit, after);
  return {
    items: items.map(({ event }) => disclosureOf(event)),
    ...(next === undefined ? {} : { next }),
  };
}

const isAccountable = (category: AccessCategory) => category === 'other' || category === 'not-stated';

/** @returns undefined for an event that neither disclosed nor changed anything */
function categoryOf({ type, outcome, origin }: StoredAuditEvent): AccessCategory | undefined {
  if (outcome !== '0' || origin.agent === undefined) return undefined;
  if (changing.has(type)) return 'change';
  if (!disclosing.has(type)) return undefined;
  if (isIndividual(origin.agent)) return 'individual';
  const purpose = origin.purposeOfUse;
  return purpose === undefined ? 'not-stated' : (purposesOfUse.get(purpose)?.category ?? 'other');
}

/**
 * Tokens of patients, and of those who act for them, hold scopes of the level `patient/` and of no other: such a token reaches its own
 * patient alone.
 */
function isIndividual({ scopes }: AuditAgent): boolean {
  const holds = (level: string) => scopes.some((scope) => scope.startsWith(level));
  return holds('patient/') && !holds('user/') && !holds('system/') && !holds('phi/');
}

function disclosureOf(event: StoredAuditEvent): Disclosure {
  const { origin, type, entities = [] } = event;
  const { issuer, subject, clientId } = origin.agent as AuditAgent;
  const code = origin.purposeOfUse;
  return {
    eventId: event.id,
    date: event.recordedAt,
    recipient: { issuer, subject, clientId },
    type,
    description: renderings[type].display,
    documents: entities.map(({ type: documentType, id, version }) => ({
      type: documentType,
      id,
      ...(version === undefined ? {} : { version }),
    })),
    category: categoryOf(event) as AccessCategory,
    ...(code === undefined ? {} : { purpose: { code, display: purposesOfUse.get(code)?.display ?? code } }),
  };
}
