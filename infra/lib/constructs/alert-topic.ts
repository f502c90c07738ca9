import { Aws, Duration } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type ITopic, SubscriptionFilter, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Names } from '../names.js';
import { dataRemoval } from '../data-removal.js';
import type { Settings } from '../settings.js';
import { alarmAtTopic } from './topic-alarm.js';

/**
 * What was to be told and was not: events that a target did not take, calls of scheduled functions, and messages that a subscriber did not
 * take. Both services are admitted for rules and topics of this deployment alone.
 */
export class UndeliveredAlerts extends Construct {
  readonly queue: Queue;

  constructor(scope: Construct, id: string, names: Names, settings: Settings, key: IKey) {
    super(scope, id);
    this.queue = new Queue(this, 'Queue', {
      queueName: names.undeliveredAlerts,
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: key,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: dataRemoval(settings),
    });
    const sources = {
      events: [`rule/${names.prefix}-*`],
      sns: [`${names.prefix}-*`, names.approvalTopic],
    };
    for (const [service, allowed] of Object.entries(sources)) {
      this.queue.addToResourcePolicy(
        new PolicyStatement({
          sid: `UndeliveredBy${service}`,
          principals: [new ServicePrincipal(`${service}.amazonaws.com`)],
          actions: ['sqs:SendMessage'],
          resources: [this.queue.queueArn],
          conditions: {
            ArnLike: {
              'aws:SourceArn': allowed.map(
                (name) => `arn:${Aws.PARTITION}:${service}:${Aws.REGION}:${Aws.ACCOUNT_ID}:${name}`,
              ),
            },
          },
        }),
      );
    }
  }

  /** Its first message is a case for somebody: an alert that nobody got. */
  tellAt(topic: ITopic): void {
    alarmAtTopic(this, 'Waiting', topic, {
      alarmDescription:
        'An alert, or the call of a scheduled function, was not delivered. The queue of undelivered alerts holds it: read it there, then send it again or delete it.',
      metric: this.queue.metricApproximateNumberOfMessagesVisible({
        statistic: 'Maximum',
        period: Duration.minutes(1),
      }),
      threshold: 1,
    });
  }
}

/**
 * What the alerter says, to whoever subscribes: text to mail, JSON to everything else, with severity and kind as attributes to filter by.
 * It outlives the compliance stack, because every address has confirmed its subscription.
 */
export class AlertTopic extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, names: Names, settings: Settings, key: IKey, undelivered: Queue) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', {
      topicName: names.alertTopic,
      displayName: `Alerts of ${names.prefix}`,
      masterKey: key,
      enforceSSL: true,
    });
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmOnTheOtherTopic',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
    for (const address of settings.alarmAddresses) {
      this.topic.addSubscription(
        new EmailSubscription(address, {
          deadLetterQueue: undelivered,
          // The canary comes every few minutes. An alarm of CloudWatch has no attributes.
          filterPolicy: {
            kind: new SubscriptionFilter([{ 'anything-but': ['canary'] }, { exists: false }]),
          },
        }),
      );
    }
  }
}

/** Tells by one topic that the other does not deliver: neither could say so of itself. */
export function watchEachOther(alarms: Topic, alerts: Topic): void {
  for (const [watched, told] of [
    [alarms, alerts],
    [alerts, alarms],
  ] as const) {
    alarmAtTopic(watched, 'Failing', told, {
      alarmDescription:
        'Messages of a topic did not reach a subscriber. What was not taken lies in the queue of undelivered alerts.',
      metric: watched.metricNumberOfNotificationsFailed({ statistic: 'Sum', period: Duration.minutes(5) }),
      threshold: 1,
    });
  }
}
