import { type AuditEventType, type AuditTrail, ClockStep, type StoredAuditEvent } from '@app/audit';
import { Counters, type Metric, Timings } from '@app/observability';

const counted = [
  'AuditEvents',
  'AuthenticationRefusals',
  'AuthorizationRefusals',
  'OutOfReachAttempts',
  'RateLimitRefusals',
  'IntegrityAlarms',
  'EmergencyAccesses',
  'MassReads',
  'RestrictedReads',
  'ScreeningBlocked',
  'ScreeningAnonymized',
  'ScreeningDegraded',
  'Logins',
  'KeyDestructions',
  'ClockSteps',
  'AuditCheckpoints',
  'AuditSealFailures',
  'ChainsAbandoned',
] as const;
type Name = (typeof counted)[number];

/** Events that are a figure of their own, whatever else they say. */
const nameByType: Partial<Record<AuditEventType, Name>> = {
  'integrity-alarm': 'IntegrityAlarms',
  'emergency-access': 'EmergencyAccesses',
  'mass-read': 'MassReads',
  login: 'Logins',
  'key-destroy': 'KeyDestructions',
};

/** Of a refusal, by the problem's name in the event. */
const nameByProblem: Record<string, Name> = {
  unauthenticated: 'AuthenticationRefusals',
  'insufficient-scope': 'AuthorizationRefusals',
  'out-of-reach': 'OutOfReachAttempts',
  'too-many-requests': 'RateLimitRefusals',
  'identifier-in-text': 'ScreeningBlocked',
};

/** These say what they found in a text that is not stored. */
const textOnly: ReadonlySet<AuditEventType> = new Set(['text-detect', 'text-deidentify']);

/** Figures of the trail as this process writes it. Counts and times only: no agent, no patient. */
export class AuditMetrics {
  readonly #counters = new Counters(counted);
  readonly #appends = new Timings();

  constructor(private readonly trail: AuditTrail) {
    trail.observe((events, appendMilliseconds) => {
      for (const event of events) this.#count(event);
      this.#appends.record(appendMilliseconds);
    });
    trail.onProblem((error) =>
      this.#counters.add(error instanceof ClockStep ? 'ClockSteps' : 'AuditSealFailures'),
    );
    trail.checkpoints.onAppended(({ checkpoint }) => {
      this.#counters.add('AuditCheckpoints');
      if (checkpoint.kind === 'abandoned') this.#counters.add('ChainsAbandoned');
    });
  }

  #count(event: StoredAuditEvent): void {
    this.#counters.add('AuditEvents');
    // Asked for again while it was open, or ended: nobody broke the glass a second time.
    const step = event.emergencyAccess?.step;
    const ofType = step === 'repeated' || step === 'ended' ? undefined : nameByType[event.type];
    if (ofType !== undefined) this.#counters.add(ofType);
    const ofProblem = event.refusal && nameByProblem[event.refusal.problem];
    if (ofProblem !== undefined) this.#counters.add(ofProblem);
    if (event.outcome === '0' && event.screening !== undefined && !textOnly.has(event.type)) {
      this.#counters.add('ScreeningAnonymized');
    }
    if (event.degraded) this.#counters.add('ScreeningDegraded');
    if (event.outcome === '0' && event.origin.restrictedPatient) this.#counters.add('RestrictedReads');
  }

  /** @returns what was counted since it was last called, and what is unsealed now */
  take(): Metric[] {
    const { count, ageSeconds } = this.trail.unsealed;
    return [
      ...this.#counters.take(),
      ...this.#appends.take('AuditAppend'),
      { name: 'AuditUnsealedEvents', unit: 'Count', value: count },
      { name: 'AuditUnsealedAge', unit: 'Seconds', value: ageSeconds },
    ];
  }
}
