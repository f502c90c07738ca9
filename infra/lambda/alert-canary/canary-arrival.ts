import type { SNSEvent } from 'aws-lambda';

export interface CanaryArrivalParts {
  /** Milliseconds since 1970. */
  now: () => number;
  /** Takes one line of JSON a canary: a metric filter reads it. */
  log: (line: string) => void;
}

/** What delivery may take, from the event to the subscriber. */
const SLOW_SECONDS = 30;

/**
 * The end of the canary's way: schedule, bus, rule, alerter, topic, and here. It counts arrivals and says how long they took, so that an
 * alarm can tell when none comes (45 CFR 164.308(a)(8)).
 */
export function canaryArrival({ now, log }: CanaryArrivalParts) {
  return async ({ Records }: SNSEvent): Promise<void> => {
    for (const { Sns } of Records) {
      const { kind, detectedAt } = JSON.parse(Sns.Message) as { kind?: unknown; detectedAt?: unknown };
      const started = Date.parse(String(detectedAt));
      // The subscription's filter lets nothing else through; were it gone, an alert must not pass for a canary.
      if (kind !== 'canary' || Number.isNaN(started)) continue;
      const seconds = (now() - started) / 1000;
      log(`${JSON.stringify({ message: 'canary arrived', seconds, isSlow: seconds > SLOW_SECONDS })}\n`);
    }
  };
}
