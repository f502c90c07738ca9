import { accesses, type Load, settledAfter } from './access.js';
import type { Fleet } from './hit-rates.js';
import { KeyCache } from './key-cache.js';
import { seeded } from './random.js';

/** `together`: all instances begin with nothing at second 0. `rolling`: one after the other. */
export type Restart = 'together' | 'rolling';

export interface Storm {
  restart: Restart;
  /** Decrypts a second, one figure for each step. */
  fetchesPerSecond: number[];
  peak: number;
  /** Before anything was restarted. */
  steady: number;
}

export const stepSeconds = 10;
/** After the restart: the keys of the first seconds end at the same time, too. */
export const shownSeconds = 900;
const followedRequests = 250_000;
/** Lifetimes of a key before the restart: those that were fetched together in the beginning have come apart. */
const lifetimesBefore = 4;

/** Caches that are full, a restart, and what the fleet asks of KMS afterwards. */
export function stormOf(load: Load, fleet: Fleet, restart: Restart, seed = 1): Storm {
  const { ttlSeconds, instances, routing } = fleet;
  const before = lifetimesBefore * ttlSeconds + settledAfter(load);
  const seconds = before + shownSeconds;
  const followed = Math.min(1, followedRequests / (load.requestsPerSecond * seconds));
  const part = {
    ...load,
    requestsPerSecond: load.requestsPerSecond * followed,
    patients: Math.round(load.patients * followed),
  };
  const caches = Array.from(
    { length: instances },
    () => new KeyCache(ttlSeconds, Math.max(1, Math.round(fleet.entries * followed))),
  );
  const restartedAt = caches.map((_, at) =>
    restart === 'together' ? before : before + (at * shownSeconds) / 2 / instances,
  );
  const isRestarted = caches.map(() => false);
  const steps = Array.from({ length: shownSeconds / stepSeconds }, () => 0);
  let fetchesBefore = 0;
  for (const { second, patient, instance } of accesses(part, { instances, routing, seconds }, seeded(seed))) {
    const cache = caches[instance] as KeyCache;
    if (isRestarted[instance] !== true && second >= (restartedAt[instance] ?? 0)) {
      cache.clear();
      isRestarted[instance] = true;
    }
    if (cache.use(patient, second)) continue;
    const step = Math.floor((second - before) / stepSeconds);
    if (step >= 0) steps[step] = (steps[step] ?? 0) + 1;
    else if (second >= before - ttlSeconds) fetchesBefore += 1;
  }
  const fetchesPerSecond = steps.map((count) => count / stepSeconds / followed);
  return {
    restart,
    fetchesPerSecond,
    peak: Math.max(...fetchesPerSecond),
    steady: fetchesBefore / ttlSeconds / followed,
  };
}
