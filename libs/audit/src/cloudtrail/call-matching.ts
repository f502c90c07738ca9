import type { Evidence } from './access-evidence.js';
import type { TimeWindow } from './cloudtrail-source.js';
import type { KmsCall } from './kms-call.js';

/** CloudTrail tells whole seconds. */
const resolutionMilliseconds = 1000;
/** Clocks of ours and of AWS: an event may bear a time before the call that it explains. */
const skewMilliseconds = 5000;
/** A request records what it opened before it answers, and is over within this time or given up by the gateway (29 s). */
const requestMilliseconds = 30_000;
/** How long an export or a job on one patient may take, before and after its event. */
const longMilliseconds = 15 * 60 * 1000;

/** @returns the times between which events of ours may explain these calls */
export function evidenceWindow(calls: readonly KmsCall[]): TimeWindow {
  const times = calls.map(({ at }) => at);
  const margin = longMilliseconds + resolutionMilliseconds;
  return { from: Math.min(...times) - margin, to: Math.max(...times) + margin };
}

/** How a call stands to the events of its patient. */
export type Match = 'access' | 'long-access' | 'key-work' | 'too-many' | 'none';

/**
 * Holds the calls of one patient against our events of him.
 *
 * KMS is asked when no process has the key in memory, and that is because of an access at this very moment: the access is
 * recorded right after the call. Accesses later in the life of the cached key need no call and explain none. So the window is
 * that of a request, not of the cache; and one access explains at most one call for a row of the key store, since one process
 * serves it. A call beyond that is `too-many`: somebody decrypted while the patient was being treated.
 * @param calls of one patient, all done by KMS
 * @param evidence oldest first
 */
export function matchCalls(calls: readonly KmsCall[], evidence: readonly Evidence[]): Map<KmsCall, Match> {
  const matches = new Map<KmsCall, Match>();
  const used = new Map<string, Set<Evidence>>();
  for (const call of [...calls].sort((a, b) => a.at - b.at)) {
    const kind = call.operation === 'Decrypt' ? 'access' : 'key-work';
    const near = evidence.filter(
      (event) => event.kinds.includes(kind) && isNear(call, event, requestMilliseconds),
    );
    const slot = slotOf(call);
    const taken = used.get(slot) ?? new Set();
    used.set(slot, taken);
    // Windows are equally long, so taking the earliest event that is free matches as many calls as can be matched.
    const free = near.find((event) => !taken.has(event));
    if (free !== undefined) {
      taken.add(free);
      matches.set(call, kind);
    } else if (kind === 'access' && evidence.some((event) => isLong(call, event))) {
      matches.set(call, 'long-access');
    } else {
      matches.set(call, near.length > 0 ? 'too-many' : 'none');
    }
  }
  return matches;
}

function isNear({ at }: KmsCall, event: Evidence, after: number): boolean {
  return event.at >= at - skewMilliseconds && event.at <= at + resolutionMilliseconds + after;
}

const isLong = ({ at }: KmsCall, event: Evidence) =>
  event.kinds.includes('long-access') && Math.abs(event.at - at) <= longMilliseconds + resolutionMilliseconds;

/** What one access asks for at most once: a row. What is generated has a name of its own each time, but is of one kind. */
function slotOf({ operation, row }: KmsCall): string {
  const generated = operation === 'GenerateDataKeyWithoutPlaintext';
  return `${operation} ${generated ? row.replace(/[0-9a-f-]{36}$/, '') : row}`;
}

/** @returns whether one of the times, in order, is that of a request which may have made the call */
export function isAmong(call: KmsCall, times: readonly number[]): boolean {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((times[middle] as number) < call.at - skewMilliseconds) low = middle + 1;
    else high = middle;
  }
  const next = times[low];
  return next !== undefined && next <= call.at + resolutionMilliseconds + requestMilliseconds;
}

/** @returns whether the call was made while one of the jobs ran */
export const isDuring = ({ at }: KmsCall, intervals: readonly TimeWindow[]): boolean =>
  intervals.some(
    ({ from, to }) => at + resolutionMilliseconds >= from - skewMilliseconds && at <= to + skewMilliseconds,
  );
