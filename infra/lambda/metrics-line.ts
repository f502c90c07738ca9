import { Metrics } from '@aws-lambda-powertools/metrics';

/**
 * Figures as a line of the log, which CloudWatch makes metrics of; without dimensions: an alarm names the namespace and the name.
 * @param members stand beside the figures and can be searched for
 */
export function metricsLine(
  namespace: string,
  counts: Record<string, number>,
  members: Record<string, unknown> = {},
): string {
  const { _aws, ...figures } = documentOf(namespace, counts);
  return `${JSON.stringify({ ...members, _aws, ...figures })}\n`;
}

function documentOf(namespace: string, counts: Record<string, number>) {
  const metrics = new Metrics({ namespace, serviceName: 'compliance' });
  for (const [name, value] of Object.entries(counts)) metrics.addMetric(name, 'Count', value);
  const document = metrics.serializeMetrics();
  // The library always has a dimension for the service.
  for (const directive of document._aws.CloudWatchMetrics) directive.Dimensions = [[]];
  return document;
}
