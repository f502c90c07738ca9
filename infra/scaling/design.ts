import { perRequest } from '../cost/operations.js';

/**
 * What the service is built with. A spec holds each of them against the code: this folder imports nothing of it.
 */
export const built = {
  /** PHI_KEY_CACHE_TTL_SECONDS; a hit does not prolong it. */
  keyTtlSeconds: 300,
  /** PHI_KEY_CACHE_ENTRIES; the least recently used goes first. */
  keyCacheEntries: 10_000,
  /** Keys that an instance fetches at once. */
  coldFetchesAtOnce: 32,
  /** PHI_AUDIT_SEAL_SECONDS */
  sealSeconds: 5,
  /** `PATIENTS#<shard>` and `RESCREEN#<shard>`. */
  listShards: 16,
  /** `DAY#<day>#<shard>`, an index of the audit table. */
  dayShards: 8,
} as const;

interface Assumption {
  value: number;
  unit: string;
}

/** What is assumed of the people who use it. */
export const assumed = {
  requestsPerPatient: {
    value: 50,
    unit: 'requests a month for each patient who is kept, as in the cost estimate',
  },
  busyHour: { value: 4, unit: 'times the mean, in the busiest hour' },
  sessionRequests: { value: 8, unit: 'requests about one patient, whenever somebody takes up his chart' },
  sessionGapSeconds: { value: 20, unit: 's between two of them, exponential' },
  popularity: {
    value: 0.6,
    unit: 'exponent of the power law by which charts are taken up: the busiest hundredth of patients gets 16 % of the sessions',
  },
  processorOfAws: {
    value: 2,
    unit: 'times the processor time of the embedded platform: requests are signed and sent instead of read from a file (not measured)',
  },
  taskUse: { value: 0.6, unit: 'of a processor is used when another task is started' },
  largestAgent: {
    value: 0.3,
    unit: 'of all requests are one machine client: an interface engine, a portal',
  },
  keyFetchMilliseconds: { value: 12, unit: 'ms for a row of the key store and a Decrypt' },
  sealMilliseconds: {
    value: 35,
    unit: 'ms from reading the newest checkpoint to the commit of the next: read, Sign, transaction',
  },
  listRowBytes: { value: 260, unit: 'bytes of a row in the list of patients' },
} as const satisfies Record<string, Assumption>;

/** How many patients a deployment has, and what that asks of it in its busiest hour. */
export interface Size {
  patients: number;
  requestsPerSecond: number;
  /** Tasks of one processor. */
  tasks: number;
}

const SECONDS_PER_MONTH = 730 * 3600;
const leastTasks = 2;

export function sizeOf(patients: number): Size {
  const mean = (patients * assumed.requestsPerPatient.value) / SECONDS_PER_MONTH;
  const requestsPerSecond = mean * assumed.busyHour.value;
  const processors =
    (requestsPerSecond * perRequest('processorMilliseconds') * assumed.processorOfAws.value) / 1000;
  const tasks = Math.max(leastTasks, Math.ceil(processors / assumed.taskUse.value));
  return { patients, requestsPerSecond, tasks };
}

export const sizes: readonly Size[] = [100_000, 1_000_000, 10_000_000, 100_000_000].map(sizeOf);
/** The one that the rest of the page is about. */
export const largest = sizes.at(-1) as Size;
