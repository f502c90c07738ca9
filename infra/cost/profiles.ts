import { type EnvironmentName, exampleAccount, type Settings, settingsOf } from '../lib/settings.js';
import { type Estimate, estimate } from './estimate.js';
import type { Template } from './template.js';
import type { Scenario } from './usage.js';

/** Hours of a month in which people work: 22 days of eight. */
const OFFICE_HOURS = 176;

export const scenarioOf: Record<EnvironmentName, Scenario> = {
  dev: { requestsPerMonth: 100_000, patients: 1_000, months: 12, hours: 730, users: 20 },
  prod: { requestsPerMonth: 5_000_000, patients: 100_000, months: 12, hours: 730, users: 1_000 },
};

/** A cheaper way to run the same platform. No profile weakens encryption, the trail or who may reach what. */
interface Profile {
  name: string;
  /** How to get it. */
  how: string;
  /** What is lost. */
  without: string;
  environments: readonly EnvironmentName[];
  settings?: (settings: Settings) => Settings;
  scenario?: (scenario: Scenario) => Scenario;
}

const localScreening = (settings: Settings): Settings => ({
  ...settings,
  api: { ...settings.api, bedrock: undefined },
});

const profiles: readonly Profile[] = [
  {
    name: 'local screening',
    how: 'api.bedrock: undefined in infra/lib/api-settings.ts',
    without: 'names and contexts that only the guardrail and the model recognize; the local detector stays',
    environments: ['dev', 'prod'],
    settings: localScreening,
  },
  {
    name: 'a week of daily backups',
    how: 'backup.dailyRetentionDays: 7 in infra/lib/settings.ts',
    without:
      'copies in the vault between one and five weeks old; point-in-time recovery reaches 35 days back all the same',
    environments: ['prod'],
    settings: (settings) => ({ ...settings, backup: { ...settings.backup, dailyRetentionDays: 7 } }),
  },
  {
    name: 'office hours',
    how: 'destroy the api stack in the evening, deploy it in the morning (docs/deployment.md); local screening',
    without: 'the API at night; data, keys, users and trail stay',
    environments: ['dev'],
    settings: localScreening,
    scenario: (scenario) => ({ ...scenario, hours: OFFICE_HOURS }),
  },
  {
    name: 'parked',
    how: 'destroy the api stack until it is needed',
    without: 'the API; data, keys, users and trail stay',
    environments: ['dev'],
    settings: localScreening,
    scenario: (scenario) => ({ ...scenario, hours: 0, requestsPerMonth: 0 }),
  },
];

export interface PricedProfile extends Pick<Profile, 'name' | 'how' | 'without'> {
  total: number;
  standing: number;
}

export interface EnvironmentCost {
  environment: EnvironmentName;
  estimate: Estimate;
  /** Cheaper ways, dearest first. */
  profiles: PricedProfile[];
}

/**
 * @param withApi whether the api stack stands at all
 * @returns the templates of a deployment by the name of their stack
 */
export type TemplatesOf = (settings: Settings, withApi?: boolean) => Record<string, Template>;

/** @returns the bill of an environment as it is set, and of its cheaper profiles */
export function costOf(
  environment: EnvironmentName,
  scenario: Scenario,
  templatesOf: TemplatesOf,
): EnvironmentCost {
  const settings = settingsOf(environment, exampleAccount);
  const priced = profiles
    .filter(({ environments }) => environments.includes(environment))
    .map(({ name, how, without, ...profile }) => {
      const changed = profile.scenario?.(scenario) ?? scenario;
      const { total, standing } = estimate(
        templatesOf(profile.settings?.(settings) ?? settings, changed.hours > 0),
        changed,
      );
      return { name, how, without, total, standing };
    });
  return {
    environment,
    estimate: estimate(templatesOf(settings), scenario),
    profiles: priced.toSorted((a, b) => b.total - a.total),
  };
}
