import type { AuditEvent, AuditEventType } from '@app/audit';
import type { Caller, ScreeningResult } from './caller.js';

/** @returns the event of something that `caller` did with success; screening is told by types and counts alone */
export function event(
  caller: Caller,
  type: AuditEventType,
  details: Omit<AuditEvent, 'type' | 'outcome' | 'origin' | 'screening'> & { screening?: ScreeningResult },
): AuditEvent {
  const { screening, ...rest } = details;
  const counts = screeningCounts(screening);
  return {
    type,
    outcome: '0',
    origin: caller.origin,
    ...rest,
    ...(counts === undefined ? {} : { screening: counts }),
  };
}

function screeningCounts(screening: ScreeningResult | undefined): Record<string, number> | undefined {
  if (screening === undefined || screening.findings.length === 0) return undefined;
  const counts: Record<string, number> = {};
  for (const { type, count } of screening.findings) counts[type] = (counts[type] ?? 0) + count;
  return counts;
}
