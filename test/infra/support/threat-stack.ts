import type { Stack } from 'aws-cdk-lib';
import type { CfnRule } from 'aws-cdk-lib/aws-events';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { threatCatalogue } from '../../../infra/compliance/threats/catalogue.js';
import { rulesOf, type ThreatRule } from '../../../infra/compliance/threats/rules.js';
import type { Threat } from '../../../infra/compliance/threats/threat.js';
import type { AlertRoute } from '../../../infra/lib/constructs/compliance/alert-route.js';
import { knownRoles, ThreatDetection } from '../../../infra/lib/constructs/compliance/threat-detection.js';
import { namesOf } from '../../../infra/lib/names.js';
import { PhiStack } from '../../../infra/lib/phi.stack.js';
import {
  type EnvironmentName,
  exampleAccount,
  type Settings,
  settingsOf,
} from '../../../infra/lib/settings.js';
import { synthesized, type Synthesized } from '../synthesized.js';

/** Names and roles of the deployment that the specs speak of. */
export const names = namesOf('dev');
export const settings = settingsOf('dev', exampleAccount);
export const roles = knownRoles(settings);
export const threats: readonly Threat[] = threatCatalogue(names, roles);
export const rules: readonly ThreatRule[] = threats.flatMap((threat) => rulesOf(threat, roles.deployers));

/** Threat detection alone, behind a route that is as bare as its interface. */
export const threatStack = (environment: EnvironmentName, change: Partial<Settings> = {}): Synthesized =>
  synthesized(environment, change, (app, given) => {
    class ThreatStack extends PhiStack {}
    const stack = new ThreatStack(app, 'Compliance', 'Threat detection alone', given);
    new ThreatDetection(stack, 'Threats', {
      names: stack.names,
      settings: given,
      logKey: Key.fromKeyArn(stack, 'Audit', 'arn:aws:kms:us-east-1:111122223333:key/audit'),
      route: bareRoute(stack),
    });
    return [stack];
  });

function bareRoute(stack: Stack): AlertRoute {
  const undelivered = new Queue(stack, 'Undelivered');
  let targets = 0;
  return {
    alarmTopic: new Topic(stack, 'Alarms'),
    target: (inputTransformer?: CfnRule.InputTransformerProperty): CfnRule.TargetProperty => ({
      id: `Alerter${targets++}`,
      arn: 'arn:aws:lambda:us-east-1:111122223333:function:alerter',
      deadLetterConfig: { arn: undelivered.queueArn },
      retryPolicy: { maximumRetryAttempts: 3 },
      ...(inputTransformer && { inputTransformer }),
    }),
  };
}
