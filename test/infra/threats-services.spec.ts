import { beforeAll, describe, expect, it } from '@jest/globals';
import { threatCatalogue } from '../../infra/compliance/threats/catalogue.js';
import { threatPage } from '../../infra/compliance/threats/threat-page.js';
import { prodCompliance } from '../../infra/lib/compliance-settings.js';
import { knownRoles } from '../../infra/lib/constructs/compliance/threat-detection.js';
import { namesOf } from '../../infra/lib/names.js';
import { exampleAccount, settingsOf } from '../../infra/lib/settings.js';
import { readFileSync } from 'node:fs';
import { matchesPattern } from '../support/event-pattern.js';
import { account, admits } from './policy-evaluation.js';
import { call, delivered, root, user } from './support/threat-events.js';
import { withoutServices } from './support/deployment-cache.js';
import { threatStack } from './support/threat-stack.js';
import { dataStack, statementsOf, synthesized, type Synthesized } from './synthesized.js';

const services = [
  'AWS::GuardDuty::Detector',
  'AWS::SecurityHub::Hub',
  'AWS::Macie::Session',
  'AWS::AccessAnalyzer::Analyzer',
];

let prod: Synthesized;
beforeAll(() => {
  prod = threatStack('prod');
});

describe('services that look for attacks', () => {
  it('are on in prod, each as far as it is used', () => {
    for (const type of services) expect([type, prod.ofType(type).length]).toEqual([type, 1]);
    expect(prod.ofType('AWS::GuardDuty::Detector')[0]?.Properties).toMatchObject({
      Enable: true,
      FindingPublishingFrequency: 'FIFTEEN_MINUTES',
    });
    expect(
      prod
        .ofType('AWS::SecurityHub::Standard')
        .map(({ Properties }) => JSON.stringify(Properties?.['StandardsArn'])),
    ).toEqual([
      expect.stringContaining('aws-foundational-security-best-practices'),
      expect.stringContaining('cis-aws-foundations-benchmark'),
      expect.stringContaining('nist-800-53'),
    ]);
    expect(prod.ofType('AWS::Macie::Session')[0]?.Properties).toMatchObject({ Status: 'ENABLED' });
    expect(prod.ofType('AWS::AccessAnalyzer::Analyzer')[0]?.Properties).toMatchObject({ Type: 'ACCOUNT' });
  });

  it('are left to the organization where the settings say so; findings are routed all the same', () => {
    const without = threatStack('prod', withoutServices);
    for (const type of [...services, 'Custom::MacieJob', 'AWS::SecurityHub::Standard'])
      expect([type, without.ofType(type)]).toEqual([type, []]);
    const rules = (deployment: Synthesized) => deployment.ofType('AWS::Events::Rule').length;
    expect(rules(without)).toBe(rules(prod));
  });

  it("have Macie's job look through every bucket of the deployment", () => {
    const [job] = prod.ofType('Custom::MacieJob');
    const text = JSON.stringify(job?.Properties?.['Buckets']);
    for (const bucket of ['audit-archive', 'access-logs', 'log-archive', 'query-results'])
      expect([bucket, text.includes(`phi-prod-${bucket}-`)]).toEqual([bucket, true]);
    expect(job?.DependsOn).toEqual(expect.arrayContaining([expect.stringContaining('Macie')]));
  });

  it('let Macie read what lies under the audit key, through S3, and nobody else by the same statement', () => {
    const keyOf = (deployment: Synthesized) =>
      deployment.ofType('AWS::KMS::Key').find(({ id }) => id.startsWith('KeysAudit'))?.Properties?.[
        'KeyPolicy'
      ];
    const ask = (role: string, service: string, policy: unknown) =>
      admits(
        statementsOf(policy).filter(({ sid }) => sid === 'SensitiveData'),
        {
          principal: { role },
          action: 'kms:Decrypt',
          keys: { 'kms:ViaService': `${service}.us-east-1.amazonaws.com`, 'kms:CallerAccount': account },
        },
      );
    const macie = 'aws-service-role/macie.amazonaws.com/AWSServiceRoleForAmazonMacie';
    const policy = keyOf(dataStack('prod'));
    expect(ask(macie, 's3', policy)).toBe(true);
    expect(ask(macie, 'dynamodb', policy)).toBe(false);
    expect(ask('old-ci-role', 's3', policy)).toBe(false);
    // Where Macie is off, its role has no way to the key.
    expect(ask(macie, 's3', keyOf(dataStack('dev')))).toBe(false);
  });
});

describe('events of us-east-1', () => {
  const elsewhere = synthesized('dev', { region: 'eu-central-1' });
  const ofStack = (type: string) => elsewhere.ofType(type).filter(({ stack }) => stack === 'Global');
  const rules = ofStack('AWS::Events::Rule').map(
    ({ Properties }) =>
      Properties as {
        Name: string;
        State: string;
        EventPattern: Record<string, unknown>;
        Targets: { Arn: unknown; RoleArn: unknown; DeadLetterConfig: unknown; RetryPolicy: unknown }[];
      },
  );

  it('are handed on to the region of the deployment, with retries and a queue', () => {
    expect(rules.map(({ Name }) => Name)).toEqual(['phi-dev-global-changes', 'phi-dev-global-root-user']);
    for (const { Targets } of rules) {
      expect(Targets).toHaveLength(1);
      expect(JSON.stringify(Targets[0]?.Arn)).toContain(':events:eu-central-1:');
      expect(Targets[0]).toMatchObject({ RoleArn: expect.any(Object), DeadLetterConfig: expect.any(Object) });
    }
    const [policy] = ofStack('AWS::IAM::ManagedPolicy');
    const [statement, ...others] = statementsOf(policy?.Properties?.['PolicyDocument']);
    expect([statement?.actions, others]).toEqual([['events:PutEvents'], []]);
  });

  it('are changes of IAM and of the organization, sign-ins, and whatever the root user does', () => {
    const handedOn = (event: object) => rules.some(({ EventPattern }) => matchesPattern(EventPattern, event));
    expect(handedOn(delivered(call('iam', 'CreateUser', {}, { who: user })))).toBe(true);
    expect(handedOn(delivered(call('organizations', 'LeaveOrganization')))).toBe(true);
    expect(handedOn(delivered(call('signin', 'ConsoleLogin'), 'AWS Console Sign In via CloudTrail'))).toBe(
      true,
    );
    expect(handedOn(delivered(call('s3', 'ListBuckets', {}, { who: root, readOnly: true })))).toBe(true);
    expect(handedOn(delivered(call('s3', 'PutBucketPolicy', {}, { who: user })))).toBe(false);
    expect(rules.find(({ Name }) => Name.endsWith('root-user'))?.State).toBe(
      'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
    );
  });

  it('need no handing on where the deployment is there itself', () => {
    expect(Object.keys(synthesized('dev').stacks)).not.toContain('Global');
    expect(Object.keys(elsewhere.stacks)).toContain('Global');
  });
});

describe('settings of threat detection', () => {
  it.each([
    ['breakGlassRoles', { breakGlassRoles: ['a b'] }],
    ['pipelineRoles', { pipelineRoles: [] }],
    ['guardrailInterventions', { guardrailInterventions: 0 }],
    ['restrictedReads', { restrictedReads: 0 }],
    ['workingHours', { dailyQueries: { ...prodCompliance.dailyQueries, workingHours: [20, 8] as const } }],
  ])('refuse a wrong %s by its name', (name, change) => {
    const settings = { ...exampleAccount, compliance: { ...prodCompliance, ...change } };
    expect(() => settingsOf('prod', settings)).toThrow(`compliance.`);
    expect(() => settingsOf('prod', settings)).toThrow(name);
  });

  it('reach the rules: a role for emergencies by its own name', () => {
    const settings = settingsOf('dev');
    const compliance = { ...settings.compliance, breakGlassRoles: ['FireFighter'] };
    const threats = threatCatalogue(namesOf('dev'), knownRoles({ ...settings, compliance }));
    expect(JSON.stringify(threats.find(({ id }) => id === 'break-glass'))).toContain('*:role/FireFighter');
  });
});

describe('docs/threat-detection.md', () => {
  it('is what is deployed: npm run infra:threats', () => {
    expect(readFileSync('docs/threat-detection.md', 'utf8')).toBe(threatPage());
  });
});
