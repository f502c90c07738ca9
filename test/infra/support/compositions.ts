import { App, type CfnResource, Stack, TagManager } from 'aws-cdk-lib';
import type { CfnRule } from 'aws-cdk-lib/aws-events';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { AlertRoute } from '../../../infra/lib/constructs/compliance/alert-route.js';
import { ThreatDetection } from '../../../infra/lib/constructs/compliance/threat-detection.js';
import { DataStack } from '../../../infra/lib/data.stack.js';
import { nagReport } from '../../../infra/lib/nag-report.js';
import { addStacks } from '../../../infra/lib/phi-app.js';
import { PhiStack } from '../../../infra/lib/phi.stack.js';
import { cdkContext } from '../../../infra/lib/repository.js';
import { exampleAccount, type Settings, settingsOf } from '../../../infra/lib/settings.js';
import type { Composition, Deployment, SynthesizedStack } from './deployment-cache.js';

/**
 * An app as the CDK command has it, without what would take most of the time and is tested once, on what the command makes
 * (app-synthesis.spec.ts): bundling of functions, and CloudFormation's own rules.
 */
export const emptyApp = (): App =>
  new App({
    context: { ...cdkContext(), 'aws:cdk:bundling-stacks': [] },
    analyticsReporting: false,
    builtinCloudFormationValidation: false,
  });

const compositions: Record<Composition, (app: App, settings: Settings) => Stack[]> = {
  everything: (app, settings) => Object.values<Stack>({ ...addStacks(app, settings) }),
  data: (app, settings) => [new DataStack(app, settings)],
  threats: (app, settings) => [threatStack(app, settings)],
};

/** Threat detection alone, behind a route that is as bare as its interface. */
function threatStack(app: App, settings: Settings): Stack {
  class ThreatStack extends PhiStack {}
  const stack = new ThreatStack(app, 'Compliance', 'Threat detection alone', settings);
  new ThreatDetection(stack, 'Threats', {
    names: stack.names,
    settings,
    logKey: Key.fromKeyArn(stack, 'Audit', 'arn:aws:kms:us-east-1:111122223333:key/audit'),
    route: bareRoute(stack),
  });
  return stack;
}

function bareRoute(stack: Stack): AlertRoute {
  const undelivered = new Queue(stack, 'Undelivered');
  let targets = 0;
  return {
    alarmTopic: new Topic(stack, 'Alarms'),
    undelivered,
    target: (inputTransformer?: CfnRule.InputTransformerProperty): CfnRule.TargetProperty => ({
      id: `Alerter${targets++}`,
      arn: 'arn:aws:lambda:us-east-1:111122223333:function:alerter',
      deadLetterConfig: { arn: undelivered.queueArn },
      retryPolicy: { maximumRetryAttempts: 3 },
      ...(inputTransformer && { inputTransformer }),
    }),
  };
}

/** @returns what a deployment is synthesized to, and what cdk-nag says of it where that is asked */
export function synthesize({ environment, change, composition, nag }: Deployment) {
  const app = emptyApp();
  const settings = { ...settingsOf(environment, exampleAccount), ...change };
  const stacks = compositions[composition](app, settings);
  const report = nag === true ? nagReport(app) : undefined;
  const assembly = app.synth();
  const synthesized = stacks.map((stack): [string, SynthesizedStack] => [
    stack.node.id,
    {
      name: stack.stackName,
      template: assembly.getStackArtifact(stack.artifactId).template as SynthesizedStack['template'],
      terminationProtection: stack.terminationProtection ?? false,
      dependencies: stack.dependencies.map(({ node }) => node.id),
      constructs: constructsOf(stack),
    },
  ]);
  return { stacks: Object.fromEntries(synthesized), report };
}

/** Where each resource stands in the tree, and whether it can be tagged. */
const constructsOf = (stack: Stack): SynthesizedStack['constructs'] =>
  Object.fromEntries(
    stack.node
      .findAll()
      .filter((node): node is CfnResource => 'cfnResourceType' in node)
      .map((node) => [
        String(stack.resolve(node.logicalId)),
        { path: node.node.path, isTaggable: TagManager.of(node) !== undefined },
      ]),
  );
