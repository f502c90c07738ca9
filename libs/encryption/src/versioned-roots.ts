import { hkdfSync } from 'node:crypto';

/**
 * Root keys by version, so that a root can be replaced: new values are made under the active one, values of the
 * others are still known. On AWS a SecureString parameter, else a file.
 */
export interface VersionedRoots {
  readonly active: number;
  /** 32 random bytes each; versions are whole numbers from 1. The object is replaced, never changed. */
  readonly roots: Readonly<Record<number, Uint8Array>>;
  /** Versions that only say what older values meant: no index row is written under them any more. */
  readonly retired?: readonly number[];
}

const KEY_BYTES = 32;
const VERSION_AT_MOST = 0xff_ff_ff_ff;

/** @throws RangeError that says which rule is broken, never with a byte of a root */
export function checkRoots({ active, roots, retired = [] }: VersionedRoots): void {
  for (const [version, root] of Object.entries(roots)) {
    if (!/^[1-9][0-9]{0,9}$/.test(version) || Number(version) > VERSION_AT_MOST) {
      throw new RangeError('A root key version must be a whole number from 1');
    }
    if (root.byteLength !== KEY_BYTES) throw new RangeError(`A root key must have ${KEY_BYTES} bytes`);
  }
  if (roots[active] === undefined) throw new RangeError('The active root key is missing');
  if (retired.includes(active)) throw new RangeError('The active root key is retired');
  if (retired.some((version) => roots[version] === undefined)) {
    throw new RangeError('A retired root key is missing');
  }
}

/**
 * Keys for one purpose, derived from each root by HKDF-SHA-256: a key for one purpose says nothing of another's.
 * Roots that are replaced while the process runs (`IndexRoots`) are noticed at the next use.
 */
export class DerivedKeys {
  readonly #source: VersionedRoots;
  #seen: VersionedRoots['roots'] | undefined;
  #versions: readonly number[] = [];
  readonly #keys = new Map<string, Buffer>();

  /**
   * @param purpose names the class that uses the keys; part of every label, so it can never change
   * @throws RangeError when a root is not 32 bytes or the active one is missing
   */
  constructor(
    source: VersionedRoots,
    private readonly purpose: string,
  ) {
    checkRoots(source);
    this.#source = source;
  }

  /** Every version, the active one first. */
  get versions(): readonly number[] {
    this.#follow();
    return this.#versions;
  }

  /** The versions that index rows are written under, the active one first. */
  get writtenVersions(): readonly number[] {
    const { retired = [] } = this.#source;
    return this.versions.filter((version) => !retired.includes(version));
  }

  get active(): number {
    return this.#source.active;
  }

  /** @returns the key of this version and label, or undefined when there is no such root */
  key(version: number, label: string): Buffer | undefined {
    this.#follow();
    const name = `${version}/${label}`;
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const root = this.#source.roots[version];
    if (root === undefined) return undefined;
    // RFC 5869: the roots are uniformly random, so no salt is needed; `info` separates the purposes.
    const key = Buffer.from(
      hkdfSync('sha256', root, Buffer.alloc(0), `phi/${this.purpose}/${label}`, KEY_BYTES),
    );
    this.#keys.set(name, key);
    return key;
  }

  activeKey(label: string): Buffer {
    return this.key(this.active, label) as Buffer;
  }

  #follow(): void {
    const { active, roots } = this.#source;
    if (this.#seen === roots) return;
    this.#seen = roots;
    this.#keys.clear();
    const others = Object.keys(roots).map(Number);
    this.#versions = [active, ...others.filter((version) => version !== active)];
  }
}
