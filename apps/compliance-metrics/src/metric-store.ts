import {
  type CloudWatchClient,
  paginateGetMetricData,
  PutMetricDataCommand,
  type StandardUnit,
} from '@aws-sdk/client-cloudwatch';
import { complianceMetrics, type DailyScore, type Measure, trendWindow } from '@app/compliance-score';

const SECONDS_PER_DAY = 24 * 3600;
/** "Each request is also limited to no more than 1000 different metrics": CloudWatch API Reference, PutMetricData. */
const METRICS_A_REQUEST = 1000;

export async function publish(
  client: CloudWatchClient,
  namespace: string,
  measures: readonly Measure[],
  time: Date,
): Promise<void> {
  for (let from = 0; from < measures.length; from += METRICS_A_REQUEST) {
    await client.send(
      new PutMetricDataCommand({
        Namespace: namespace,
        MetricData: measures
          .slice(from, from + METRICS_A_REQUEST)
          .map(({ name, unit, dimension, value }) => ({
            MetricName: name,
            Unit: unit satisfies StandardUnit,
            Value: value,
            Timestamp: time,
            ...(dimension !== undefined && {
              Dimensions: [{ Name: dimension.name, Value: dimension.value }],
            }),
          })),
      }),
    );
  }
}

/** @returns the highest score of each of the last days, as it was published */
export async function dailyScores(
  client: CloudWatchClient,
  namespace: string,
  now: Date,
): Promise<DailyScore[]> {
  const midnight = Math.floor(now.getTime() / 1000 / SECONDS_PER_DAY) * SECONDS_PER_DAY;
  const pages = paginateGetMetricData(
    { client },
    {
      StartTime: new Date((midnight - (trendWindow.days - 1) * SECONDS_PER_DAY) * 1000),
      EndTime: now,
      MetricDataQueries: [
        {
          Id: 'score',
          MetricStat: {
            Metric: { Namespace: namespace, MetricName: complianceMetrics.riskScore.name },
            Period: SECONDS_PER_DAY,
            Stat: 'Maximum',
          },
        },
      ],
    },
  );
  const scores: DailyScore[] = [];
  for await (const { MetricDataResults = [] } of pages) {
    for (const { Timestamps = [], Values = [] } of MetricDataResults) {
      Timestamps.forEach((time, index) => {
        const score = Values[index];
        if (score !== undefined)
          scores.push({ day: Math.floor(time.getTime() / 1000 / SECONDS_PER_DAY), score });
      });
    }
  }
  return scores;
}
