import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { Validations } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { DataStack } from '../../infra/lib/data.stack.js';
import { acknowledgements } from '../../infra/lib/nag-acknowledgements.js';
import { acknowledge, nagReport, rulePacks } from '../../infra/lib/nag-report.js';
import { type EnvironmentName, exampleAccount, type Settings, settingsOf } from '../../infra/lib/settings.js';
import { emptyApp } from './support/compositions.js';
import { synthesisOf } from './support/deployment-cache.js';

/** As an account that adds nothing has it: no domain, no addresses, no approvers. */
const bare = (change: Partial<Settings> = {}): Partial<Settings> => ({
  ...Object.fromEntries(Object.keys(exampleAccount).map((name) => [name, undefined])),
  ...settingsOf('dev', change),
});
const deployments: [string, EnvironmentName, Partial<Settings>][] = [
  ['dev', 'dev', bare()],
  ['dev with a domain', 'dev', {}],
  ['prod', 'prod', {}],
  // With a stack in us-east-1 beside the others.
  ['dev in another region', 'dev', bare({ region: 'eu-central-1' })],
];
const reports = synthesisOf(
  deployments.map(([, environment, change]) => ({
    environment,
    change,
    composition: 'everything',
    nag: true,
  })),
).map(({ report }, index) => ({ name: deployments[index]![0], ...report! }));

// 45 CFR 164.308(a)(8), the technical evaluation; 164.308(a)(1)(ii)(A): every finding is answered for.
describe("cdk-nag's HIPAA Security and AWS Solutions rules", () => {
  it.each(reports)('find nothing in $name that nobody answers for', ({ open }) => {
    expect(open).toEqual([]);
  });

  it.each(reports)(
    'do look at $name: what they find is acknowledged one by one',
    ({ findings, acknowledged }) => {
      expect(findings.length).toBeGreaterThan(10);
      expect(acknowledged).toHaveLength(findings.length);
    },
  );
});

describe('an acknowledgement', () => {
  it('answers for something that is found, in one deployment at least', () => {
    const unused = reports.map((report) => report.unused.map(({ at, id }) => `${at} ${id}`));
    expect(unused[0]?.filter((one) => unused.every((others) => others.includes(one)))).toEqual([]);
  });

  it('is given once for each resource and rule, never for a folder of resources', () => {
    const all = acknowledgements.flatMap(({ at, ids }) =>
      at.flatMap((path) => ids.map((id) => `${path} ${id}`)),
    );
    expect(all.filter((one, index) => all.indexOf(one) !== index)).toEqual([]);
    expect(all.length).toBeGreaterThan(0);
  });

  it('says why in a sentence, and who answers for it', () => {
    for (const { reason, owner } of acknowledgements) {
      expect(reason.length).toBeGreaterThan(40);
      expect(reason).toMatch(/\.$/);
      expect(['platform', 'security', 'privacy']).toContain(owner);
    }
  });
});

describe('synthesis', () => {
  /** As the CDK command has it, with what somebody planted. */
  const synthesis = (plant: (stack: DataStack) => void) => {
    const app = emptyApp();
    plant(new DataStack(app, settingsOf('dev', exampleAccount)));
    acknowledge(app);
    Validations.of(app).addPlugins(...rulePacks(app));
    return () => app.synth();
  };

  it('succeeds with every finding acknowledged', () => {
    expect(synthesis(() => undefined)).not.toThrow();
  });

  it('fails when somebody plants a bucket that the rules refuse', () => {
    expect(synthesis((stack) => new Bucket(stack, 'Planted'))).toThrow(/Data\/Planted/);
  });

  it('fails when an acknowledgement is taken away', () => {
    const app = emptyApp();
    new DataStack(app, settingsOf('dev', exampleAccount));
    const report = nagReport(app, acknowledgements.slice(1));
    expect(report.open.length).toBeGreaterThan(0);
  });

  it('fails with a value that CloudFormation would refuse, and not with one that it takes', () => {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['infra/run.mjs', '../test/infra/support/strict-validation', '5', '60'],
      { encoding: 'utf8' },
    );
    expect({ stdout, stderr: stdout === '' ? stderr : '' }).toEqual({
      stdout: '5: refused\n60: made\n',
      stderr: '',
    });
  });
});
