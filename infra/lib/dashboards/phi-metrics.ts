import { complianceMetrics } from '../compliance-metrics.js';
import type { Names } from '../names.js';
import type { Measured, Metric, Series, Statistic } from './definition.js';

/**
 * A metric that the service writes into its log (docs/operations.md, "Metrics"), which CloudWatch Logs makes a metric of. Nothing here
 * may import the service: a test starts it and holds each name against what it writes.
 */
export const ofService = ({ stage }: Names, name: string): Metric => ({
  namespace: 'HealthcareSecurityPlatform',
  name,
  dimensions: { service: 'phi-api', Stage: stage },
});

/** A metric that a filter of a log group makes, by our name. */
export const ofFilter = ({ metricNamespace: namespace }: Names, name: string): Metric => ({
  namespace,
  name,
  dimensions: {},
});

/** @param value of the metric's dimension, if it has one */
export function ofCompliance(
  { complianceNamespace: namespace }: Names,
  metric: keyof typeof complianceMetrics,
  value?: string,
): Metric {
  const { name, dimension } = complianceMetrics[metric] as { name: string; dimension?: { name: string } };
  return {
    namespace,
    name,
    dimensions: dimension === undefined || value === undefined ? {} : { [dimension.name]: value },
  };
}

export const sum = (metric: Metric): Measured => ({ metric, statistic: 'Sum' });
export const maximum = (metric: Metric): Measured => ({ metric, statistic: 'Maximum' });

/** @returns one series for each metric, named as it is told */
export const seriesOf = (
  statistic: Statistic,
  metrics: readonly [label: string, metric: Metric, color: Series['color']][],
): Series[] =>
  metrics.map(([label, metric, color]) => ({ metric, statistic, label, ...(color && { color }) }));
