import { Command, InvalidArgumentError, Option } from 'commander';
import type { EnvironmentName } from '../lib/settings.js';
import { costOf, scenarioOf, type TemplatesOf } from './profiles.js';
import { costDocument, costReport } from './report.js';
import type { Scenario } from './usage.js';

interface Options {
  env: EnvironmentName;
  requests?: number;
  patients?: number;
  months?: number;
  hours?: number;
  users?: number;
  json?: true;
}

/** A count; `5e6` is one too. */
function count(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < 0 || value > 1e12) {
    throw new InvalidArgumentError('must be a whole number, such as 250000 or 5e6');
  }
  return value;
}

function hours(text: string): number {
  const value = count(text);
  if (value > 730) throw new InvalidArgumentError('a month has 730 hours');
  return value;
}

function months(text: string): number {
  const value = count(text);
  if (value < 1) throw new InvalidArgumentError('must be at least 1');
  return value;
}

/** @param write takes the answer @param templatesOf synthesizes a deployment @returns the command `infra:cost`; `parse` runs it */
export function costCommand(write: (text: string) => void, templatesOf: TemplatesOf): Command {
  return new Command('infra:cost')
    .description('What a deployment costs a month, from its synthesized templates and a dated list of prices')
    .addOption(new Option('--env <name>', 'environment').choices(['dev', 'prod']).default('dev'))
    .option('--requests <n>', 'requests a month (dev 100,000, prod 5,000,000)', count)
    .option('--patients <n>', 'patients who are kept (dev 1,000, prod 100,000)', count)
    .option('--months <n>', 'after how many months of this load: what is kept grows (12)', months)
    .option('--hours <n>', 'hours of a month in which the api stack stands (730)', hours)
    .option('--users <n>', 'people who sign in (dev 20, prod 1,000)', count)
    .option('--json', 'for programs')
    .addHelpText('after', examples)
    .action(({ env, json, requests, ...given }: Options) => {
      const scenario: Scenario = {
        ...scenarioOf[env],
        ...given,
        ...(requests !== undefined && { requestsPerMonth: requests }),
      };
      const cost = costOf(env, scenario, templatesOf);
      write(json === true ? `${JSON.stringify(costDocument(cost), null, 2)}\n` : costReport(cost));
    });
}

const examples = `
Examples:
  npm run --silent infra:cost
  npm run --silent infra:cost -- --env prod --requests 5e6
  npm run --silent infra:cost -- --env prod --requests 1e6 --months 1 --json`;
