import { timingSafeEqual } from 'node:crypto';
import type { ParameterSource } from '@app/configuration';
import { checkRoots, type VersionedRoots } from './versioned-roots.js';

const PARAMETER = 'index-root';

/**
 * In how many intervals of `PHI_PARAMETER_REFRESH_SECONDS` every instance has read the roots: one attempt may fail. A reindex
 * waits as long between its steps, and no instance uses roots that it read longer ago.
 */
export const intervalsToFollow = 2;

/**
 * The roots of blind index, row seals, cursors and keyed hashes, as the parameter `index-root` says, followed while the
 * process runs: `{"active": 1, "roots": {"1": "<32 bytes in base64>"}, "retired": []}`.
 * What was derived from it notices each change by itself.
 */
export class IndexRoots implements VersionedRoots {
  #text: string;
  #current: VersionedRoots;
  /** When the read began that says what is known now, or when the last one failed; of the monotonic clock. */
  #knownAt: number;
  #reading: Promise<void> | undefined;

  private constructor(
    private readonly parameters: ParameterSource,
    private readonly recentMilliseconds: number,
    text: string,
    readAt: number,
  ) {
    this.#knownAt = readAt;
    this.#text = text;
    this.#current = parseRoots(text);
  }

  /**
   * @param refreshSeconds how often the owner calls `refresh`
   * @throws Error that names the parameter when it cannot be read or is damaged, never with its value
   */
  static async open(parameters: ParameterSource, refreshSeconds: number): Promise<IndexRoots> {
    const recentMilliseconds = intervalsToFollow * refreshSeconds * 1000;
    const readAt = performance.now();
    return new IndexRoots(parameters, recentMilliseconds, await parameters.get(PARAMETER), readAt);
  }

  get active(): number {
    return this.#current.active;
  }

  get roots(): VersionedRoots['roots'] {
    return this.#current.roots;
  }

  get retired(): readonly number[] {
    return this.#current.retired ?? [];
  }

  /**
   * Reads the parameter again. When it cannot be used, the last good roots stay.
   * @throws Error that names the parameter, never with its value
   */
  refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  /**
   * Makes sure that a process that stood still (suspended, starved of processor or disk) does not go on under roots that the
   * others have left meanwhile: it reads the parameter first. When that fails, the last good roots stay, as with `refresh`.
   * @returns undefined when they are recent enough already: nothing to wait for
   */
  recent(): Promise<void> | undefined {
    return this.#isRecent() ? undefined : this.#readRecent();
  }

  #isRecent(): boolean {
    return performance.now() - this.#knownAt < this.recentMilliseconds;
  }

  async #readRecent(): Promise<void> {
    // One that is under way may have begun before the standstill.
    await this.#reading?.catch(() => undefined);
    if (!this.#isRecent()) await this.refresh().catch(() => undefined);
  }

  async #read(): Promise<void> {
    const begunAt = performance.now();
    try {
      const text = await this.parameters.get(PARAMETER);
      if (text !== this.#text) this.#adopt(text, parseRoots(text));
      this.#knownAt = begunAt;
    } catch (error) {
      // Not asked again by each request: whoever calls `refresh` does it in time.
      this.#knownAt = performance.now();
      throw error;
    }
  }

  /**
   * Writes the parameter, unless somebody else changed it since it was last read here.
   * @throws ParameterChanged, and Error when it cannot be written
   */
  async replace(next: VersionedRoots): Promise<void> {
    checkRoots(next);
    const text = textOf(next);
    await this.parameters.put(PARAMETER, text, this.#text);
    this.#adopt(text, parseRoots(text));
  }

  #adopt(text: string, next: VersionedRoots): void {
    for (const [version, root] of Object.entries(next.roots)) {
      const known = this.#current.roots[Number(version)];
      // Whatever was made under a version could no longer be read: this is another deployment's parameter.
      if (known !== undefined && !timingSafeEqual(known, root)) {
        throw new Error(`parameter ${PARAMETER} has another root under a version that is in use`);
      }
    }
    if (next.roots[this.active] === undefined && this.#current.roots[next.active] === undefined) {
      throw new Error(`parameter ${PARAMETER} has none of the roots that are in use`);
    }
    this.#text = text;
    this.#current = next;
  }
}

function parseRoots(text: string): VersionedRoots {
  // JSON.parse quotes the text in its message: of what went wrong only our own sentences may be told.
  let why = '';
  try {
    const { active, roots, retired = [] } = JSON.parse(text) as Record<string, unknown>;
    if (typeof roots === 'object' && roots !== null && Array.isArray(retired)) {
      const decoded = Object.entries(roots as Record<string, unknown>).map(
        ([version, root]) => [version, Buffer.from(String(root), 'base64')] as const,
      );
      const parsed: VersionedRoots = {
        active: Number(active),
        roots: Object.fromEntries(decoded),
        retired: retired.map(Number),
      };
      checkRoots(parsed);
      return parsed;
    }
  } catch (error) {
    if (error instanceof RangeError) why = `: ${error.message}`;
  }
  throw new Error(
    `parameter ${PARAMETER} must be JSON: {"active": 1, "roots": {"1": "<32 bytes in base64>"}}${why}`,
  );
}

function textOf({ active, roots, retired = [] }: VersionedRoots): string {
  const encoded = Object.entries(roots).map(([version, root]) => [
    version,
    Buffer.from(root).toString('base64'),
  ]);
  return JSON.stringify({
    active,
    roots: Object.fromEntries(encoded) as Record<string, string>,
    ...(retired.length === 0 ? {} : { retired }),
  });
}
