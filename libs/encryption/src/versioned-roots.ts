import { hkdfSync } from 'node:crypto';

/**
 * Root keys by version, so that a root can be replaced: new values are made under the active one, values of the
 * others are still known. On AWS a SecureString parameter, else a file.
 */
export interface VersionedRoots {
  active: number;
  /** 32 random bytes each; versions are whole numbers from 1. */
  roots: Record<number, Uint8Array>;
}

const KEY_BYTES = 32;

/** Keys for one purpose, derived from each root by HKDF-SHA-256: a key for one purpose says nothing of another's. */
export class DerivedKeys {
  /** The active version first. */
  readonly versions: readonly number[];
  readonly #keys = new Map<string, Buffer>();
  readonly #roots: ReadonlyMap<number, Buffer>;

  /**
   * @param purpose names the class that uses the keys; part of every label, so it can never change
   * @throws RangeError when a root is not 32 bytes or the active one is missing
   */
  constructor(
    { active, roots }: VersionedRoots,
    private readonly purpose: string,
  ) {
    const entries = Object.entries(roots).map(
      ([version, root]) => [Number(version), Buffer.from(root)] as const,
    );
    this.#roots = new Map(entries);
    for (const [version, root] of entries) {
      if (!Number.isSafeInteger(version) || version < 1 || version > 0xff_ff_ff_ff) {
        throw new RangeError('A root key version must be a whole number from 1');
      }
      if (root.byteLength !== KEY_BYTES) throw new RangeError(`A root key must have ${KEY_BYTES} bytes`);
    }
    if (!this.#roots.has(active)) throw new RangeError('The active root key is missing');
    this.versions = [active, ...[...this.#roots.keys()].filter((version) => version !== active)];
  }

  get active(): number {
    return this.versions[0] as number;
  }

  /** @returns the key of this version and label, or undefined when there is no such root */
  key(version: number, label: string): Buffer | undefined {
    const name = `${version}/${label}`;
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const root = this.#roots.get(version);
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
}
