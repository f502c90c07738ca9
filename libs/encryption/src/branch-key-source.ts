import type { NodeBranchKeyMaterial } from '@aws-crypto/material-management';
import { type BranchKeyCache, shortLivedCopyOf, zeroLater } from './branch-key-cache.js';
import { BranchKeyError } from './branch-key-error.js';
import { ConcurrencyLimit } from './concurrency-limit.js';

/** Reads one key from the key store and has KMS decrypt it, once, without any cache. */
export interface BranchKeyFetcher {
  fetchActive(patientId: string): Promise<NodeBranchKeyMaterial>;
  fetchVersion(patientId: string, version: string): Promise<NodeBranchKeyMaterial>;
}

/** KMS allows bursts, but a page of cold patients must not take the whole account quota. */
const COLD_FETCHES_AT_ONCE = 32;

/**
 * Where the keyring gets branch keys: from the cache, from a fetch that is already on its way, or by a new fetch.
 * However many requests wait for one cold key, KMS is called once, and each of them gets a copy of its own.
 */
export class BranchKeySource {
  kmsDecrypts = 0;
  coalesced = 0;
  failures = 0;
  readonly #flights = new Map<string, Promise<NodeBranchKeyMaterial>>();
  readonly #limit = new ConcurrencyLimit(COLD_FETCHES_AT_ONCE);

  constructor(
    private readonly cache: BranchKeyCache,
    private readonly fetcher: BranchKeyFetcher,
  ) {}

  /** @throws BranchKeyError */
  async active(patientId: string): Promise<NodeBranchKeyMaterial> {
    return this.cache.active(patientId) ?? this.#join(patientId, undefined);
  }

  /**
   * A cold patient's active key is fetched first: it nearly always is the version that was asked for, and then the
   * next write finds it too. So a patient costs one KMS call, however he is touched first.
   * @throws BranchKeyError
   */
  async version(patientId: string, version: string): Promise<NodeBranchKeyMaterial> {
    const known = this.cache.version(patientId, version);
    if (known !== undefined) return known;
    let withoutActive: BranchKeyError | undefined;
    if (!this.cache.knowsActive(patientId)) {
      try {
        const active = await this.#join(patientId, undefined);
        if (active.branchKeyVersion.toString('utf8') === version) return active;
      } catch (error) {
        if (!(error instanceof BranchKeyError) || error.failure === 'unavailable') throw error;
        // A damaged active row must not take the records of other versions with it.
        withoutActive = error;
      }
    }
    try {
      return await this.#join(patientId, version);
    } catch (error) {
      const unknown = error instanceof BranchKeyError && error.failure === 'unknown-version';
      throw unknown && withoutActive !== undefined ? withoutActive : error;
    }
  }

  /** Forgets every key of the patient, and those that are on their way. */
  evict(patientId: string): void {
    this.cache.evict(patientId);
    for (const name of this.#flights.keys()) if (name.startsWith(`${patientId} `)) this.#flights.delete(name);
  }

  /** @returns a short-lived copy of what the one fetch for this key brings */
  async #join(patientId: string, version: string | undefined): Promise<NodeBranchKeyMaterial> {
    const name = `${patientId} ${version ?? 'active'}`;
    const underway = this.#flights.get(name);
    if (underway !== undefined) {
      this.coalesced += 1;
      return shortLivedCopyOf(await underway);
    }
    const flight = this.#limit.run(() =>
      version === undefined
        ? this.fetcher.fetchActive(patientId)
        : this.fetcher.fetchVersion(patientId, version),
    );
    this.#flights.set(name, flight);
    try {
      const fetched = await flight;
      this.kmsDecrypts += 1;
      // Whoever evicted the patient meanwhile must not find his key here again.
      if (this.#flights.get(name) === flight) this.cache.add(fetched, version === undefined);
      zeroLater(fetched);
      return shortLivedCopyOf(fetched);
    } catch (error) {
      this.failures += 1;
      throw error;
    } finally {
      if (this.#flights.get(name) === flight) this.#flights.delete(name);
    }
  }
}
