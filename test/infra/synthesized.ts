import { type EnvironmentName, exampleAccount, type Settings, settingsOf } from '../../infra/lib/settings.js';
import {
  type Composition,
  type Deployment,
  type SynthesizedStack,
  type Synthesis,
  synthesisOf,
} from './support/deployment-cache.js';

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
  /** In the tree of constructs: `Data/Keys/Records/Resource`. */
  path: string;
}

export interface Synthesized {
  settings: Settings;
  stacks: Record<string, SynthesizedStack>;
  /** Every resource of every stack. */
  resources: Placed[];
  ofType(type: string): Placed[];
}

/**
 * The deployment of an environment.
 * @param change what differs from the environment's settings
 * @param composition which stacks, all unless given
 */
export const synthesized = (
  environment: EnvironmentName,
  change: Partial<Settings> = {},
  composition: Composition = 'everything',
): Synthesized => allSynthesized({ one: { environment, change, composition } }).one;

/** Several deployments, made in one process: cheaper than one after the other. */
export function allSynthesized<Name extends string>(
  wanted: Readonly<Record<Name, Partial<Deployment> & Pick<Deployment, 'environment'>>>,
): Record<Name, Synthesized> {
  const names = Object.keys(wanted) as Name[];
  const deployments = names.map((name): Deployment => ({
    change: {},
    composition: 'everything',
    ...wanted[name],
  }));
  const made = synthesisOf(deployments).map((answer, index) => placed(deployments[index]!, answer));
  return Object.fromEntries(names.map((name, index) => [name, made[index]])) as Record<Name, Synthesized>;
}

function placed({ environment, change }: Deployment, { stacks }: Synthesis): Synthesized {
  const resources = Object.entries(stacks).flatMap(([stack, { template, constructs }]) =>
    // A stack that holds nothing yet has no such part.
    Object.entries(template.Resources ?? {}).map(([id, resource]) => ({
      stack,
      id,
      path: constructs[id]?.path ?? '',
      ...resource,
    })),
  );
  return {
    settings: { ...settingsOf(environment, exampleAccount), ...change },
    stacks,
    resources,
    ofType: (type) => resources.filter((one) => one.Type === type),
  };
}

/** Some stacks of a deployment, as if there were no others: what they hold does not depend on those that come after them. */
function only(stacks: readonly string[], whole: Synthesized): Synthesized {
  const resources = whole.resources.filter(({ stack }) => stacks.includes(stack));
  return {
    settings: whole.settings,
    stacks: Object.fromEntries(Object.entries(whole.stacks).filter(([id]) => stacks.includes(id))),
    resources,
    ofType: (type) => resources.filter((one) => one.Type === type),
  };
}

/** The stack that has state. That it is the same alone is tested (app-properties.spec.ts). */
export const dataStack = (environment: EnvironmentName, change: Partial<Settings> = {}): Synthesized =>
  only(['Data'], synthesized(environment, change));

/** The compliance stack and what it stands on, without the service. */
export const complianceStacks = (environment: EnvironmentName, change: Partial<Settings> = {}): Synthesized =>
  only(['Data', 'Audit', 'Compliance'], synthesized(environment, change));

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
