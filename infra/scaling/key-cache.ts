/** A cache of keys as the service has one: bounded in number, each good for a time after it was fetched, hit or not. */
export class KeyCache {
  /** Patient to the time of the fetch; the least recently used first, as a Map keeps its order. */
  readonly #fetchedAt = new Map<number, number>();

  constructor(
    private readonly ttlSeconds: number,
    private readonly entries: number,
  ) {}

  /** @returns whether the key was there; it is afterwards */
  use(patient: number, second: number): boolean {
    const fetchedAt = this.#fetchedAt.get(patient);
    const isHit = fetchedAt !== undefined && second - fetchedAt < this.ttlSeconds;
    this.#fetchedAt.delete(patient);
    this.#fetchedAt.set(patient, isHit ? fetchedAt : second);
    if (this.#fetchedAt.size > this.entries) {
      const [oldest] = this.#fetchedAt.keys();
      if (oldest !== undefined) this.#fetchedAt.delete(oldest);
    }
    return isHit;
  }

  /** As after a restart. */
  clear(): void {
    this.#fetchedAt.clear();
  }
}

/**
 * Renewal theory: a key that was fetched serves the requests of the next `ttlSeconds`, which are rate x ttl in the mean; one miss, then so many hits.
 * @param perSecond rate of independent requests for one patient at one instance
 */
export const hitRateOfPoisson = (perSecond: number, ttlSeconds: number): number =>
  1 - 1 / (1 + perSecond * ttlSeconds);
