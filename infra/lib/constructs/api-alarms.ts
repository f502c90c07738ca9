import { Duration } from 'aws-cdk-lib';
import {
  type Alarm,
  ComparisonOperator,
  type IMetric,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { ApplicationLoadBalancer, ApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Names } from '../names.js';
import type { Settings } from '../settings.js';
import { alarmAtTopic } from './topic-alarm.js';

export interface ApiAlarmsProps {
  names: Names;
  settings: Settings;
  topic: ITopic;
  accessLog: ILogGroup;
  loadBalancer: ApplicationLoadBalancer;
  targetGroup: ApplicationTargetGroup;
}

export interface ApiAlarm {
  metric: IMetric;
  threshold: number;
  /** Periods of the metric in a row, 1 unless given. */
  periods?: number;
  comparison?: ComparisonOperator;
  missing?: TreatMissingData;
}

/** Longest that a request may take while all is well: screening by Bedrock takes up to 20 s, the gateway ends at 29 s. */
export const SLOW_MILLISECONDS = 15_000;

/**
 * When somebody has to look at the API. Each threshold lies within what its metric can become: a metric that counts is summed, a
 * state is taken at its worst (45 CFR 164.308(a)(6)(i)).
 */
export class ApiAlarms extends Construct {
  readonly alarms: Alarm[] = [];

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ApiAlarmsProps,
  ) {
    super(scope, id);
    const { settings, loadBalancer, targetGroup } = props;
    const minTasks = settings.api.minTasks;
    this.add('ServerErrors', 'Answers 5xx in five minutes', {
      metric: this.#ofApi('5XXError', Stats.SUM),
      threshold: 5,
    });
    this.add('Latency', 'The slowest hundredth of answers, ms', {
      metric: this.#ofApi('Latency', Stats.percentile(99)),
      threshold: SLOW_MILLISECONDS,
      periods: 3,
    });
    this.add('Throttled', 'Requests refused with 429 in five minutes', {
      metric: this.#answers('Throttled', 429),
      threshold: 50,
    });
    this.add(
      'Unauthorized',
      'Requests refused with 401 in five minutes: tokens expired, or somebody is trying',
      {
        metric: this.#answers('Unauthorized', 401),
        threshold: 200,
      },
    );
    this.add('UnhealthyTasks', 'Tasks that do not answer the load balancer', {
      metric: targetGroup.metrics.unhealthyHostCount({
        statistic: Stats.MAXIMUM,
        period: Duration.minutes(1),
      }),
      threshold: 1,
      periods: 3,
    });
    this.add('Tasks', 'Fewer tasks in service than are to run at least', {
      metric: targetGroup.metrics.healthyHostCount({ statistic: Stats.MINIMUM, period: Duration.minutes(1) }),
      threshold: minTasks,
      comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
      periods: 5,
      // Without tasks there is nobody to be counted.
      missing: TreatMissingData.BREACHING,
    });
    this.add('TlsToTasks', 'Failed TLS connections from the load balancer to tasks', {
      metric: loadBalancer.metrics.targetTLSNegotiationErrorCount({
        statistic: Stats.SUM,
        period: Duration.minutes(5),
      }),
      threshold: 5,
    });
  }

  /** Raises an alarm and takes it back, at the topic. */
  add(
    id: string,
    alarmDescription: string,
    {
      metric,
      threshold,
      periods = 1,
      comparison = ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      missing = TreatMissingData.NOT_BREACHING,
    }: ApiAlarm,
  ): void {
    const alarm = alarmAtTopic(this, id, this.props.topic, {
      alarmName: `${this.props.names.prefix}-api-${id}`,
      alarmDescription,
      metric,
      threshold,
      evaluationPeriods: periods,
      comparisonOperator: comparison,
      treatMissingData: missing,
    });
    this.alarms.push(alarm);
  }

  #ofApi(metricName: string, statistic: string): Metric {
    const { names, settings } = this.props;
    return new Metric({
      namespace: 'AWS/ApiGateway',
      metricName,
      // By name, as API Gateway reports it.
      dimensionsMap: { ApiName: names.prefix, Stage: settings.stage },
      statistic,
      period: Duration.minutes(5),
    });
  }

  /** API Gateway has one number for all refusals; the access log knows which they were. One for each line. */
  #answers(metricName: string, status: number): Metric {
    const { names, accessLog } = this.props;
    const filter = new MetricFilter(this, `${metricName}Answers`, {
      logGroup: accessLog,
      filterPattern: FilterPattern.stringValue('$.status', '=', String(status)),
      metricNamespace: names.metricNamespace,
      metricName: `Api${metricName}`,
      metricValue: '1',
    });
    return filter.metric({ statistic: Stats.SUM, period: Duration.minutes(5) });
  }
}
