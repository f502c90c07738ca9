import { Aws, Duration } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { MetricFilter } from 'aws-cdk-lib/aws-logs';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { SubscriptionFilter } from 'aws-cdk-lib/aws-sns';
import { LambdaSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { DataResources } from '../../data.stack.js';
import type { Names } from '../../names.js';
import type { Settings } from '../../settings.js';
import { PhiFunction } from '../phi-function.js';
import type { AlertRoute } from './alert-route.js';
import { alarmAtTopic } from '../topic-alarm.js';

const SOURCE = 'phi.canary';
const DETAIL_TYPE = 'Alert path canary';
const everyMinutes = 5;

interface AlertCanaryProps {
  names: Names;
  settings: Settings;
  data: DataResources;
  route: AlertRoute;
}

/**
 * Sends an event down the whole way of an alert every few minutes, and raises an alarm when none arrives: bus, rule, alerter, table, key and
 * topic work, or somebody is told by the other topic (45 CFR 164.308(a)(8), 164.312(b)).
 */
export class AlertCanary extends Construct {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: AlertCanaryProps,
  ) {
    super(scope, id);
    this.#schedule();
    this.#rule();
    this.#watch(this.#receiver());
  }

  /** By EventBridge Scheduler, because it can put an event on the bus: a scheduled rule would skip bus and pattern. */
  #schedule(): void {
    const { names, data } = this.props;
    const bus = `arn:${Aws.PARTITION}:events:${Aws.REGION}:${Aws.ACCOUNT_ID}:event-bus/default`;
    const role = new Role(this, 'Role', {
      roleName: names.roles.alertCanary,
      description: 'Puts canaries on the bus',
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    });
    const permissions = new ManagedPolicy(this, 'Permissions', {
      description: 'Puts canaries on the bus',
      roles: [role],
      statements: [
        new PolicyStatement({
          sid: 'Canaries',
          actions: ['events:PutEvents'],
          resources: [bus],
          conditions: { StringEquals: { 'events:source': SOURCE } },
        }),
        new PolicyStatement({
          sid: 'Undelivered',
          actions: ['sqs:SendMessage'],
          resources: [data.undeliveredAlerts.queueArn],
        }),
      ],
    });
    const schedule = new CfnSchedule(this, 'Schedule', {
      name: `${names.prefix}-alert-canary`,
      description: 'A canary down the way of alerts',
      scheduleExpression: `rate(${everyMinutes} minutes)`,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: bus,
        roleArn: role.roleArn,
        eventBridgeParameters: { source: SOURCE, detailType: DETAIL_TYPE },
        input: '{}',
        // The next one is as good as a repetition.
        retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
        deadLetterConfig: { arn: data.undeliveredAlerts.queueArn },
      },
    });
    schedule.node.addDependency(permissions);
  }

  #rule(): void {
    const { names, route } = this.props;
    new CfnRule(this, 'Rule', {
      name: `${names.prefix}-alert-canary`,
      description: 'Canaries, to the alerter',
      eventPattern: { source: [SOURCE], 'detail-type': [DETAIL_TYPE] },
      targets: [
        route.target({
          inputPathsMap: { id: '$.id', time: '$.time', account: '$.account', region: '$.region' },
          inputTemplate: JSON.stringify({
            phiAlert: 1,
            kind: 'canary',
            id: 'alert-path-canary',
            severity: 'INFO',
            title: 'Canary of the alert path',
            paragraph: '164.308(a)(8)',
            eventId: '<id>',
            time: '<time>',
            account: '<account>',
            region: '<region>',
          }),
        }),
      ],
    });
  }

  #receiver(): PhiFunction {
    const { names, settings, data } = this.props;
    const receiver = new PhiFunction(this, 'Receiver', {
      settings,
      source: 'alert-canary',
      description: 'Counts the canaries that arrive',
      logGroupName: `${names.logGroupPrefix}alert-canary`,
      logKey: data.keys.audit,
      permissions: [],
    });
    data.alertTopic.addSubscription(
      new LambdaSubscription(receiver.function, {
        deadLetterQueue: data.undeliveredAlerts,
        filterPolicy: { kind: SubscriptionFilter.stringFilter({ allowlist: ['canary'] }) },
      }),
    );
    return receiver;
  }

  #watch({ logGroup }: PhiFunction): void {
    const { names, data } = this.props;
    const metric = (metricName: string, logPatternString: string) =>
      new MetricFilter(this, metricName, {
        logGroup,
        metricNamespace: names.metricNamespace,
        metricName,
        filterPattern: { logPatternString },
        metricValue: '1',
      }).metric({ statistic: 'Sum', period: Duration.minutes(5) });
    alarmAtTopic(this, 'CanaryMissing', data.alarmTopic, {
      alarmDescription:
        'No canary came through the way of alerts for 15 minutes: violations and threats are told to nobody. Look at the queue of undelivered alerts, then at the alerter.',
      metric: metric('AlertPathCompleted', '{ $.message = "canary arrived" }'),
      threshold: 1,
      evaluationPeriods: 3,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      // Silence is the finding: what it waits for comes every five minutes.
      treatMissingData: TreatMissingData.BREACHING,
    });
    alarmAtTopic(this, 'CanarySlow', data.alarmTopic, {
      alarmDescription: 'Alerts take longer than 30 seconds from the event to the subscriber.',
      metric: metric('AlertPathSlow', '{ $.isSlow IS TRUE }'),
      threshold: 1,
      evaluationPeriods: 3,
    });
  }
}
