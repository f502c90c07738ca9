import { Aws } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Names } from '../names.js';
import type { Settings } from '../settings.js';

/**
 * Where alarms go: encrypted under the alerts key, whose policy admits the two services that publish. Under AWS's own SNS key
 * both would be dropped without a word.
 */
export class AlarmTopic extends Construct {
  readonly topic: Topic;

  /** @param undelivered takes what an address did not take */
  constructor(
    scope: Construct,
    id: string,
    names: Names,
    settings: Settings,
    key: IKey,
    undelivered: IQueue,
  ) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', {
      topicName: names.alarmTopic,
      displayName: `Alarms of ${names.prefix}`,
      masterKey: key,
      enforceSSL: true,
    });
    for (const service of ['cloudwatch', 'events']) {
      this.topic.addToResourcePolicy(
        new PolicyStatement({
          sid: `PublishBy${service}`,
          principals: [new ServicePrincipal(`${service}.amazonaws.com`)],
          actions: ['sns:Publish'],
          resources: [this.topic.topicArn],
          // EventBridge sends no source account; its rules' targets lie in this account anyway.
          ...(service === 'cloudwatch' && {
            conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
          }),
        }),
      );
    }
    for (const address of settings.alarmAddresses)
      this.topic.addSubscription(new EmailSubscription(address, { deadLetterQueue: undelivered }));
  }
}
