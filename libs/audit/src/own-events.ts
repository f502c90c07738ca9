import { randomUUID } from 'node:crypto';
import type { AuditEvent, StoredAuditEvent } from './audit-event.js';

/**
 * @param milliseconds since the epoch, when it is recorded
 * @returns the event as it is stored. The id is a version 7 UUID (RFC 9562, section 5.7) of the same millisecond, so that an id alone leads
 *   to the day and the place where its event stands
 */
export function storedEvent(event: AuditEvent, milliseconds: number): StoredAuditEvent {
  return {
    ...event,
    id: timeOrderedUuid(milliseconds),
    recordedAt: new Date(milliseconds).toISOString(),
  };
}

/**
 * A version 7 UUID (RFC 9562, section 5.7) of a moment: such ids sort in the order of time.
 * The random digits are those of a version 4 UUID, which Node draws many at a time: the `uuid` package draws 16 bytes for each id, which
 * costs a read more than its hash.
 */
export function timeOrderedUuid(milliseconds: number): string {
  const time = milliseconds.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

/** @returns an event that no request caused: the trail keeps itself in order */
export function ownEvent(
  type: 'void' | 'chain-end' | 'clock-step',
  milliseconds: number,
  details: Pick<AuditEvent, 'count'> = {},
): StoredAuditEvent {
  // A step of the clock makes times doubtful: FHIR R4 AuditEvent.outcome 8, serious failure.
  const outcome = type === 'void' ? '4' : type === 'clock-step' ? '8' : '0';
  return storedEvent(
    { type, outcome, origin: { networkAddress: '', requestId: '' }, ...details },
    milliseconds,
  );
}
