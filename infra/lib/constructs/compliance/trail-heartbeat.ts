import { Aws, Duration } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Names } from '../../names.js';
import type { Settings } from '../../settings.js';
import { PhiFunction } from '../phi-function.js';
import { ScheduledCall } from '../scheduled-call.js';

/** Looks every five minutes whether CloudTrail delivers, and makes a figure of it: an alarm needs one. */
export class TrailHeartbeat extends Construct {
  constructor(
    scope: Construct,
    id: string,
    names: Names,
    settings: Settings,
    { logKey, undelivered }: { logKey: IKey; undelivered: IQueue },
  ) {
    super(scope, id);
    const { function: heartbeat } = new PhiFunction(this, 'Heartbeat', {
      settings,
      source: 'trail-heartbeat',
      description: 'Looks whether CloudTrail delivers',
      logGroupName: `${names.logGroupPrefix}trail-heartbeat`,
      logKey,
      environment: { TRAIL_NAME: names.trail, METRIC_NAMESPACE: names.complianceNamespace },
      permissions: [
        new PolicyStatement({
          sid: 'Trail',
          actions: ['cloudtrail:GetTrailStatus'],
          resources: [`arn:${Aws.PARTITION}:cloudtrail:${Aws.REGION}:${Aws.ACCOUNT_ID}:trail/${names.trail}`],
        }),
      ],
    });
    new ScheduledCall(this, 'Schedule', {
      description: 'Looks whether CloudTrail delivers',
      schedule: Schedule.rate(Duration.minutes(5)),
      function: heartbeat,
      retryAttempts: 1,
      maxEventAge: Duration.minutes(5),
      undelivered,
    });
  }
}
