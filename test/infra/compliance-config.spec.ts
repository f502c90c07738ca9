import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { recordedTypes } from '../../apps/phi-encryption-rule/src/encryption-at-rest.js';
import { paragraphSets } from '../../compliance/hipaa-paragraphs.js';
import { additionalRules, packRules, phiEncryptionRule, ruleNameOf } from '../../compliance/hipaa-rules.js';
import { deployedByPack, packBody } from '../../infra/lib/constructs/compliance/hipaa-pack.js';
import { remediatedRules } from '../../infra/lib/constructs/compliance/remediated-rules.js';
import { namesOf } from '../../infra/lib/names.js';
import { exampleAccount, type Settings, settingsOf } from '../../infra/lib/settings.js';
import { account, admits } from './policy-evaluation.js';
import { allSynthesized, type Placed, statementsOf, type Synthesized } from './synthesized.js';

const withConfig = (change: Partial<Settings['accountConfig']>) => ({
  accountConfig: { ...settingsOf('prod', exampleAccount).accountConfig, ...change },
});
const accounts = { accounts: ['444455556666', '777788889999'], regions: ['us-east-1', 'eu-west-1'] };
const { prod, ...others } = allSynthesized({
  prod: { environment: 'prod' },
  ofAccounts: { environment: 'prod', change: withConfig({ aggregator: accounts }) },
  ofOrganization: {
    environment: 'prod',
    change: withConfig({ aggregator: { accounts: 'organization', regions: 'all' } }),
  },
  // With a recorder that is there already, and with none.
  besideRecorder: { environment: 'dev', change: withConfig({ recorder: 'existing' }) },
  unrecorded: {
    environment: 'dev',
    change: withConfig({ recorder: 'none', hipaaPack: false, aggregator: undefined }),
  },
});
const properties = ({ Properties = {} }: Placed) => Properties;
const one = (type: string): Placed => {
  const [found, ...others] = prod.ofType(type);
  if (found === undefined || others.length > 0) throw new Error(`not one ${type}`);
  return found;
};

interface PackTemplate {
  Resources: Record<
    string,
    {
      Type: string;
      Properties: {
        ConfigRuleName: string;
        Source: { Owner: string; SourceIdentifier: string };
        InputParameters?: Record<string, string>;
      };
    }
  >;
}
const templateBody = String(properties(one('AWS::Config::ConformancePack'))['TemplateBody']);
const pack = Object.values((parse(templateBody) as PackTemplate).Resources);

describe('the recorder', () => {
  it('records every type, global ones too, at each change', () => {
    expect(properties(one('AWS::Config::ConfigurationRecorder'))).toMatchObject({
      RecordingGroup: { AllSupported: true, IncludeGlobalResourceTypes: true },
      RecordingMode: { RecordingFrequency: 'CONTINUOUS' },
    });
  });

  it('delivers to a bucket with versions, under the audit key', () => {
    const bucket = prod
      .ofType('AWS::S3::Bucket')
      .find(({ id, stack }) => stack === 'Compliance' && id.startsWith('RecorderHistory'));
    expect(bucket?.Properties).toMatchObject({ VersioningConfiguration: { Status: 'Enabled' } });
    const channel = properties(one('AWS::Config::DeliveryChannel'));
    expect(channel['S3BucketName']).toEqual({ Ref: bucket?.id });
    expect(JSON.stringify(channel['S3KmsKeyArn'])).toContain('KeysAudit');
    // Config cannot publish to an encrypted topic.
    expect(channel['SnsTopicARN']).toBeUndefined();
  });

  it('and its channel wait for nothing of each other: CloudFormation would wait for ever', () => {
    const recorder = one('AWS::Config::ConfigurationRecorder');
    const channel = one('AWS::Config::DeliveryChannel');
    expect([recorder.DependsOn ?? []].flat()).not.toContain(channel.id);
    expect([channel.DependsOn ?? []].flat()).not.toContain(recorder.id);
  });

  it.each([
    [account, 'AWSLogs/<account>/Config/x', true],
    ['444455556666', 'AWSLogs/<account>/Config/x', false],
  ])("is let in by the bucket in Config's own name for account %s", (sourceAccount, _object, isAdmitted) => {
    const policy = prod
      .ofType('AWS::S3::BucketPolicy')
      .find(({ stack, id }) => stack === 'Compliance' && id.startsWith('RecorderHistory'));
    const request = {
      principal: { service: 'config.amazonaws.com' },
      action: 's3:PutObject',
      keys: {
        'aws:SecureTransport': 'true',
        's3:TlsVersion': '1.2',
        'aws:SourceAccount': sourceAccount,
        's3:x-amz-acl': 'bucket-owner-full-control',
      },
    };
    expect(admits(statementsOf(policy?.Properties?.['PolicyDocument']), request)).toBe(isAdmitted);
  });

  it('is there before any rule', () => {
    const recorder = one('AWS::Config::ConfigurationRecorder').id;
    const channel = one('AWS::Config::DeliveryChannel').id;
    for (const judging of [...prod.ofType('AWS::Config::ConfigRule'), one('AWS::Config::ConformancePack')])
      expect([judging.id, judging.DependsOn]).toEqual([
        judging.id,
        expect.arrayContaining([recorder, channel]),
      ]);
  });
});

describe('the list of rules', () => {
  it('has the 130 of AWS, each once, and what they lack', () => {
    const identifiers = [...packRules, ...additionalRules].map(({ identifier }) => identifier);
    expect(packRules).toHaveLength(130);
    expect(new Set(identifiers).size).toBe(identifiers.length);
    for (const lacking of [
      'DYNAMODB_TABLE_ENCRYPTED_KMS',
      'CLOUDWATCH_LOG_GROUP_ENCRYPTED',
      'CMK_BACKING_KEY_ROTATION_ENABLED',
      'ATHENA_WORKGROUP_ENCRYPTED_AT_REST',
      'REQUIRED_TAGS',
    ])
      expect(identifiers).toContain(lacking);
  });

  it('says of each what is at stake and which paragraphs of 45 CFR it serves', () => {
    const concerns = ['exposure', 'encryption', 'trail', 'identity', 'resilience', 'upkeep'];
    for (const { identifier, concern, paragraphs } of [...packRules, ...additionalRules]) {
      expect([identifier, concerns.includes(concern)]).toEqual([identifier, true]);
      expect([identifier, paragraphs?.length ?? 0]).not.toEqual([identifier, 0]);
      for (const paragraph of paragraphs)
        expect(paragraph).toMatch(/^164\.3(08|10|12|14|16)(\([a-z0-9A-Z]+\))+$/);
    }
    const used = new Set([...packRules, ...additionalRules].map(({ paragraphs }) => paragraphs));
    expect(
      Object.entries(paragraphSets)
        .filter(([, set]) => !used.has(set))
        .map(([name]) => name),
    ).toEqual([]);
  });
});

/** A folder with AWS's pack, which changes now and then: where there is one, the list is held against it. */
const packFile = join(
  process.env['COMPLIANCE_DATA'] ?? '',
  'Operational-Best-Practices-for-HIPAA-Security.yaml',
);

if (existsSync(packFile)) {
  describe("AWS's conformance pack", () => {
    type AwsValue = string | { 'Fn::If': [string, { Ref: string }, unknown] };
    const aws = parse(readFileSync(packFile, 'utf8')) as {
      Parameters: Record<string, { Default: string }>;
      Resources: Record<
        string,
        { Properties: { Source: { SourceIdentifier: string }; InputParameters?: Record<string, AwsValue> } }
      >;
    };
    const theirs = Object.values(aws.Resources).map(({ Properties: { Source, InputParameters = {} } }) => ({
      identifier: Source.SourceIdentifier,
      parameters: Object.fromEntries(
        Object.entries(InputParameters).flatMap(([name, value]) => {
          const given = typeof value === 'string' ? value : aws.Parameters[value['Fn::If'][1].Ref]?.Default;
          return given === undefined || given === '' ? [] : [[name, given]];
        }),
      ),
    }));
    const sorted = <T extends { identifier: string }>(rules: readonly T[]) =>
      rules.toSorted((a, b) => (a.identifier < b.identifier ? -1 : 1));

    it('has the rules of our list, with their parameters', () => {
      const ours = packRules.map(({ identifier, parameters }) => ({ identifier, parameters }));
      expect(sorted(ours)).toEqual(sorted(theirs));
    });
  });
}

describe('the pack', () => {
  it('has every rule of the list but those that are mended automatically, under names of ours', () => {
    const mended = remediatedRules.map(({ identifier }) => String(identifier));
    expect(pack.map(({ Properties }) => Properties.Source.SourceIdentifier)).toEqual(
      packRules.map(({ identifier }) => identifier).filter((identifier) => !mended.includes(identifier)),
    );
    for (const { Type, Properties } of pack) {
      expect(Type).toBe('AWS::Config::ConfigRule');
      expect(Properties.Source.Owner).toBe('AWS');
      expect(Properties.ConfigRuleName).toBe(ruleNameOf(Properties.Source.SourceIdentifier));
    }
    expect(pack.length).toBeGreaterThan(115);
  });

  it('hands parameters over as texts', () => {
    const password = pack.find(
      ({ Properties }) => Properties.Source.SourceIdentifier === 'IAM_PASSWORD_POLICY',
    );
    expect(password?.Properties.InputParameters).toMatchObject({
      MinimumPasswordLength: '14',
      RequireSymbols: 'true',
    });
  });

  it('fits into what Config takes inline, and says when it does not', () => {
    expect(Buffer.byteLength(templateBody)).toBeLessThan(51_200);
    expect(() => packBody([...deployedByPack, ...deployedByPack, ...deployedByPack])).toThrow('too large');
  });
});

describe('rules outside of the pack', () => {
  const rules = prod.ofType('AWS::Config::ConfigRule').map(properties);
  const names = rules.map(({ ConfigRuleName }) => String(ConfigRuleName));

  it('are those that are mended, those that the pack lacks, and ours, each by a stable name', () => {
    const expected = [
      ...new Set([...additionalRules, ...remediatedRules].map(({ identifier }) => ruleNameOf(identifier))),
      phiEncryptionRule.name,
    ].map((name) => `phi-prod-${name}`);
    expect(names.toSorted()).toEqual(expected.toSorted());
    for (const rule of remediatedRules) expect(names).toContain(rule.ruleName(namesOf('prod')));
  });

  it('are those that somebody mends, written out here', () => {
    expect(remediatedRules.map(({ ruleName }) => ruleName(namesOf('prod')))).toEqual([
      'phi-prod-cloud-trail-enabled',
      'phi-prod-cloud-trail-log-file-validation-enabled',
      'phi-prod-cmk-backing-key-rotation-enabled',
      'phi-prod-dynamodb-pitr-enabled',
      'phi-prod-ec2-ebs-encryption-by-default',
      'phi-prod-encrypted-volumes',
      'phi-prod-kms-cmk-not-scheduled-for-deletion',
      'phi-prod-s3-account-level-public-access-blocks-periodic',
      'phi-prod-s3-bucket-level-public-access-prohibited',
      'phi-prod-s3-bucket-public-read-prohibited',
      'phi-prod-s3-bucket-public-write-prohibited',
    ]);
  });

  it('are what this deployment itself meets: its tags have what is required', () => {
    const tags = rules.find(({ ConfigRuleName }) => ConfigRuleName === 'phi-prod-required-tags');
    expect(tags?.['InputParameters']).toEqual({
      tag1Key: 'DataClassification',
      tag2Key: 'Compliance',
      tag2Value: 'HIPAA',
      tag3Key: 'Environment',
    });
  });

  it('are asked again every hour in prod where the clock alone starts them', () => {
    const hourly = rules.filter(({ MaximumExecutionFrequency }) => MaximumExecutionFrequency === 'One_Hour');
    expect(hourly.map(({ ConfigRuleName }) => ConfigRuleName)).toContain('phi-prod-cloud-trail-enabled');
  });

  it('include the one of our own: at changes, oversized ones too, and every day', () => {
    const own = rules.find(({ ConfigRuleName }) => ConfigRuleName === 'phi-prod-phi-encryption');
    expect(own).toMatchObject({
      Scope: { ComplianceResourceTypes: recordedTypes.toSorted() },
      Source: {
        Owner: 'CUSTOM_LAMBDA',
        SourceDetails: [
          { MessageType: 'ConfigurationItemChangeNotification' },
          { MessageType: 'OversizedConfigurationItemChangeNotification' },
          { MessageType: 'ScheduledNotification', MaximumExecutionFrequency: 'TwentyFour_Hours' },
        ],
      },
    });
    const permission = prod
      .ofType('AWS::Lambda::Permission')
      .find(({ Properties }) => Properties?.['Principal'] === 'config.amazonaws.com');
    expect(permission?.Properties).toMatchObject({ SourceAccount: { Ref: 'AWS::AccountId' } });
  });
});

describe('the aggregator', () => {
  const aggregatorOf = ({ ofType }: Synthesized) =>
    ofType('AWS::Config::ConfigurationAggregator')[0]?.Properties;

  it('shows every region of the account', () => {
    expect(properties(one('AWS::Config::ConfigurationAggregator'))).toMatchObject({
      AccountAggregationSources: [{ AccountIds: [{ Ref: 'AWS::AccountId' }], AllAwsRegions: true }],
    });
  });

  it('shows the accounts and regions that the settings list, or an organization', () => {
    expect(aggregatorOf(others.ofAccounts)).toMatchObject({
      AccountAggregationSources: [
        { AccountIds: ['444455556666', '777788889999'], AwsRegions: ['us-east-1', 'eu-west-1'] },
      ],
    });
    expect(aggregatorOf(others.ofOrganization)).toMatchObject({
      OrganizationAggregationSource: { AllAwsRegions: true, RoleArn: expect.anything() },
    });
  });
});

describe('the settings', () => {
  const types = ({ resources }: Synthesized) =>
    new Set(resources.map(({ Type }) => Type).filter((type) => type.startsWith('AWS::Config::')));

  it('add rules to a recorder that is there already', () => {
    expect([...types(others.besideRecorder)].toSorted()).toEqual([
      'AWS::Config::ConfigRule',
      'AWS::Config::ConfigurationAggregator',
      'AWS::Config::ConformancePack',
      'AWS::Config::RemediationConfiguration',
    ]);
  });

  it('leave Config alone where nothing is recorded', () => {
    expect(types(others.unrecorded).size).toBe(0);
  });

  it.each<[Partial<Settings['accountConfig']>, string]>([
    [{ recorder: 'none', hipaaPack: false, aggregator: undefined }, 'accountConfig.recorder'],
    [{ hipaaPack: false }, 'accountConfig.hipaaPack'],
    [{ historyRetentionDays: 0 }, 'accountConfig.historyRetentionDays'],
    [{ aggregator: { accounts: ['1'], regions: 'all' } }, 'accountConfig.aggregator.accounts'],
    [{ aggregator: { accounts: 'own', regions: [] } }, 'accountConfig.aggregator.regions'],
  ])('of prod that are wrong are named: %j', (change, name) => {
    expect(() => settingsOf('prod', { ...exampleAccount, ...withConfig(change) })).toThrow(name);
  });
});
