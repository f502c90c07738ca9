import { setImmediate } from 'node:timers';
import type { KmsHierarchicalKeyRingNode } from '@aws-crypto/client-node';
import { NodeBranchKeyMaterial } from '@aws-crypto/material-management';

type SdkCache = KmsHierarchicalKeyRingNode['_cmc'];
type SdkCacheEntry = ReturnType<SdkCache['getBranchKeyMaterial']>;

interface CachedKey {
  /** Never handed out: callers get copies, so it can be zeroed at any moment. */
  readonly stored: NodeBranchKeyMaterial;
  readonly version: string;
  readonly fetchedAt: number;
  readonly active: boolean;
  /** The keyring's own (hashed) names for this key. */
  readonly names: Set<string>;
}

export interface BranchKeyCacheOptions {
  maxEntries: number;
  ttlMilliseconds: number;
  /** Wall clock in milliseconds, because the keyring compares it with `Date.now()`. */
  now?: () => number;
}

/**
 * Plaintext branch keys, bounded in number and age, by patient and version.
 *
 * The keyring's stock cache hands out the buffer that it keeps and zero-fills it on eviction: a request that still
 * holds it then wraps its data key under an all-zero key, and nothing fails until somebody reads the record. Here
 * what is kept never leaves, and what leaves is a copy that is zeroed once the event loop turns: the keyring uses
 * it in the microtasks that follow directly.
 */
export class BranchKeyCache implements SdkCache {
  hits = 0;
  /** In order of use, the least recently used first. */
  readonly #keys = new Set<CachedKey>();
  readonly #byPatient = new Map<string, Map<string, CachedKey>>();
  readonly #byName = new Map<string, CachedKey>();
  readonly #now: () => number;
  #sweep: NodeJS.Timeout | undefined;

  constructor(private readonly options: BranchKeyCacheOptions) {
    const { maxEntries, ttlMilliseconds } = options;
    // The stock cache reads 0 as "unbounded".
    if (!Number.isSafeInteger(maxEntries) || maxEntries < 1)
      throw new RangeError('The key cache needs an entry');
    if (!(ttlMilliseconds > 0)) throw new RangeError('The key cache needs a positive time to live');
    this.#now = options.now ?? Date.now;
  }

  get size(): number {
    return this.#keys.size;
  }

  /** Keeps a copy of `material`; the caller's stays his own. */
  add(material: NodeBranchKeyMaterial, active: boolean): void {
    const version = versionOf(material);
    const previous = this.#byPatient.get(material.branchKeyIdentifier)?.get(version);
    if (previous !== undefined) this.#drop(previous);
    const key = {
      stored: copyOf(material),
      version,
      fetchedAt: this.#now(),
      active,
      names: new Set<string>(),
    };
    this.#keys.add(key);
    const versions = this.#byPatient.get(material.branchKeyIdentifier) ?? new Map<string, CachedKey>();
    this.#byPatient.set(material.branchKeyIdentifier, versions.set(version, key));
    for (const oldest of this.#keys) {
      if (this.#keys.size <= this.options.maxEntries) break;
      this.#drop(oldest);
    }
    this.#scheduleSweep();
  }

  /** @returns a copy of the patient's key of this version, to be used before the event loop turns */
  version(patientId: string, version: string): NodeBranchKeyMaterial | undefined {
    return this.#take(this.#byPatient.get(patientId)?.get(version));
  }

  /** @returns a copy of the key that new messages of the patient are written under, as far as it is known */
  active(patientId: string): NodeBranchKeyMaterial | undefined {
    return this.#take(this.#activeKey(patientId));
  }

  /**
   * Lends the key itself for the time of one call, which spares the copy.
   * @param use keeps nothing of the bytes
   * @returns what `use` does, `undefined` when there is no such key
   */
  useVersion<T>(patientId: string, version: string, use: (branchKey: Uint8Array) => T): T | undefined {
    const key = this.#touch(this.#byPatient.get(patientId)?.get(version));
    return key && use(key.stored.branchKey());
  }

  /** As `useVersion`, with the key that new messages of the patient are written under. */
  useActive<T>(patientId: string, use: (branchKey: Uint8Array, version: string) => T): T | undefined {
    const key = this.#touch(this.#activeKey(patientId));
    return key && use(key.stored.branchKey(), key.version);
  }

  knowsActive(patientId: string): boolean {
    const key = this.#activeKey(patientId);
    return key !== undefined && !this.#isExpired(key);
  }

  /** Forgets every key of the patient. */
  evict(patientId: string): void {
    for (const key of this.#byPatient.get(patientId)?.values() ?? []) this.#drop(key);
  }

  // The keyring's side: it knows keys by a hash of its own, and asks the key store when there is none.

  getBranchKeyMaterial(name: string): SdkCacheEntry {
    const key = this.#byName.get(name);
    const response = this.#take(key);
    return key === undefined || response === undefined ? false : { response, now: key.fetchedAt };
  }

  /** Links the keyring's name to a key that `add` put here: a hit must not prolong the life of a key. */
  putBranchKeyMaterial(name: string, material: Parameters<SdkCache['putBranchKeyMaterial']>[1]): void {
    const key = this.#byPatient.get(material.branchKeyIdentifier)?.get(versionOf(material));
    if (key === undefined) return;
    key.names.add(name);
    this.#byName.set(name, key);
  }

  del(name: string): void {
    const key = this.#byName.get(name);
    if (key !== undefined) this.#drop(key);
  }

  getEncryptionMaterial(): false {
    return false;
  }

  getDecryptionMaterial(): false {
    return false;
  }

  putEncryptionMaterial(): void {
    throw new Error('This cache holds branch keys only');
  }

  putDecryptionMaterial(): void {
    throw new Error('This cache holds branch keys only');
  }

  #activeKey(patientId: string): CachedKey | undefined {
    for (const key of this.#byPatient.get(patientId)?.values() ?? []) if (key.active) return key;
    return undefined;
  }

  #take(key: CachedKey | undefined): NodeBranchKeyMaterial | undefined {
    const taken = this.#touch(key);
    return taken && shortLivedCopyOf(taken.stored);
  }

  /** @returns the key, as the most recently used one, unless it is too old */
  #touch(key: CachedKey | undefined): CachedKey | undefined {
    if (key === undefined) return undefined;
    if (this.#isExpired(key)) {
      this.#drop(key);
      return undefined;
    }
    this.#keys.delete(key);
    this.#keys.add(key);
    this.hits += 1;
    return key;
  }

  #isExpired({ fetchedAt }: CachedKey): boolean {
    const age = this.#now() - fetchedAt;
    // A clock that was set back must not make keys immortal.
    return age < 0 || age >= this.options.ttlMilliseconds;
  }

  #drop(key: CachedKey): void {
    const patientId = key.stored.branchKeyIdentifier;
    this.#keys.delete(key);
    for (const name of key.names) if (this.#byName.get(name) === key) this.#byName.delete(name);
    const versions = this.#byPatient.get(patientId);
    if (versions?.get(key.version) === key) versions.delete(key.version);
    if (versions?.size === 0) this.#byPatient.delete(patientId);
    key.stored.zeroUnencryptedDataKey();
  }

  /** Keys that nobody asks for again must leave the memory too. */
  #scheduleSweep(): void {
    if (this.#sweep !== undefined) return;
    this.#sweep = setTimeout(
      () => {
        this.#sweep = undefined;
        for (const key of this.#keys) if (this.#isExpired(key)) this.#drop(key);
        if (this.#keys.size > 0) this.#scheduleSweep();
      },
      Math.min(this.options.ttlMilliseconds, 60_000),
    ).unref();
  }
}

const versionOf = (material: { branchKeyVersion: Readonly<Buffer> }) =>
  material.branchKeyVersion.toString('utf8');

function copyOf(material: NodeBranchKeyMaterial): NodeBranchKeyMaterial {
  const { branchKeyIdentifier, encryptionContext } = material;
  // The constructor copies the bytes.
  return new NodeBranchKeyMaterial(
    material.branchKey() as Buffer,
    branchKeyIdentifier,
    versionOf(material),
    encryptionContext,
  );
}

let leftovers: NodeBranchKeyMaterial[] = [];

/** Zeroes `material` once the event loop turns, when every microtask that was going to use it has run. */
export function zeroLater(material: NodeBranchKeyMaterial): void {
  if (leftovers.push(material) > 1) return;
  setImmediate(() => {
    const done = leftovers;
    leftovers = [];
    for (const used of done) used.zeroUnencryptedDataKey();
  });
}

/** @returns a copy for one use, zeroed when the event loop turns */
export function shortLivedCopyOf(material: NodeBranchKeyMaterial): NodeBranchKeyMaterial {
  const copy = copyOf(material);
  zeroLater(copy);
  return copy;
}
