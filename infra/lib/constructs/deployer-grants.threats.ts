import { type DeployerGrant, deployed, type DeploymentPlace, each } from './deployer-grant.js';

/** What looks for attacks. By policy, because IAM takes 6,144 characters in one. */
export function threatGrants(place: DeploymentPlace): Record<string, DeployerGrant[]> {
  const { account, arn, prefix } = deployed(place);
  return {
    detection: [
      {
        types: ['AWS::CloudWatch::InsightRule'],
        actions: each(
          'cloudwatch',
          'PutInsightRule DeleteInsightRules DescribeInsightRules TagResource UntagResource ListTagsForResource',
        ),
        resources: [arn('cloudwatch', `insight-rule/${prefix}-*`)],
      },
      {
        types: ['AWS::GuardDuty::Detector'],
        actions: each(
          'guardduty',
          'CreateDetector DeleteDetector GetDetector ListDetectors UpdateDetector TagResource UntagResource ListTagsForResource',
        ),
        resources: ['*'],
      },
      {
        types: ['AWS::SecurityHub::Hub', 'AWS::SecurityHub::Standard'],
        actions: each(
          'securityhub',
          'EnableSecurityHub DisableSecurityHub DescribeHub UpdateSecurityHubConfiguration BatchEnableStandards BatchDisableStandards GetEnabledStandards UpdateStandardsControl DescribeStandardsControls ListTagsForResource TagResource UntagResource',
        ),
        resources: ['*'],
      },
      {
        types: ['AWS::Macie::Session'],
        actions: each(
          'macie2',
          'EnableMacie DisableMacie GetMacieSession UpdateMacieSession ListClassificationJobs',
        ),
        resources: ['*'],
      },
      {
        types: ['AWS::AccessAnalyzer::Analyzer'],
        actions: each(
          'access-analyzer',
          'CreateAnalyzer DeleteAnalyzer GetAnalyzer UpdateAnalyzer TagResource UntagResource ListTagsForResource',
        ),
        resources: [arn('access-analyzer', `analyzer/${prefix}-*`)],
      },
      {
        types: [
          'AWS::GuardDuty::Detector',
          'AWS::SecurityHub::Hub',
          'AWS::Macie::Session',
          'AWS::AccessAnalyzer::Analyzer',
        ],
        actions: ['iam:CreateServiceLinkedRole'],
        resources: [`arn:aws:iam::${account}:role/aws-service-role/*`],
        conditions: {
          StringEquals: {
            'iam:AWSServiceName': ['guardduty', 'securityhub', 'macie', 'access-analyzer'].map(
              (service) => `${service}.amazonaws.com`,
            ),
          },
        },
      },
      {
        types: ['Custom::MacieJob'],
        actions: ['lambda:InvokeFunction'],
        resources: [arn('lambda', `function:${prefix}-*`)],
      },
    ],
  };
}
