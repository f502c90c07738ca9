import { eventsAtMost, type EventRange } from './checkpoint.js';
import { MerkleTree } from './merkle-tree.js';

/** An event on disk: its leaf, and when it was recorded (ISO 8601). */
export interface UnsealedEvent {
  sequence: number;
  leaf: Buffer;
  recordedAt: string;
}

interface GrowingRange {
  first: number;
  tree: MerkleTree;
  leaves: Buffer[];
  earliest: string;
  latest: string;
  /** When its first event came, in milliseconds of the clock that `add` is given. */
  since: number;
}

/**
 * Events of one chain that no checkpoint covers yet, gathered into the ranges of the next ones. They come as their commits do, in any
 * order: an event waits until all before it are there. While sealing is out of reach an event takes the 32 bytes of its leaf.
 */
export class UnsealedEvents {
  readonly #waiting = new Map<number, UnsealedEvent & { since: number }>();
  /** Oldest first; all full, except that the first may have been cut for a checkpoint that is being tried. */
  readonly #cut: { range: EventRange; since: number }[] = [];
  #growing: GrowingRange | undefined;
  #nextSequence: number;
  #fullRanges = 0;

  constructor(sealedThrough: number) {
    this.#nextSequence = sealedThrough + 1;
  }

  /** @param now milliseconds, of whichever clock `since` is to be read by */
  add(event: UnsealedEvent, now: number): void {
    this.#waiting.set(event.sequence, { ...event, since: now });
    for (;;) {
      const next = this.#waiting.get(this.#nextSequence);
      if (next === undefined) return;
      this.#waiting.delete(this.#nextSequence);
      this.#nextSequence += 1;
      this.#append(next);
    }
  }

  #append({ sequence, leaf, recordedAt, since }: UnsealedEvent & { since: number }): void {
    const times = { earliest: recordedAt, latest: recordedAt };
    this.#growing ??= { first: sequence, tree: new MerkleTree(), leaves: [], ...times, since };
    const range = this.#growing;
    range.tree.append(leaf);
    range.leaves.push(leaf);
    // The clock may have been set back in between.
    if (recordedAt < range.earliest) range.earliest = recordedAt;
    if (recordedAt > range.latest) range.latest = recordedAt;
    if (range.leaves.length < eventsAtMost) return;
    this.#fullRanges += 1;
    this.#cutGrowing();
  }

  #cutGrowing(): void {
    if (this.#growing === undefined) return;
    const { first, tree, leaves, earliest, latest, since } = this.#growing;
    const root = tree.root().toString('base64');
    const last = first + leaves.length - 1;
    this.#cut.push({ range: { first, last, root, earliest, latest, leaves: Buffer.concat(leaves) }, since });
    this.#growing = undefined;
  }

  /** The last number before which none is missing. */
  get last(): number {
    return this.#nextSequence - 1;
  }

  /** How many ranges there have been that filled a checkpoint to the brim. */
  get fullRanges(): number {
    return this.#fullRanges;
  }

  get count(): number {
    const cut = this.#cut.reduce((sum, { range: { first, last } }) => sum + last - first + 1, 0);
    return cut + (this.#growing?.leaves.length ?? 0) + this.#waiting.size;
  }

  /** When the oldest of them came; `undefined` when everything is sealed. */
  get since(): number | undefined {
    const oldest = this.#cut[0] ?? this.#growing;
    // A map keeps the order of insertion.
    return oldest?.since ?? this.#waiting.values().next().value?.since;
  }

  /** @returns the oldest range, the same again until it is `sealed` */
  next(): EventRange | undefined {
    if (this.#cut.length === 0) this.#cutGrowing();
    return this.#cut[0]?.range;
  }

  /** The range that `next` gave is covered by a checkpoint. */
  sealed(): void {
    this.#cut.shift();
  }

  /** Whether `next` gives the last that there is. */
  get isLastRange(): boolean {
    return this.#cut.length + (this.#growing === undefined ? 0 : 1) <= 1;
  }
}
