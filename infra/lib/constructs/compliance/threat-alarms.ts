import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  AnomalyDetectionAlarm,
  CfnAlarm,
  CfnInsightRule,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { CfnMetricFilter } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { MetricAlarm, WatchedMetric } from '../../../compliance/threats/metric-alarm.js';
import type { TrailFilter } from '../../../compliance/threats/filters.js';
import type { Names } from '../../names.js';
import { notifyTopic } from '../topic-alarm.js';
import { pascalCase } from './threat-rules.js';

interface ThreatAlarmsProps {
  names: Names;
  topic: ITopic;
  filters: readonly TrailFilter[];
  alarms: readonly MetricAlarm[];
}

const PERIOD_SECONDS = 300;

/** Alarms on figures and on counts of log lines: each tells when it begins and when it is over. */
export class ThreatAlarms extends Construct {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: ThreatAlarmsProps,
  ) {
    super(scope, id);
    for (const filter of props.filters) {
      this.#add({
        ...filter,
        row: 'P5',
        severity: 'CRITICAL',
        source: { lines: { of: 'trail', pattern: filter.pattern } },
      });
    }
    for (const alarm of props.alarms) this.#add(alarm);
  }

  #add(alarm: MetricAlarm): void {
    const { source } = alarm;
    if ('worstOf' in source) return this.#insight(alarm, source.worstOf);
    const { below, periods = 1, threshold, silenceIsAlarm } = alarm;
    const common = {
      ...this.#told(alarm),
      evaluationPeriods: periods,
      treatMissingData: silenceIsAlarm ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    };
    const made =
      'anomalyOf' in source
        ? new AnomalyDetectionAlarm(this, pascalCase(alarm.id), {
            ...common,
            metric: metricOf(source.anomalyOf, PERIOD_SECONDS),
            stdDevs: source.deviations,
            comparisonOperator: ComparisonOperator.GREATER_THAN_UPPER_THRESHOLD,
          })
        : new Alarm(this, pascalCase(alarm.id), {
            ...common,
            metric: this.#metric(alarm),
            threshold,
            comparisonOperator: below
              ? ComparisonOperator.LESS_THAN_THRESHOLD
              : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
          });
    notifyTopic(made, this.props.topic);
  }

  #told({ id, severity, title, first, row }: MetricAlarm) {
    return {
      alarmName: `${this.props.names.prefix}-threat-${id}`,
      // What an incident is known by (45 CFR 164.308(a)(6)(ii)).
      alarmDescription: `${`${severity} (${row}): ${title}. First: ${first}`.slice(0, 990)} (45 CFR 164.308(a)(6)(ii))`,
    };
  }

  #metric({ id, source, periodSeconds = PERIOD_SECONDS }: MetricAlarm): IMetric {
    if ('metric' in source) return metricOf(source.metric, periodSeconds);
    if ('lines' in source) return this.#lines(id, source.lines);
    if ('sumOf' in source) {
      const metrics = source.sumOf.map((metric, index) => [`m${index}`, metricOf(metric, periodSeconds)]);
      return new MathExpression({
        // What did not happen has no value.
        expression: metrics.map(([name]) => `FILL(${String(name)}, 0)`).join(' + '),
        usingMetrics: Object.fromEntries(metrics) as Record<string, IMetric>,
        period: Duration.seconds(periodSeconds),
      });
    }
    throw new Error(`${id} has no metric`);
  }

  #lines(id: string, { of, pattern }: { of: 'trail' | 'apiAccess'; pattern: string }): IMetric {
    const { names } = this.props;
    const metricName = `Threat${pascalCase(id)}`;
    new CfnMetricFilter(this, `${pascalCase(id)}Lines`, {
      logGroupName: names.logGroups[of],
      filterPattern: `{ ${pattern} }`,
      metricTransformations: [{ metricNamespace: names.metricNamespace, metricName, metricValue: '1' }],
    });
    return new Metric({
      namespace: names.metricNamespace,
      metricName,
      statistic: 'Sum',
      period: Duration.seconds(PERIOD_SECONDS),
    });
  }

  /** The count of the worst contributor: a figure a caller, without a metric a caller. */
  #insight(
    alarm: MetricAlarm,
    { key, match }: Extract<MetricAlarm['source'], { worstOf: unknown }>['worstOf'],
  ): void {
    const { names, topic } = this.props;
    const ruleName = `${names.prefix}-${alarm.id}`;
    const rule = new CfnInsightRule(this, `${pascalCase(alarm.id)}Callers`, {
      ruleName,
      ruleState: 'ENABLED',
      ruleBody: JSON.stringify({
        Schema: { Name: 'CloudWatchLogRule', Version: 1 },
        AggregateOn: 'Count',
        LogFormat: 'JSON',
        LogGroupNames: [names.logGroups.trail],
        Contribution: {
          Keys: [key],
          Filters: match.map(({ path, in: values, startsWith }) => ({
            Match: path,
            ...(values !== undefined && { In: values }),
            ...(startsWith !== undefined && { StartsWith: startsWith }),
          })),
        },
      }),
    });
    const { alarmName, alarmDescription } = this.#told(alarm);
    new CfnAlarm(this, pascalCase(alarm.id), {
      alarmName,
      alarmDescription,
      metrics: [
        {
          id: 'worst',
          expression: `INSIGHT_RULE_METRIC("${ruleName}", "MaxContributorValue")`,
          period: PERIOD_SECONDS,
          returnData: true,
        },
      ],
      threshold: alarm.threshold,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmActions: [topic.topicArn],
      okActions: [topic.topicArn],
    }).addResourceDependency(rule);
  }
}

const metricOf = ({ namespace, name, dimensions, statistic }: WatchedMetric, seconds: number): Metric =>
  new Metric({
    namespace,
    metricName: name,
    ...(Object.keys(dimensions).length > 0 && { dimensionsMap: dimensions }),
    statistic,
    period: Duration.seconds(seconds),
  });
