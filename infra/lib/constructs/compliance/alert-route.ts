import type { CfnRule } from 'aws-cdk-lib/aws-events';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';

/** How something that was detected reaches people. */
export interface AlertRoute {
  /** Under our key; admits CloudWatch alarms. */
  readonly alarmTopic: ITopic;
  /** Takes what a rule could not hand over; its first message raises an alarm. */
  readonly undelivered: IQueue;
  /**
   * The function that explains an event and publishes it, as a target of an EventBridge rule: with retries, and a dead-letter queue for
   * what it never took. The rule's name has to begin with `phi-<stage>-`: the function admits no others.
   * @param inputTransformer what the function is told; absent: the whole event
   */
  target(inputTransformer?: CfnRule.InputTransformerProperty): CfnRule.TargetProperty;
}
