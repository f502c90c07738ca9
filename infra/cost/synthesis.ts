import { App, type Stack } from 'aws-cdk-lib';
import { addStacks } from '../lib/phi-app.js';
import { cdkContext } from '../lib/repository.js';
import type { Settings } from '../lib/settings.js';
import type { TemplatesOf } from './profiles.js';
import type { Template } from './template.js';

/** By their settings: profiles share deployments, and a synthesis takes seconds. */
const synthesized = new Map<string, Record<string, Template>>();

/** Synthesizes a deployment. Lambdas are not bundled, which changes no price. */
export const templatesOf: TemplatesOf = (settings, withApi = true) => {
  const name = JSON.stringify(settings);
  const templates = synthesized.get(name) ?? synthesize(settings);
  synthesized.set(name, templates);
  return Object.fromEntries(Object.entries(templates).filter(([stack]) => withApi || stack !== 'Api'));
};

function synthesize(settings: Settings): Record<string, Template> {
  const app = new App({
    context: { ...cdkContext(), 'aws:cdk:bundling-stacks': [] },
    analyticsReporting: false,
    // CloudFormation's own rules change no price, and take most of the time.
    builtinCloudFormationValidation: false,
  });
  const stacks: Stack[] = Object.values(addStacks(app, settings));
  const assembly = app.synth();
  return Object.fromEntries(
    stacks.map(({ node, artifactId }) => [
      node.id,
      assembly.getStackArtifact(artifactId).template as Template,
    ]),
  );
}
