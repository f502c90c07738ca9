import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { DataStack } from '../../infra/lib/data.stack.js';
import { addStacks } from '../../infra/lib/phi-app.js';
import { cdkContext } from '../../infra/lib/repository.js';
import { type EnvironmentName, exampleAccount, type Settings, settingsOf } from '../../infra/lib/settings.js';

/** A resource as it stands in a template. */
export interface TemplateResource {
  Type: string;
  Properties?: Record<string, unknown>;
  DeletionPolicy?: string;
  DependsOn?: string[];
}

/** A resource, and where. */
export interface Placed extends TemplateResource {
  stack: string;
  id: string;
}

export interface Synthesized {
  app: App;
  settings: Settings;
  templates: Record<string, Template>;
  /** Every resource of every stack. */
  resources: Placed[];
  ofType(type: string): Placed[];
}

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

type Compose = (app: App, settings: Settings) => Stack[];
const allStacks: Compose = (app, settings) => Object.values<Stack>({ ...addStacks(app, settings) });

/**
 * The deployment of an environment.
 * @param change what differs from the environment's settings
 * @param compose which stacks, all unless given
 */
export function synthesized(
  environment: EnvironmentName,
  change: Partial<Settings> = {},
  compose: Compose = allStacks,
): Synthesized {
  const app = emptyApp();
  const settings = { ...settingsOf(environment, exampleAccount), ...change };
  const templates = Object.fromEntries(
    compose(app, settings).map((stack) => [stack.node.id, Template.fromStack(stack)]),
  );
  const resources = Object.entries(templates).flatMap(([stack, template]) =>
    // A stack that holds nothing yet has no such part.
    Object.entries(
      (template.toJSON() as { Resources?: Record<string, TemplateResource> }).Resources ?? {},
    ).map(([id, resource]) => ({ stack, id, ...resource })),
  );
  return {
    app,
    settings,
    templates,
    resources,
    ofType: (type) => resources.filter((one) => one.Type === type),
  };
}

/** The stack that has state, alone. */
export const dataStack = (environment: EnvironmentName, change: Partial<Settings> = {}): Synthesized =>
  synthesized(environment, change, (app, settings) => [new DataStack(app, settings)]);

/** @returns a policy's statements, each with lists where a template may have a single value */
export function statementsOf(document: unknown): Statement[] {
  const { Statement = [] } = (document ?? {}) as { Statement?: unknown };
  const list = (value: unknown): unknown[] =>
    Array.isArray(value) ? value : value === undefined ? [] : [value];
  return list(Statement).map((one) => {
    const statement = one as Record<string, unknown>;
    return {
      sid: String(statement['Sid'] ?? ''),
      effect: statement['Effect'] as 'Allow' | 'Deny',
      principal: statement['Principal'],
      actions: list(statement['Action']).map(String),
      resources: list(statement['Resource']),
      conditions: (statement['Condition'] ?? {}) as Record<string, Record<string, unknown>>,
    };
  });
}

export interface Statement {
  sid: string;
  effect: 'Allow' | 'Deny';
  principal: unknown;
  actions: string[];
  resources: unknown[];
  conditions: Record<string, Record<string, unknown>>;
}
