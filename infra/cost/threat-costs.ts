import { assumptions } from './assumptions.js';
import { byRequest, type PricedType, standing } from './positions.js';
import { listOf, type PlacedResource, textOf } from './template.js';
import { HOURS_PER_MONTH } from './usage.js';

/** What looking for attacks is charged for. */
export const threatCosts: Record<string, PricedType> = {
  'AWS::CloudWatch::InsightRule': () => [standing('Threat detection', 'callers counted', 1, 'insightRule')],
  'AWS::GuardDuty::Detector': (_, { usage }) => [
    standing(
      'Threat detection',
      'GuardDuty: management events',
      HOURS_PER_MONTH * assumptions.accountEvents.value,
      'guardDutyEvent',
    ),
    byRequest(
      'Threat detection',
      'GuardDuty: management events of requests',
      usage.kms.requests + usage.kms.signatures,
      'guardDutyEvent',
    ),
    standing('Threat detection', 'GuardDuty: flow logs and names', usage.logs.flows, 'guardDutyFlow'),
  ],
  'AWS::SecurityHub::Hub': () => [
    standing('Threat detection', 'Security Hub: checks', assumptions.hubChecks.value, 'hubCheck'),
  ],
  'AWS::Macie::Session': (_, { resources, usage }) => [
    standing(
      'Threat detection',
      'Macie: buckets watched',
      resources.filter(({ type }) => type === 'AWS::S3::Bucket').length,
      'macieBucket',
    ),
    // A scheduled job reads what is new.
    byRequest('Threat detection', 'Macie: files read', usage.archivedGigabytesPerMonth, 'macieRead'),
  ],
};

/**
 * How many alarms an alarm is charged as: one for each metric that it looks at, three for one on an anomaly.
 * @see https://aws.amazon.com/cloudwatch/pricing/, "Alarms"
 */
export function alarmsCharged({ properties }: Pick<PlacedResource, 'properties'>): number {
  const metrics = listOf(properties['Metrics']);
  if (properties['ThresholdMetricId'] !== undefined) return 3;
  return Math.max(1, metrics.filter((metric) => metric['MetricStat'] !== undefined).length);
}

/**
 * A metric is paid by the hours in which it has values. What counts lines of a threat has some where somebody deploys or attacks: a tenth of
 * the hours is much. Others are counted as if they had one each hour.
 * @see https://aws.amazon.com/cloudwatch/pricing/, "Metrics": prorated by the hour
 */
export function hoursWithMatches({ properties }: Pick<PlacedResource, 'properties'>): number {
  const [transformation = {}] = listOf(properties['MetricTransformations']);
  return textOf(transformation['MetricName']).startsWith('Threat') ? 0.1 : 1;
}
