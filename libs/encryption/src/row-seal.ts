import { KeyedHash } from './keyed-hash.js';
import type { VersionedRoots } from './versioned-roots.js';

export type SealedPart = string | number | boolean;

/**
 * Authenticates state that decides access and is stored in clear (deleted, restricted, care team, grants): whoever
 * can write to the table can not make a row that verifies. He can put an older genuine row back; a version among
 * the parts, and the audit trail, show that.
 */
export class RowSeal {
  readonly #hash: KeyedHash;

  constructor(roots: VersionedRoots) {
    this.#hash = new KeyedHash(roots, 'row-seal');
  }

  /**
   * @param parts the row's key and everything in it that decides access, always in the same order
   * @returns `<root version>.<HMAC-SHA-256, base64url>`
   */
  seal(parts: readonly SealedPart[]): string {
    return this.#hash.hash(parts.map(encoded));
  }

  /** Compares in constant time; false for a seal of an unknown form or root version too. */
  verify(parts: readonly SealedPart[], seal: string): boolean {
    return this.#hash.matches(parts.map(encoded), seal);
  }

  /** The root version that rows are sealed under now. */
  get activeVersion(): number {
    return this.#hash.activeVersion;
  }

  /** @returns the root version that a seal says it was made under, not verified; `undefined` when it is no seal */
  versionOf(seal: string): number | undefined {
    return this.#hash.versionOf(seal);
  }
}

/** The type is part of the value: the text `true` is not the mark `true`. */
function encoded(part: SealedPart): string {
  if (typeof part === 'number' && !Number.isFinite(part))
    throw new RangeError('A sealed number must be finite');
  return `${typeof part}:${String(part)}`;
}
