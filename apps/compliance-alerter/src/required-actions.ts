import type { DataClass } from '@app/compliance-score';
import type { Concern } from '../../../compliance/hipaa-rules.js';
import type { Severity } from './alert-input.js';

/** Something that somebody has to do, and until when. */
export interface RequiredAction {
  what: string;
  /** ISO 8601, UTC. */
  until: string;
}

const HOUR_MS = 3_600_000;
const investigateWithinHours = 1;
const logWithinHours = 24;
/** By severity: the longer an opening stands, the likelier somebody finds it. */
const mendWithinHours: Record<Severity, number> = { CRITICAL: 4, HIGH: 24, MEDIUM: 7 * 24, INFO: 30 * 24 };
/** 45 CFR 164.404(b): without unreasonable delay and in no case later than 60 calendar days after discovery. */
const breachNoticeWithinHours = 60 * 24;

/** @returns what is to be done about a resource that breaks a rule, in order; deadlines count from when Config found it */
export function actionsOnViolation(
  detectedAt: Date,
  severity: Severity,
  concern: Concern,
  dataClass: DataClass,
): RequiredAction[] {
  const mend =
    concern === 'encryption'
      ? dataClass === 'PHI'
        ? 'Encrypt it under a customer-managed key: it holds PHI'
        : 'Find out whether it holds PHI; if so, encrypt it under a customer-managed key'
      : 'Make it compliant again, or have the privacy officer accept the risk in writing';
  return [
    due(detectedAt, investigateWithinHours, 'Investigate: who changed it, and what could be reached'),
    due(detectedAt, mendWithinHours[severity], mend),
    ...incident(detectedAt),
  ];
}

/** @returns the same for a threat or a finding */
export const actionsOnThreat = (detectedAt: Date, severity: Severity): RequiredAction[] => [
  due(detectedAt, investigateWithinHours, 'Investigate: was it one of you, was it meant, what was reached'),
  due(detectedAt, mendWithinHours[severity], 'If it was not meant: take it back, and revoke who did it'),
  ...incident(detectedAt),
];

/** 45 CFR 164.308(a)(6)(ii): respond, mitigate, and document the incident and its outcome. */
const incident = (detectedAt: Date): RequiredAction[] => [
  due(detectedAt, logWithinHours, 'Write it into the incident log, with what was done'),
  due(detectedAt, logWithinHours, 'If exposure is confirmed: notify the compliance officer'),
  due(
    detectedAt,
    breachNoticeWithinHours,
    'If it is a breach: individuals are notified at the latest by then (45 CFR 164.404)',
  ),
];

const due = (from: Date, hours: number, what: string): RequiredAction => ({
  what,
  until: new Date(from.getTime() + hours * HOUR_MS).toISOString(),
});
