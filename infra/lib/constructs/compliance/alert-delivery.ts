import { Aws, Duration } from 'aws-cdk-lib';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { CfnRule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnEventInvokeConfig, type IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { DataResources } from '../../data.stack.js';
import type { Names } from '../../names.js';
import { dataRemoval } from '../../data-removal.js';
import type { Settings } from '../../settings.js';
import { PhiFunction } from '../phi-function.js';
import type { AlertRoute } from './alert-route.js';
import { alarmAtTopic } from '../topic-alarm.js';

interface AlertDeliveryProps {
  names: Names;
  settings: Settings;
  data: DataResources;
}

/**
 * The way of an alert: a rule of EventBridge, the alerter (`apps/compliance-alerter`), its topic. Each stage hands what it could not pass on
 * to the queue of undelivered alerts, whose first message raises an alarm (45 CFR 164.308(a)(6)(ii), 164.308(a)(1)(ii)(D)).
 */
export class AlertDelivery extends Construct implements AlertRoute {
  readonly alarmTopic: ITopic;
  readonly alerter: PhiFunction;
  readonly undelivered: IQueue;

  constructor(scope: Construct, id: string, props: AlertDeliveryProps) {
    super(scope, id);
    const { names, settings, data } = props;
    this.alarmTopic = data.alarmTopic;
    this.undelivered = data.undeliveredAlerts;
    const told = this.#ledger(props);
    this.alerter = new PhiFunction(this, 'Alerter', {
      settings,
      source: 'apps/compliance-alerter/src',
      description: 'Explains compliance changes and threats to people and machines',
      logGroupName: `${names.logGroupPrefix}compliance-alerter`,
      logKey: data.keys.audit,
      roleName: names.roles.complianceAlerter,
      environment: {
        ALERT_TOPIC_ARN: data.alertTopic.topicArn,
        ALERT_TABLE: names.alertTable,
        RULE_NAME_PREFIX: `${names.prefix}-`,
      },
      timeout: Duration.seconds(20),
      memoryMegabytes: 512,
      permissions: this.#permissions(props, told),
    });
    this.#admitRules(names, this.alerter.function);
    this.#retries(this.alerter.function);
    this.#alarms(this.alerter.function);
  }

  target(inputTransformer?: CfnRule.InputTransformerProperty): CfnRule.TargetProperty {
    return {
      id: 'Alerter',
      arn: this.alerter.function.functionArn,
      deadLetterConfig: { arn: this.undelivered.queueArn },
      // An hour: what comes later is told by the alarm on the queue.
      retryPolicy: { maximumRetryAttempts: 20, maximumEventAgeInSeconds: 3600 },
      ...(inputTransformer !== undefined && { inputTransformer }),
    };
  }

  /** What was told: nothing twice, and a recovery only to those who heard of the violation. */
  #ledger({ names, settings, data }: AlertDeliveryProps): Table {
    return new Table(this, 'Told', {
      tableName: names.alertTable,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: data.keys.alerts,
      timeToLiveAttribute: 'expiresAt',
      pointInTimeRecoverySpecification: {
        pointInTimeRecoveryEnabled: true,
        recoveryPeriodInDays: settings.pointInTimeRecoveryDays,
      },
      deletionProtection: settings.retainsData,
      removalPolicy: dataRemoval(settings),
    });
  }

  /** The key needs no statement: its policy admits the role through SNS, SQS and DynamoDB. */
  #permissions({ data }: AlertDeliveryProps, told: Table): PolicyStatement[] {
    return [
      new PolicyStatement({
        sid: 'Publish',
        actions: ['sns:Publish'],
        resources: [data.alertTopic.topicArn],
      }),
      new PolicyStatement({
        sid: 'Told',
        actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
        resources: [told.tableArn],
      }),
      new PolicyStatement({
        sid: 'Undelivered',
        actions: ['sqs:SendMessage'],
        resources: [data.undeliveredAlerts.queueArn],
      }),
      // The tags of the resource that an alert is about. Config knows no resources for it.
      new PolicyStatement({
        sid: 'DataClass',
        actions: ['config:GetResourceConfigHistory'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:RequestedRegion': Aws.REGION } },
      }),
    ];
  }

  /** Every rule of this deployment, by its name, so that a rule needs no permission of its own. */
  #admitRules({ prefix }: Names, alerter: IFunction): void {
    alerter.addPermission('Rules', {
      principal: new ServicePrincipal('events.amazonaws.com'),
      sourceArn: `arn:${Aws.PARTITION}:events:${Aws.REGION}:${Aws.ACCOUNT_ID}:rule/${prefix}-*`,
    });
  }

  /** EventBridge hands an event over and is done: what fails in the function itself is Lambda's to repeat. */
  #retries(alerter: IFunction): void {
    new CfnEventInvokeConfig(this, 'Retries', {
      functionName: alerter.functionName,
      qualifier: '$LATEST',
      maximumRetryAttempts: 2,
      maximumEventAgeInSeconds: 3600,
      destinationConfig: { onFailure: { destination: this.undelivered.queueArn } },
    });
  }

  #alarms(alerter: IFunction): void {
    alarmAtTopic(this, 'AlerterFails', this.alarmTopic, {
      alarmDescription:
        'The alerter failed. Lambda repeats it twice; what was not told then lies in the queue of undelivered alerts. Its log says where.',
      metric: alerter.metricErrors({ statistic: 'Sum', period: Duration.minutes(5) }),
      threshold: 1,
    });
    // Over every rule of the region at once, by a query, because each rule has a metric of its own and rules come and go.
    new CfnAlarm(this, 'InvocationsFail', {
      alarmDescription:
        'EventBridge could not hand an event to a target. What was for the alerter lies in the queue of undelivered alerts.',
      metrics: [
        {
          id: 'failed',
          expression: 'SELECT SUM(FailedInvocations) FROM SCHEMA("AWS/Events", RuleName)',
          period: 300,
          returnData: true,
        },
      ],
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: 'GreaterThanOrEqualToThreshold',
      treatMissingData: 'notBreaching',
      alarmActions: [this.alarmTopic.topicArn],
      okActions: [this.alarmTopic.topicArn],
    });
  }
}
