import { type DeployerGrant, deployed, type DeploymentPlace, each } from './deployer-grant.js';

/** What mends the account. */
export function remediationGrants(place: DeploymentPlace): Record<string, DeployerGrant[]> {
  const { account, arn, prefix } = deployed(place);
  return {
    remediation: [
      {
        types: ['AWS::SSM::Document'],
        actions: each(
          'ssm',
          'CreateDocument DeleteDocument DescribeDocument GetDocument UpdateDocument UpdateDocumentDefaultVersion ListDocumentVersions ListTagsForResource AddTagsToResource RemoveTagsFromResource',
        ),
        resources: [arn('ssm', `document/${prefix}-*`), arn('ssm', `automation-definition/${prefix}-*`)],
      },
      {
        // Of a rule, whose name IAM does not know.
        types: ['AWS::Config::RemediationConfiguration'],
        actions: each(
          'config',
          'PutRemediationConfigurations DeleteRemediationConfiguration DescribeRemediationConfigurations',
        ),
        resources: ['*'],
      },
      {
        types: ['AWS::Config::RemediationConfiguration'],
        actions: ['iam:CreateServiceLinkedRole'],
        resources: [`arn:aws:iam::${account}:role/aws-service-role/remediation.config.amazonaws.com/*`],
        conditions: { StringEquals: { 'iam:AWSServiceName': 'remediation.config.amazonaws.com' } },
      },
      {
        // Systems Manager publishes approvals to names that begin so.
        types: ['AWS::SNS::Topic', 'AWS::SNS::TopicPolicy', 'AWS::SNS::Subscription'],
        actions: each(
          'sns',
          'CreateTopic DeleteTopic GetTopicAttributes SetTopicAttributes Subscribe Unsubscribe GetSubscriptionAttributes SetSubscriptionAttributes ListSubscriptionsByTopic ListTagsForResource TagResource UntagResource GetDataProtectionPolicy',
        ),
        resources: [arn('sns', `Automation-${prefix}-*`)],
      },
    ],
  };
}
