import type { AuditEvent, AuditEventType } from '@app/audit';
import type { Caller, ScreeningResult } from './caller.js';

type Details = Omit<AuditEvent, 'type' | 'outcome' | 'origin' | 'screening'>;

/** @returns the event of something that `caller` did with success; screening is told by types and counts alone */
export function event(
  caller: Caller,
  type: AuditEventType,
  { findings = [], ...details }: Details & { findings?: ScreeningResult['findings'] },
): AuditEvent {
  const counts: Record<string, number> = {};
  for (const finding of findings) counts[finding.type] = (counts[finding.type] ?? 0) + finding.count;
  const screening = findings.length === 0 ? {} : { screening: counts };
  return { type, outcome: '0', origin: caller.origin, ...details, ...screening };
}
