import { Aws } from 'aws-cdk-lib';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { PhiStack } from './phi.stack.js';
import type { Settings } from './settings.js';

/** Where CloudTrail delivers events of IAM, of the organization and of sign-in, whatever region a deployment is in. */
export const GLOBAL_REGION = 'us-east-1';

const detailTypes = [
  'AWS API Call via CloudTrail',
  'AWS Console Sign In via CloudTrail',
  'AWS Console Action via CloudTrail',
];

/**
 * Hands events that arrive in us-east-1 on to the bus of the deployment's region, where the rules are. There is none if the deployment is in
 * us-east-1 itself. What is lost on this way is counted in the trail's log stream all the same: one trail records every region.
 */
export class GlobalEventsStack extends PhiStack {
  constructor(scope: Construct, settings: Settings) {
    super(scope, 'Global', 'Healthcare Security Platform: events of us-east-1 for the rules', {
      ...settings,
      region: GLOBAL_REGION,
    });
    const { names } = this;
    const bus = `arn:${Aws.PARTITION}:events:${settings.region}:${Aws.ACCOUNT_ID}:event-bus/default`;
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('events.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
      description: 'Hands events on to another region',
    });
    new ManagedPolicy(this, 'Permissions', {
      description: 'Hands events on to another region',
      roles: [role],
      statements: [new PolicyStatement({ sid: 'Bus', actions: ['events:PutEvents'], resources: [bus] })],
    });
    // The keys are in the other region. What lies here are calls of APIs, without any patient.
    const undelivered = new Queue(this, 'Undelivered', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
    });
    undelivered.addToResourcePolicy(
      new PolicyStatement({
        sid: 'Rules',
        principals: [new ServicePrincipal('events.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [undelivered.queueArn],
        conditions: {
          ArnLike: {
            'aws:SourceArn': `arn:${Aws.PARTITION}:events:${GLOBAL_REGION}:${Aws.ACCOUNT_ID}:rule/${names.prefix}-*`,
          },
        },
      }),
    );
    const target = {
      id: 'Home',
      arn: bus,
      roleArn: role.roleArn,
      deadLetterConfig: { arn: undelivered.queueArn },
      retryPolicy: { maximumRetryAttempts: 20, maximumEventAgeInSeconds: 3600 },
    };
    new CfnRule(this, 'Changes', {
      name: `${names.prefix}-global-changes`,
      description: 'Changes of IAM and of the organization, and sign-ins',
      eventPattern: {
        source: ['aws.iam', 'aws.organizations', 'aws.signin'],
        'detail-type': detailTypes,
      },
      state: 'ENABLED',
      targets: [target],
    });
    new CfnRule(this, 'RootUser', {
      name: `${names.prefix}-global-root-user`,
      description: 'Whatever the root user does, reads too',
      eventPattern: {
        source: [{ prefix: 'aws.' }],
        'detail-type': detailTypes,
        detail: { userIdentity: { type: ['Root'] } },
      },
      state: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
      targets: [target],
    });
  }
}
