import { CustomResource, Duration } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Names } from '../names.js';
import type { Settings } from '../settings.js';
import { requiredTags } from '../tags.js';
import { PhiFunction } from './phi-function.js';
import { ScheduledCall } from './scheduled-call.js';
import { parameterArns } from './task-permissions.js';

/**
 * Brings the issuer's public keys into the parameter from which the service reads them. It is the one thing that runs outside of the
 * network, because an issuer is on the internet; it reads two documents and writes one parameter, and sees no patient's data.
 */
export class IssuerKeys extends Construct {
  readonly function: IFunction;
  /** Copies the keys once while the stack is deployed: what needs them depends on it. */
  readonly firstCopy: CustomResource;

  constructor(
    scope: Construct,
    id: string,
    names: Names,
    settings: Settings,
    { issuer, logKey, undelivered }: { issuer: string; logKey: IKey; undelivered: IQueue },
  ) {
    super(scope, id);
    const { function: copier } = new PhiFunction(this, 'Copier', {
      settings,
      source: 'jwks',
      description: "Copies the issuer's public keys into Parameter Store",
      logGroupName: `${names.logGroupPrefix}jwks`,
      logKey,
      environment: {
        OIDC_ISSUER: issuer,
        PARAMETER_NAME: names.parameters.oidcJwks,
        PARAMETER_TAGS: JSON.stringify(requiredTags(settings, 'Api')),
      },
      permissions: [
        new PolicyStatement({
          sid: 'IssuerKeys',
          actions: ['ssm:AddTagsToResource', 'ssm:DeleteParameter', 'ssm:GetParameter', 'ssm:PutParameter'],
          resources: parameterArns(settings, [names.parameters.oidcJwks]),
        }),
      ],
    });
    this.function = copier;
    new ScheduledCall(this, 'Schedule', {
      description: 'Looks for new keys of the issuer; issuers publish a key before they sign with it',
      schedule: Schedule.rate(Duration.minutes(15)),
      function: copier,
      maxEventAge: Duration.minutes(10),
      undelivered,
    });
    this.firstCopy = new CustomResource(this, 'FirstCopy', {
      resourceType: 'Custom::IssuerKeys',
      serviceToken: copier.functionArn,
      serviceTimeout: Duration.minutes(2),
      // Another issuer is another copy.
      properties: { Issuer: issuer },
    });
  }
}
