import { accesses, type Load, type Routing, settledAfter } from './access.js';
import { assumed, built, type Size } from './design.js';
import { KeyCache } from './key-cache.js';
import { seeded } from './random.js';

export interface Fleet {
  instances: number;
  routing: Routing;
  ttlSeconds: number;
  /** Of each instance. */
  entries: number;
}

export interface HitRate extends Fleet {
  hitRate: number;
  /** Decrypts a second of the whole fleet, and reads of the key store. */
  fetchesPerSecond: number;
}

/** Requests that one run follows; the rest is as they are. */
const followedRequests = 60_000;
/** A cache that is divided into less is too coarse. */
const leastEntries = 100;

/** @returns what the people who are assumed ask of a deployment of this size */
export const loadOf = ({ requestsPerSecond, patients }: Size): Load => ({
  requestsPerSecond,
  patients,
  sessionRequests: assumed.sessionRequests.value,
  sessionGapSeconds: assumed.sessionGapSeconds.value,
  popularity: assumed.popularity.value,
});

/** As it is built and deployed unless somebody changes it. */
export const fleetOf = ({ tasks }: Size): Fleet => ({
  instances: tasks,
  routing: 'spread',
  ttlSeconds: built.keyTtlSeconds,
  entries: built.keyCacheEntries,
});

/**
 * Follows one patient of many: requests, patients and room are divided by the same number, which leaves the rate of hits as it is. The first two
 * lifetimes of a key fill the caches, and keys that were fetched together come apart; the next one counts.
 */
export function hitRateOf(load: Load, fleet: Fleet, seed = 1): HitRate {
  const { ttlSeconds, instances, routing } = fleet;
  const warmUpSeconds = 2 * ttlSeconds + settledAfter(load);
  const seconds = warmUpSeconds + ttlSeconds;
  const followed = Math.min(
    1,
    Math.max(followedRequests / (load.requestsPerSecond * seconds), leastEntries / fleet.entries),
  );
  const part = {
    ...load,
    requestsPerSecond: load.requestsPerSecond * followed,
    patients: Math.max(1, Math.round(load.patients * followed)),
  };
  const caches = Array.from(
    { length: instances },
    () => new KeyCache(ttlSeconds, Math.max(1, Math.round(fleet.entries * followed))),
  );
  let hits = 0;
  let counted = 0;
  for (const { second, patient, instance } of accesses(part, { instances, routing, seconds }, seeded(seed))) {
    const isHit = (caches[instance] as KeyCache).use(patient, second);
    if (second < warmUpSeconds) continue;
    counted += 1;
    if (isHit) hits += 1;
  }
  const hitRate = hits / counted;
  return { ...fleet, hitRate, fetchesPerSecond: load.requestsPerSecond * (1 - hitRate) };
}
