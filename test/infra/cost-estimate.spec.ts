import { beforeAll, describe, expect, it } from '@jest/globals';
import { estimate, type Estimate, UnknownResource } from '../../infra/cost/estimate.js';
import { freeResources } from '../../infra/cost/free-resources.js';
import { assumptions } from '../../infra/cost/assumptions.js';
import { operations } from '../../infra/cost/operations.js';
import { type PriceName, prices } from '../../infra/cost/prices.js';
import { costOf, type EnvironmentCost, scenarioOf } from '../../infra/cost/profiles.js';
import { costDocument, costReport, purposes } from '../../infra/cost/report.js';
import { isPriced, pricedResources } from '../../infra/cost/resource-costs.js';
import { costCommand } from '../../infra/cost/command.js';
import type { Template } from '../../infra/cost/template.js';
import { exampleAccount, settingsOf } from '../../infra/lib/settings.js';
import { templatesOf } from './support/priced-deployments.js';

const quiet = { requestsPerMonth: 0, patients: 0, months: 1, hours: 730, users: 0 };
const ofOne = (Type: string, Properties: Record<string, unknown> = {}, stack = 'Api') =>
  estimate({ [stack]: { Resources: { One: { Type, Properties } } } }, quiet);
const dollarsOf = ({ lines }: Estimate, purpose: string) =>
  lines.filter((line) => line.purpose === purpose).reduce((sum, { dollars }) => sum + dollars, 0);

describe('an estimate', () => {
  it('of single resources is what the price page says', () => {
    expect(ofOne('AWS::KMS::Key').total).toBeCloseTo(1, 10);
    const endpoint = {
      VpcEndpointType: 'Interface',
      ServiceName: 'com.amazonaws.us-east-1.kms',
      SubnetIds: [{}, {}],
    };
    expect(ofOne('AWS::EC2::VPCEndpoint', endpoint).total).toBeCloseTo(2 * 730 * 0.01, 10);
    expect(ofOne('AWS::EC2::VPCEndpoint', { ...endpoint, VpcEndpointType: 'Gateway' }).total).toBe(0);
    expect(ofOne('AWS::WAFv2::WebACL', { Rules: [{}, {}, {}] }).total).toBeCloseTo(5 + 3, 10);
    expect(ofOne('AWS::CloudWatch::Alarm').total).toBeCloseTo(0.1, 10);
  });

  it('counts tasks by their size and processor', () => {
    const template = (CpuArchitecture: string): Template => ({
      Resources: {
        Task: {
          Type: 'AWS::ECS::TaskDefinition',
          Properties: { Cpu: '1024', Memory: '2048', RuntimePlatform: { CpuArchitecture } },
        },
        Service: { Type: 'AWS::ECS::Service', Properties: { DesiredCount: 2 } },
      },
    });
    expect(estimate({ Api: template('X86_64') }, quiet).total).toBeCloseTo(
      2 * 730 * (0.04048 + 2 * 0.004445),
      6,
    );
    expect(estimate({ Api: template('ARM64') }, quiet).total).toBeCloseTo(
      2 * 730 * (0.03238 + 2 * 0.00356),
      6,
    );
  });

  it('counts each copy of a backup as a whole one', () => {
    const plan = {
      BackupPlan: {
        BackupPlanRule: [
          { RuleName: 'daily', ScheduleExpression: 'cron(0 5 * * ? *)', Lifecycle: { DeleteAfterDays: 35 } },
          {
            RuleName: 'monthly',
            ScheduleExpression: 'cron(0 6 1 * ? *)',
            Lifecycle: { DeleteAfterDays: 365 },
          },
        ],
      },
    };
    const template = { Resources: { Plan: { Type: 'AWS::Backup::BackupPlan', Properties: plan } } };
    const { lines, usage } = estimate({ Data: template }, { ...quiet, patients: 1_000_000 });
    const gigabytes = usage.tables.records.gigabytes;
    expect(gigabytes).toBeGreaterThan(50);
    expect(lines.map(({ quantity }) => Math.round(quantity / gigabytes))).toEqual([35, 12]);
  });

  it('of the api stack follows the hours in which it stands, of the others not', () => {
    const hours = (stack: string, of: number) =>
      estimate(
        { [stack]: { Resources: { One: { Type: 'AWS::CloudWatch::Alarm' } } } },
        { ...quiet, hours: of },
      ).total;
    expect(hours('Api', 73)).toBeCloseTo(0.01, 10);
    expect(hours('Data', 73)).toBeCloseTo(0.1, 10);
  });

  it('counts an alarm by the metrics that it looks at, and a metric by the hours in which it has values', () => {
    const stat = { MetricStat: {} };
    expect(
      ofOne('AWS::CloudWatch::Alarm', { Metrics: [{ Expression: 'a + b' }, stat, stat] }).total,
    ).toBeCloseTo(0.2, 10);
    expect(
      ofOne('AWS::CloudWatch::Alarm', { Metrics: [stat, { Expression: 'ANOMALY' }], ThresholdMetricId: 'e' })
        .total,
    ).toBeCloseTo(0.3, 10);
    const filter = (MetricName: string) =>
      ofOne('AWS::Logs::MetricFilter', { MetricTransformations: [{ MetricName }] }).total;
    expect([filter('ApiThrottled'), filter('ThreatSeenKeys')]).toEqual([0.3, 0.03]);
  });

  it('refuses a type that it does not know, by name, once', () => {
    const template = {
      Resources: {
        One: { Type: 'AWS::Redshift::Cluster' },
        Two: { Type: 'AWS::Redshift::Cluster' },
        Three: { Type: 'AWS::KMS::Key' },
      },
    };
    expect(() => estimate({ Api: template }, quiet)).toThrow(UnknownResource);
    expect(() => estimate({ Api: template }, quiet)).toThrow(
      /^No price is known for AWS::Redshift::Cluster:/,
    );
  });
});

describe('the tables behind it', () => {
  it('have each type once: priced, or free with a reason', () => {
    expect(Object.keys(pricedResources).filter((type) => Object.hasOwn(freeResources, type))).toEqual([]);
    expect(Object.entries(freeResources).filter(([, reason]) => reason.length < 4)).toEqual([]);
  });

  it('have positive prices with a unit and a page of AWS', () => {
    for (const { dollars, per, source } of Object.values(prices)) {
      expect(dollars).toBeGreaterThan(0);
      expect(per).not.toBe('');
      expect(source).toMatch(/^https:\/\/aws\.amazon\.com\/[a-z0-9/-]+\/pricing\/$/);
    }
  });

  it('have a source for each assumption', () => {
    for (const { source, unit } of Object.values(assumptions))
      expect(source.length * unit.length).toBeGreaterThan(0);
  });

  it('know all requests: the shares are one', () => {
    expect(Object.values(operations).reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 10);
  });
});

describe('the cost of the deployments', () => {
  let dev: EnvironmentCost;
  let prod: EnvironmentCost;
  beforeAll(() => {
    dev = costOf('dev', scenarioOf.dev, templatesOf);
    prod = costOf('prod', scenarioOf.prod, templatesOf);
  });

  it('is the sum of its lines, of its purposes, and of what stands and what follows requests', () => {
    for (const { estimate: bill } of [dev, prod]) {
      const sum = bill.lines.reduce((dollars, line) => dollars + line.dollars, 0);
      for (const line of bill.lines)
        expect(line.dollars).toBeCloseTo(line.quantity * prices[line.price].dollars, 8);
      expect(bill.total).toBeCloseTo(sum, 8);
      expect(bill.standing + bill.byRequest).toBeCloseTo(sum, 8);
      expect(bill.byPurpose.reduce((dollars, purpose) => dollars + purpose.dollars, 0)).toBeCloseTo(sum, 8);
      expect(bill.perMillionRequests).toBeCloseTo((bill.byRequest / bill.scenario.requestsPerMonth) * 1e6, 6);
    }
  });

  it('of a million requests has KMS, DynamoDB and Bedrock in it', () => {
    const types = new Set(
      prod.estimate.lines
        .filter(({ byRequest, dollars }) => byRequest && dollars > 0)
        .map(({ type }) => type),
    );
    for (const type of [
      'AWS::KMS::Key',
      'AWS::DynamoDB::Table',
      'AWS::Bedrock::Guardrail',
      'AWS::ApiGateway::RestApi',
    ]) {
      expect(types).toContain(type);
    }
  });

  it('prices every type of the templates, and needs every price', () => {
    const types = new Set(
      (['dev', 'prod'] as const).flatMap((name) =>
        Object.values(templatesOf(settingsOf(name, exampleAccount))).flatMap(({ Resources = {} }) =>
          Object.values(Resources).map(({ Type }) => Type),
        ),
      ),
    );
    expect([...types].filter((type) => !isPriced(type) && !Object.hasOwn(freeResources, type))).toEqual([]);
    expect(Object.keys(pricedResources).filter((type) => !types.has(type))).toEqual([]);
    const used = new Set<PriceName>(
      [...dev.estimate.lines, ...prod.estimate.lines].map(({ price }) => price),
    );
    const idle = (Object.keys(prices) as PriceName[]).filter((name) => !used.has(name));
    // The other kind of processor: which one is a setting of the task.
    expect(idle.filter((name) => !/^fargate(X86|Arm)/.test(name))).toEqual([]);
  });

  it('of dev stands for less than of prod: fewer tasks, zones and copies', () => {
    expect(dev.estimate.standing).toBeLessThan(prod.estimate.standing / 2);
    for (const purpose of ['Compute', 'Private network', 'Backups', 'Users']) {
      expect(dollarsOf(dev.estimate, purpose)).toBeLessThan(dollarsOf(prod.estimate, purpose));
    }
  });

  it('grows with the requests, and with the months for what is kept', () => {
    const templates = templatesOf(settingsOf('prod', exampleAccount));
    const bill = (change: Partial<typeof quiet>) => estimate(templates, { ...scenarioOf.prod, ...change });
    const [one, ten] = [bill({ requestsPerMonth: 1e6 }), bill({ requestsPerMonth: 1e7 })];
    expect(ten.byRequest).toBeGreaterThan(8 * one.byRequest);
    expect(ten.byRequest).toBeLessThan(10 * one.byRequest);
    expect(bill({ months: 24 }).standing).toBeGreaterThan(1.3 * bill({ months: 12 }).standing);
    expect(bill({ requestsPerMonth: 0 })).toMatchObject({ perMillionRequests: 0 });
  });

  it('offers cheaper profiles, dearest first, with what they give up', () => {
    for (const { estimate: bill, profiles } of [dev, prod]) {
      expect(profiles.length).toBeGreaterThanOrEqual(2);
      const totals = profiles.map(({ total }) => total);
      expect(totals).toEqual(totals.toSorted((a, b) => b - a));
      expect(totals[0]).toBeLessThan(bill.total);
      for (const { how, without } of profiles) expect(how.length * without.length).toBeGreaterThan(0);
    }
    // Without the api stack: keys, tables, users, trail, rules, and some 70 alarms on threats.
    expect(dev.profiles.at(-1)).toMatchObject({ name: 'parked' });
    expect(dev.profiles.at(-1)?.total).toBeLessThan(40);
  });

  it('is told as a table with its total, its date and what it rests on', () => {
    const text = costReport(prod);
    expect(text).toContain('5,000,000 requests');
    expect(text).toMatch(/written down .* on \d{4}-\d{2}-\d{2}, not fetched/);
    expect(text).toContain(
      `Total $${prod.estimate.total.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })} a month`,
    );
    for (const purpose of Object.keys(purposes)) expect(text).toContain(purpose);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(160);
  });

  it('is told to programs with the same figures, each with its source', () => {
    const document = JSON.parse(JSON.stringify(costDocument(prod))) as {
      total: number;
      lines: { quantity: number; unitPrice: number; source: string }[];
    };
    expect(document.total).toBeCloseTo(prod.estimate.total, 8);
    const sum = document.lines.reduce(
      (dollars, { quantity, unitPrice }) => dollars + quantity * unitPrice,
      0,
    );
    expect(sum).toBeCloseTo(prod.estimate.total, 6);
    expect(document.lines.every(({ source }) => source.startsWith('https://aws.amazon.com/'))).toBe(true);
  });
});

describe('infra:cost', () => {
  const run = (...words: string[]) => {
    const told: string[] = [];
    const tell = (text: string) => void told.push(text);
    const command = costCommand(tell, templatesOf)
      .exitOverride()
      .configureOutput({ writeOut: tell, writeErr: tell });
    try {
      command.parse(words, { from: 'user' });
    } catch {
      // Commander's way to say that it would have ended the process; what it said is in `told`.
    }
    return told.join('');
  };

  it('takes requests as 5e6, and answers JSON', () => {
    const document = JSON.parse(run('--env', 'dev', '--requests', '2e5', '--hours', '176', '--json')) as {
      scenario: unknown;
    };
    expect(document.scenario).toEqual({ ...scenarioOf.dev, requestsPerMonth: 200_000, hours: 176 });
  });

  it.each([
    [['--env', 'test'], 'Allowed choices are dev, prod'],
    [['--requests', 'many'], 'must be a whole number'],
    [['--hours', '731'], 'a month has 730 hours'],
    [['--months', '0'], 'must be at least 1'],
    [['--help'], 'Examples:'],
  ])('%j says %j', (words, message) => expect(run(...words)).toContain(message));
});
