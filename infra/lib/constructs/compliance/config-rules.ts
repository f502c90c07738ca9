import { Aws, Duration } from 'aws-cdk-lib';
import { CfnConfigRule } from 'aws-cdk-lib/aws-config';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import {
  additionalRules,
  type HipaaRule,
  packRules,
  phiEncryptionRule,
} from '../../../../compliance/hipaa-rules.js';
import type { DataResources } from '../../data.stack.js';
import type { Names } from '../../names.js';
import type { Settings } from '../../settings.js';
import { PhiFunction } from '../phi-function.js';
import { isRemediated, standaloneName } from './remediated-rules.js';

interface ConfigRulesProps {
  names: Names;
  settings: Settings;
  data: DataResources;
}

/** Rules that Config starts by the clock alone take a frequency; the others refuse one. */
const periodic = new Set([
  'CLOUD_TRAIL_ENABLED',
  'CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED',
  'CMK_BACKING_KEY_ROTATION_ENABLED',
  'EC2_EBS_ENCRYPTION_BY_DEFAULT',
  'S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS_PERIODIC',
]);

/** What stands outside of the pack: what it lacks, what is mended automatically, and the rule of our own. */
export const standaloneRules: readonly HipaaRule[] = [
  ...additionalRules,
  ...packRules.filter(({ identifier }) => isRemediated(identifier)),
];

/** Rules that stand alone, under names of ours. */
export class ConfigRules extends Construct {
  /** By AWS's identifier, and by its name the rule of our own: what mends a rule depends on it. */
  readonly rules: ReadonlyMap<string, CfnConfigRule>;
  readonly evaluator: IFunction;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ConfigRulesProps,
  ) {
    super(scope, id);
    const { names } = props;
    const phiEncryption = new PhiEncryptionRule(this, 'PhiEncryption', props);
    this.evaluator = phiEncryption.evaluator;
    this.rules = new Map([
      ...standaloneRules.map((rule) => [rule.identifier, this.#managed(rule, names)] as const),
      [phiEncryptionRule.name, phiEncryption.rule],
    ]);
  }

  #managed({ identifier, parameters, paragraphs }: HipaaRule, names: Names): CfnConfigRule {
    return new CfnConfigRule(this, identifier, {
      configRuleName: standaloneName(names, identifier),
      description: `45 CFR ${paragraphs.join(', ')}`,
      source: { owner: 'AWS', sourceIdentifier: identifier },
      ...(Object.keys(parameters).length > 0 && { inputParameters: parameters }),
      ...(periodic.has(identifier) && {
        maximumExecutionFrequency: this.props.settings.accountConfig.periodicRules,
      }),
    });
  }
}

/** The rule that knows what holds PHI: `apps/phi-encryption-rule`. */
class PhiEncryptionRule extends Construct {
  readonly rule: CfnConfigRule;
  readonly evaluator: IFunction;

  constructor(scope: Construct, id: string, { names, settings, data }: ConfigRulesProps) {
    super(scope, id);
    const { function: evaluator } = new PhiFunction(this, 'Evaluator', {
      settings,
      source: 'apps/phi-encryption-rule/src',
      description: 'Judges whether what holds PHI is encrypted under a customer-managed key',
      logGroupName: `${names.logGroupPrefix}phi-encryption-rule`,
      logKey: data.keys.audit,
      // On schedule it walks through the account.
      timeout: Duration.minutes(10),
      memoryMegabytes: 512,
      permissions: permissions(),
    });
    this.evaluator = evaluator;
    evaluator.addPermission('Config', {
      principal: new ServicePrincipal('config.amazonaws.com'),
      sourceAccount: Aws.ACCOUNT_ID,
    });
    const source = (messageType: string, maximumExecutionFrequency?: string) => ({
      eventSource: 'aws.config',
      messageType,
      maximumExecutionFrequency,
    });
    this.rule = new CfnConfigRule(this, 'Rule', {
      configRuleName: `${names.prefix}-${phiEncryptionRule.name}`,
      description: `What holds PHI, by its tags, lies under a customer-managed key. 45 CFR ${phiEncryptionRule.paragraphs.join(', ')}`,
      scope: { complianceResourceTypes: [...judgedTypes] },
      source: {
        owner: 'CUSTOM_LAMBDA',
        sourceIdentifier: evaluator.functionArn,
        sourceDetails: [
          source('ConfigurationItemChangeNotification'),
          source('OversizedConfigurationItemChangeNotification'),
          source('ScheduledNotification', 'TwentyFour_Hours'),
        ],
      },
    });
    // Config asks whether it may invoke the function when the rule is made.
    this.rule.node.addDependency(evaluator.node.findChild('Config'));
  }
}

/** Changes of these are told to the rule; a test holds the list to the rule's own. */
const judgedTypes = [
  'AWS::DynamoDB::Table',
  'AWS::EC2::Volume',
  'AWS::EFS::FileSystem',
  'AWS::RDS::DBCluster',
  'AWS::RDS::DBClusterSnapshot',
  'AWS::RDS::DBInstance',
  'AWS::RDS::DBSnapshot',
  'AWS::S3::Bucket',
] as const;

const permissions = (): PolicyStatement[] => [
  // Config and EC2 know no resources for these; they are held to the region.
  new PolicyStatement({
    sid: 'Evaluation',
    actions: [
      'config:GetResourceConfigHistory',
      'config:PutEvaluations',
      'config:SelectResourceConfig',
      'ec2:DescribeSnapshots',
    ],
    resources: ['*'],
    conditions: { StringEquals: { 'aws:RequestedRegion': Aws.REGION } },
  }),
  new PolicyStatement({
    sid: 'WhoseKey',
    actions: ['kms:DescribeKey'],
    resources: [`arn:${Aws.PARTITION}:kms:${Aws.REGION}:${Aws.ACCOUNT_ID}:key/*`],
  }),
];
