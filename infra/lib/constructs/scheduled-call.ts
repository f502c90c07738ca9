import type { Duration } from 'aws-cdk-lib';
import { type IRuleTarget, Rule, type Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

interface ScheduledCallProps {
  description: string;
  schedule: Schedule;
  function: IFunction;
  /** How often EventBridge tries once more, 2 unless given. */
  retryAttempts?: number;
  /** How long a call is of use. */
  maxEventAge: Duration;
  /** Takes what EventBridge could not hand over: its first message raises an alarm. */
  undelivered: IQueue;
}

/**
 * Calls a function at its times. A call that never reaches the function lies in the queue of undelivered alerts; what fails in the function
 * shows in the alarm on the figure that it owes (45 CFR 164.308(a)(6)(ii), 164.312(b)).
 */
export class ScheduledCall extends Construct {
  constructor(scope: Construct, id: string, props: ScheduledCallProps) {
    super(scope, id);
    const { description, schedule, retryAttempts = 2, maxEventAge, undelivered } = props;
    const call = new LambdaFunction(props.function, { retryAttempts, maxEventAge });
    const target: IRuleTarget = {
      // The queue's own policy admits every rule of the deployment, so that none has to add to it.
      bind: (rule, targetId) => ({
        ...call.bind(rule, targetId),
        deadLetterConfig: { arn: undelivered.queueArn },
      }),
    };
    new Rule(this, 'Rule', { description, schedule, targets: [target] });
  }
}
