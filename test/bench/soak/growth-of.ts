/**
 * @param values at even distances
 * @returns by how much the line of least squares rises from the first to the last, as a share of its beginning
 */
export function growthOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let covariance = 0;
  let variance = 0;
  for (const [at, value] of values.entries()) {
    covariance += (at - middle) * (value - mean);
    variance += (at - middle) ** 2;
  }
  const slope = covariance / variance;
  return (slope * (values.length - 1)) / (mean - slope * middle);
}
