import type { OperationName, StoredPatient } from '../http/operations.js';

interface Job {
  url: string;
  token: string;
  operation: OperationName;
  patients: readonly StoredPatient[];
  /** The first serial number of new patients. */
  firstSerial: number;
  seconds: number;
  /** Held at most at a time. */
  connections: number;
}

/** Each connection asks again as soon as it has its answer: a load that waits for the service. */
export interface ClosedLoop extends Job {
  kind: 'closed';
}

/** So many requests a second, whether or not the earlier ones are answered: a load that does not wait. */
export interface OpenLoop extends Job {
  kind: 'open';
  requestsPerSecond: number;
  /** What an answer takes while nothing else is asked; the service has recovered when it answers so again. */
  calmMilliseconds: number;
}

export type OverloadJob = ClosedLoop | OpenLoop;

/** Milliseconds of each answer, from when its request was due to when the answer was there, in no order. */
export interface OverloadResult {
  accepted: Float64Array;
  /** Answered with 503. */
  shed: Float64Array;
  probes: Float64Array;
  /** Due, and never sent or not answered in time. */
  unanswered: number;
  seconds: number;
  /** From the end of the load to the first of some calm answers in a row; none in as long as the load was on: `undefined`. */
  recoveredAfterMilliseconds?: number;
  /** How often something else came, by status; a probe that was not answered with 200 as `probe 503`. */
  failures: Record<string, number>;
}
