/** Numbers that look random, and are the same in each run. */
export type Random = () => number;

/**
 * xorshift of 32 bits after Marsaglia, "Xorshift RNGs" (2003): enough for means over thousands of draws, good for nothing secret.
 * @returns a source of numbers from 0 (exclusive) to 1 (exclusive)
 */
export function seeded(seed: number): Random {
  // Zero stays zero, and small seeds begin alike: spread them first.
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) + 0.5) / 2 ** 32;
  };
}

/** Time until the next event of a Poisson process. */
export const exponential = (random: Random, mean: number): number => -Math.log(random()) * mean;

/**
 * @param exponent from 0 (all alike) to below 1
 * @returns a rank from 0 to `count` - 1, drawn by the continuous power law: the share of rank r falls with r^-exponent
 */
export const powerLawRank = (random: Random, count: number, exponent: number): number =>
  Math.floor(count * random() ** (1 / (1 - exponent)));

/** @returns the share of all draws that falls on the first `ranks` of `count` */
export const shareOfFirst = (ranks: number, count: number, exponent: number): number =>
  (ranks / count) ** (1 - exponent);
