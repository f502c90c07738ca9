import { type DeployerGrant, deployed, type DeploymentPlace, each } from './deployer-grant.js';

/** What watches the account itself. */
export function complianceGrants(place: DeploymentPlace): Record<string, DeployerGrant[]> {
  const { account, arn, prefix } = deployed(place);
  return {
    compliance: [
      {
        // Recorder, channel and pack know no names in IAM, rules none that are chosen.
        types: ['ConfigRule', 'ConfigurationAggregator', 'ConfigurationRecorder', 'ConformancePack'].map(
          (type) => `AWS::Config::${type}`,
        ),
        actions: each(
          'config',
          'PutConfigRule DeleteConfigRule DescribeConfigRules DescribeComplianceByConfigRule PutConfigurationAggregator DeleteConfigurationAggregator DescribeConfigurationAggregators PutConfigurationRecorder DeleteConfigurationRecorder DescribeConfigurationRecorders DescribeConfigurationRecorderStatus StartConfigurationRecorder StopConfigurationRecorder PutConformancePack DeleteConformancePack DescribeConformancePacks DescribeConformancePackStatus ListTagsForResource TagResource UntagResource',
        ),
        resources: ['*'],
      },
      {
        types: ['AWS::Config::DeliveryChannel'],
        actions: each(
          'config',
          'PutDeliveryChannel DeleteDeliveryChannel DescribeDeliveryChannels DescribeDeliveryChannelStatus',
        ),
        resources: ['*'],
      },
      {
        types: ['AWS::Config::ConformancePack'],
        actions: ['iam:CreateServiceLinkedRole'],
        resources: [`arn:aws:iam::${account}:role/aws-service-role/config-conforms.amazonaws.com/*`],
        conditions: { StringEquals: { 'iam:AWSServiceName': 'config-conforms.amazonaws.com' } },
      },
      {
        types: ['AWS::Scheduler::Schedule'],
        actions: each('scheduler', 'CreateSchedule DeleteSchedule GetSchedule UpdateSchedule'),
        resources: [arn('scheduler', `schedule/default/${prefix}-*`)],
      },
    ],
  };
}
