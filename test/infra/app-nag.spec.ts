import { describe, expect, it } from '@jest/globals';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import { DataStack } from '../../infra/lib/data.stack.js';
import { acknowledgements } from '../../infra/lib/nag-acknowledgements.js';
import { acknowledge, nagReport, rulePacks } from '../../infra/lib/nag-report.js';
import { addStacks } from '../../infra/lib/phi-app.js';
import { cdkContext } from '../../infra/lib/repository.js';
import { exampleAccount, settingsOf } from '../../infra/lib/settings.js';
import { emptyApp } from './synthesized.js';

const deployments = [
  ['dev', 'dev', {}],
  ['dev with a domain', 'dev', exampleAccount],
  ['prod', 'prod', exampleAccount],
  // With a stack in us-east-1 beside the others.
  ['dev in another region', 'dev', { region: 'eu-central-1' }],
] as const;
const reports = deployments.map(([name, environment, account]) => {
  const app = emptyApp();
  addStacks(app, settingsOf(environment, account));
  return { name, ...nagReport(app) };
});

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

  it.each([
    ['that CloudFormation would refuse', 5, true],
    ['that it knows', 60, false],
  ])('with a value %s, %d, fails: %s', (_what, messageRetentionPeriod, fails) => {
    // cdk.json's strict validation: without it this is a warning.
    const app = new App({ context: cdkContext(), analyticsReporting: false });
    new CfnQueue(new Stack(app, 'Strict'), 'Queue', { messageRetentionPeriod });
    const synthesize = () => app.synth();
    if (fails) expect(synthesize).toThrow(/Validation failed|MessageRetentionPeriod/);
    else expect(synthesize).not.toThrow();
  });
});
