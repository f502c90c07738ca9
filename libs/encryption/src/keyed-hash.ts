import { createHmac, timingSafeEqual } from 'node:crypto';
import { lengthPrefixed } from './length-prefixed.js';
import { DerivedKeys, type VersionedRoots } from './versioned-roots.js';

/**
 * HMAC-SHA-256 for one purpose, e.g. `idempotency-key` or `body-hash`: without the root nobody can test a guess.
 * A hash reads `<root version>.<base64url>`.
 */
export class KeyedHash {
  readonly #keys: DerivedKeys;

  /** @param purpose separates the hashes of this use from all others; it can never change */
  constructor(
    roots: VersionedRoots,
    private readonly purpose: string,
  ) {
    this.#keys = new DerivedKeys(roots, 'keyed-hash');
  }

  /** @returns the hash under the active root version */
  hash(parts: readonly (string | Uint8Array)[]): string {
    return this.#hash(this.#keys.active, parts) as string;
  }

  /** @returns the hash under every root version, the active one first: where an older row may stand */
  hashes(parts: readonly (string | Uint8Array)[]): string[] {
    return this.#keys.versions.map((version) => this.#hash(version, parts) as string);
  }

  /** @returns whether `hash` is that of `parts`, whatever root version it was made under; in constant time */
  matches(parts: readonly (string | Uint8Array)[], hash: string): boolean {
    const version = this.versionOf(hash);
    const expected = version === undefined ? undefined : this.#hash(version, parts);
    if (expected === undefined) return false;
    const [actualBytes, expectedBytes] = [Buffer.from(hash, 'utf8'), Buffer.from(expected, 'utf8')];
    return actualBytes.length === expectedBytes.length && timingSafeEqual(actualBytes, expectedBytes);
  }

  get activeVersion(): number {
    return this.#keys.active;
  }

  /** @returns the root version that a hash says it was made under, not verified; `undefined` when it is none */
  versionOf(hash: string): number | undefined {
    const version = /^([1-9][0-9]{0,9})\./.exec(hash)?.[1];
    return version === undefined ? undefined : Number(version);
  }

  #hash(version: number, parts: readonly (string | Uint8Array)[]): string | undefined {
    const key = this.#keys.key(version, this.purpose);
    if (key === undefined) return undefined;
    return `${version}.${createHmac('sha256', key).update(lengthPrefixed(parts)).digest('base64url')}`;
  }
}
