import { createHmac } from 'node:crypto';
import { lengthPrefixed } from './length-prefixed.js';
import { DerivedKeys, type VersionedRoots } from './versioned-roots.js';

/**
 * - 128: no two values collide, for identifiers that must be unique
 * - 20: about a million buckets, so that a token alone does not tell a name; decrypt and filter what it finds
 */
export type TokenBits = 128 | 20;

export interface VersionedToken {
  version: number;
  token: string;
}

/**
 * Finds a record by a value without storing the value: equal values give equal tokens under a key per field.
 * What that leaks: whoever reads the table sees which records share a value of a field, and how often.
 */
export class BlindIndex {
  readonly #keys: DerivedKeys;

  constructor(roots: VersionedRoots) {
    this.#keys = new DerivedKeys(roots, 'blind-index');
  }

  /** Every version that rows are written under, the active one first. */
  get versions(): readonly number[] {
    return this.#keys.writtenVersions;
  }

  get activeVersion(): number {
    return this.#keys.active;
  }

  /**
   * @param field name of the index, e.g. `identifier` or `name-birthdate`; equal values of two fields do not match
   * @param components normalized by the caller, e.g. `[system, value]`
   * @returns the token under the active version, base64url: 22 characters for 128 bits, 4 for 20
   */
  token(field: string, components: readonly string[], bits: TokenBits): string {
    return this.#token(this.activeVersion, field, components, bits);
  }

  /** The same value under every version that rows are written under, the active one first. */
  tokens(field: string, components: readonly string[], bits: TokenBits): VersionedToken[] {
    return this.versions.map((version) => ({
      version,
      token: this.#token(version, field, components, bits),
    }));
  }

  #token(version: number, field: string, components: readonly string[], bits: TokenBits): string {
    const key = this.#keys.key(version, field);
    if (key === undefined) throw new RangeError('There is no such index key version');
    const mac = createHmac('sha256', key).update(lengthPrefixed(components)).digest();
    const token = mac.subarray(0, Math.ceil(bits / 8));
    // 20 bits fill two bytes and half of the third.
    if (bits === 20) token[2] = (token[2] as number) & 0xf0;
    return token.toString('base64url');
  }
}
