import type { OperationName, StoredPatient } from './operations.js';

/** What the load generator is asked to do. */
export interface LoadJob {
  url: string;
  token: string;
  /** Each connection repeats one of them, in turn. */
  operations: readonly OperationName[];
  connections: number;
  seconds: number;
  patients: readonly StoredPatient[];
  /** The first serial number of new patients; the job uses the next ten million. */
  firstSerial: number;
}

export interface LoadResult {
  /** Of each answer, milliseconds, in no order. */
  latencies: Float64Array;
  seconds: number;
  /** How often each status came that is no success, by status; beside them `no answer`. */
  failures: Record<string, number>;
}
