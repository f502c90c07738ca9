/** Choices that come out the same for the same seed; for test data, never for secrets. */
export class SeededChoice {
  constructor(private state: number) {}

  /** @returns a whole number from 0 to below `limit` */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  of<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error('nothing to choose from');
    return item;
  }

  /** @param pattern each `#` becomes a digit, each `@` a capital, each `%` a digit from 2 to 9 */
  pattern(pattern: string): string {
    return pattern.replace(/[#@%]/g, (sign) => {
      if (sign === '@') return String.fromCharCode(65 + this.below(26));
      return String(sign === '#' ? this.below(10) : 2 + this.below(8));
    });
  }

  /** mulberry32: 32 bits of state are enough to pick words. */
  private next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}
