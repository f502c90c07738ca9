import { isDeepStrictEqual } from 'node:util';
import type { TemplatesOf } from '../../../infra/cost/profiles.js';
import {
  type EnvironmentName,
  exampleAccount,
  type Settings,
  settingsOf,
} from '../../../infra/lib/settings.js';
import { synthesized } from '../synthesized.js';

/** @returns what differs from the environment's settings: by that, specs share deployments */
const deploymentOf = (settings: Settings) => {
  const environment = settings.stage as EnvironmentName;
  const usual = settingsOf(environment, exampleAccount);
  const differing = Object.entries(settings).filter(
    ([name, value]) => !isDeepStrictEqual(value, usual[name as keyof Settings]),
  );
  return { environment, change: Object.fromEntries(differing) as Partial<Settings> };
};

/** Templates for an estimate. */
export const templatesOf: TemplatesOf = (settings, withApi = true) => {
  const { environment, change } = deploymentOf(settings);
  const { stacks } = synthesized(environment, change);
  return Object.fromEntries(
    Object.entries(stacks)
      .filter(([stack]) => withApi || stack !== 'Api')
      .map(([stack, { template }]) => [stack, template]),
  );
};
