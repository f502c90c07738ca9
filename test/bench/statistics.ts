/** @param sorted ascending @param share from 0 to 1 @returns NaN for no values */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  const position = Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1);
  return sorted[Math.max(0, position)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}
