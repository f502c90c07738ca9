import { Aws, Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { complianceMetrics, complianceMetricsEveryHours, riskBands } from '../../compliance-metrics.js';
import type { DataResources } from '../../data.stack.js';
import type { Names } from '../../names.js';
import type { Settings } from '../../settings.js';
import { PhiFunction } from '../phi-function.js';
import { ScheduledCall } from '../scheduled-call.js';
import { alarmAtTopic } from '../topic-alarm.js';
import type { AlertRoute } from './alert-route.js';

interface ComplianceFiguresProps {
  names: Names;
  settings: Settings;
  data: DataResources;
  alerts: AlertRoute;
}

/** What leadership looks at: how much is kept, what is open and for how long, and the risk of it (45 CFR 164.308(a)(1)(ii)(A), 164.308(a)(8)). */
export class ComplianceFigures extends Construct {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: ComplianceFiguresProps,
  ) {
    super(scope, id);
    const { names, settings, data } = props;
    const { function: publisher } = new PhiFunction(this, 'Publisher', {
      settings,
      source: 'apps/compliance-metrics/src',
      description: 'Publishes what AWS Config has judged as metrics, and the risk of it',
      logGroupName: `${names.logGroupPrefix}compliance-metrics`,
      logKey: data.keys.audit,
      environment: {
        METRIC_NAMESPACE: names.complianceNamespace,
        RULE_NAME_PREFIX: `${names.prefix}-`,
        RULE_METRICS: String(settings.remediation.ruleMetrics),
      },
      // Some hundred calls of Config, which throttles.
      timeout: Duration.minutes(10),
      memoryMegabytes: 512,
      permissions: [
        // Config knows no resources for these; they are held to the region.
        new PolicyStatement({
          sid: 'Judgements',
          actions: [
            'config:DescribeComplianceByConfigRule',
            'config:GetComplianceDetailsByConfigRule',
            'config:GetResourceConfigHistory',
            'config:SelectResourceConfig',
          ],
          resources: ['*'],
          conditions: { StringEquals: { 'aws:RequestedRegion': Aws.REGION } },
        }),
        new PolicyStatement({
          sid: 'Publish',
          actions: ['cloudwatch:PutMetricData'],
          resources: ['*'],
          conditions: { StringEquals: { 'cloudwatch:namespace': names.complianceNamespace } },
        }),
        // CloudWatch lets nobody name a namespace here; figures of an account hold no PHI.
        new PolicyStatement({
          sid: 'ScoresOfBefore',
          actions: ['cloudwatch:GetMetricData'],
          resources: ['*'],
          conditions: { StringEquals: { 'aws:RequestedRegion': Aws.REGION } },
        }),
      ],
    });
    new ScheduledCall(this, 'Schedule', {
      description: 'Publishes the figures of compliance',
      schedule: Schedule.rate(Duration.hours(complianceMetricsEveryHours)),
      function: publisher,
      maxEventAge: Duration.hours(1),
      undelivered: data.undeliveredAlerts,
    });
    this.#alarms();
  }

  #alarms(): void {
    const { names, alerts } = this.props;
    const score = (period: Duration, statistic: string) =>
      new Metric({
        namespace: names.complianceNamespace,
        metricName: complianceMetrics.riskScore.name,
        statistic,
        period,
      });
    // Old figures look like good ones.
    alarmAtTopic(this, 'Silent', alerts.alarmTopic, {
      alarmDescription:
        'The figures of compliance were not published for half a day: what dashboards show is old. The log of the function says why.',
      metric: score(Duration.hours(2 * complianceMetricsEveryHours), 'SampleCount'),
      threshold: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.BREACHING,
    });
    alarmAtTopic(this, 'Risk', alerts.alarmTopic, {
      alarmDescription: `The risk score of the account is ${riskBands.act} or more: something that holds PHI is open, or much is broken. The dashboard says what; phi compliance score says where.`,
      metric: score(Duration.hours(complianceMetricsEveryHours), 'Maximum'),
      threshold: riskBands.act,
    });
  }
}
