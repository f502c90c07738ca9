import { type AuditEvent, type AuditEventType, findingCounts } from '@app/audit';
import type { Caller, ScreeningResult } from './caller.js';

type Details = Omit<AuditEvent, 'type' | 'outcome' | 'origin' | 'screening' | 'degraded'>;

/**
 * @param details `screened` is what screening did to the documents that are written
 * @returns the event of something that `caller` did with success
 */
export function event(
  caller: Caller,
  type: AuditEventType,
  { screened = [], ...details }: Details & { screened?: readonly ScreeningResult[] },
): AuditEvent {
  return { type, outcome: '0', origin: caller.origin, ...details, ...screeningDetails(screened) };
}

/** @returns what an event says of screening: types and counts alone, never where or what */
export function screeningDetails(
  screened: readonly ScreeningResult[],
): Pick<AuditEvent, 'screening' | 'degraded'> {
  const findings = screened.flatMap((result) => result.findings);
  return {
    ...(findings.length === 0 ? {} : { screening: findingCounts(findings) }),
    ...(screened.some(({ degraded }) => degraded) ? { degraded: true } : {}),
  };
}
