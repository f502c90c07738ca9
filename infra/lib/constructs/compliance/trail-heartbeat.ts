import { Aws, Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Names } from '../../names.js';
import type { Settings } from '../../settings.js';
import { PhiFunction } from '../phi-function.js';

/** Looks every five minutes whether CloudTrail delivers, and makes a figure of it: an alarm needs one. */
export class TrailHeartbeat extends Construct {
  constructor(scope: Construct, id: string, names: Names, settings: Settings, logKey: IKey) {
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
    new Rule(this, 'Schedule', {
      description: 'Looks whether CloudTrail delivers',
      schedule: Schedule.rate(Duration.minutes(5)),
      targets: [new LambdaFunction(heartbeat, { retryAttempts: 1, maxEventAge: Duration.minutes(5) })],
    });
  }
}
