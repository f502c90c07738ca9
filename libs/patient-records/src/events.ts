import { type AuditEvent, type AuditEventType, findingCounts } from '@app/audit';
import type { Caller, ScreeningResult } from './caller.js';

type Details = Omit<AuditEvent, 'type' | 'outcome' | 'origin' | 'screening'>;

/** @returns the event of something that `caller` did with success; screening is told by types and counts alone */
export function event(
  caller: Caller,
  type: AuditEventType,
  { findings = [], ...details }: Details & { findings?: ScreeningResult['findings'] },
): AuditEvent {
  const screening = findings.length === 0 ? {} : { screening: findingCounts(findings) };
  return { type, outcome: '0', origin: caller.origin, ...details, ...screening };
}
