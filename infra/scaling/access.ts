import { exponential, powerLawRank, type Random } from './random.js';

/** Who is read how often. */
export interface Load {
  requestsPerSecond: number;
  patients: number;
  /** Requests of a session, the mean of a geometric distribution; 1: independent requests. */
  sessionRequests: number;
  sessionGapSeconds: number;
  /** Of the power law; 0: all patients alike. */
  popularity: number;
}

/** @returns seconds after which as many sessions are open as ever, but for a fiftieth: their number grows like a charge, by their mean length */
export const settledAfter = ({ sessionRequests, sessionGapSeconds }: Load): number =>
  sessionRequests === 1 ? 0 : 4 * sessionRequests * sessionGapSeconds;

export interface Access {
  second: number;
  patient: number;
  instance: number;
}

/** `spread`: each request goes to any instance, as the load balancer does it. `kept`: a patient has an instance of his own. */
export type Routing = 'spread' | 'kept';

/**
 * Requests in order of time. Sessions begin independently of each other (a Poisson process); the requests of one follow each other at
 * exponential distances.
 */
export function* accesses(
  load: Load,
  { instances, routing, seconds }: { instances: number; routing: Routing; seconds: number },
  random: Random,
): Generator<Access> {
  const meanWait = load.sessionRequests / load.requestsPerSecond;
  const open = new OpenSessions();
  let nextSession = exponential(random, meanWait);
  for (;;) {
    const due = open.first;
    const second = Math.min(due?.second ?? Number.POSITIVE_INFINITY, nextSession);
    if (second >= seconds) return;
    let patient: number;
    if (due !== undefined && due.second <= nextSession) {
      patient = due.patient;
      open.takeFirst();
    } else {
      patient = powerLawRank(random, load.patients, load.popularity);
      nextSession += exponential(random, meanWait);
    }
    // Memoryless: after each request there is another with the same probability.
    if (random() >= 1 / load.sessionRequests)
      open.add({ patient, second: second + exponential(random, load.sessionGapSeconds) });
    const instance = routing === 'kept' ? patient % instances : Math.floor(random() * instances);
    yield { second, patient, instance };
  }
}

interface Due {
  second: number;
  patient: number;
}

/** A binary heap: the session whose next request is due first. */
class OpenSessions {
  readonly #heap: Due[] = [];

  get first(): Due | undefined {
    return this.#heap[0];
  }

  add(due: Due): void {
    const heap = this.#heap;
    let at = heap.push(due) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if ((heap[above] as Due).second <= due.second) break;
      heap[at] = heap[above] as Due;
      at = above;
    }
    heap[at] = due;
  }

  takeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && (heap[below + 1] as Due).second < (heap[below] as Due).second)
        below += 1;
      if ((heap[below] as Due).second >= last.second) break;
      heap[at] = heap[below] as Due;
      at = below;
    }
    heap[at] = last;
  }
}
