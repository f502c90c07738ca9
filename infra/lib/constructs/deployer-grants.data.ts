import { type DeployerGrant, deployed, type DeploymentPlace, each } from './deployer-grant.js';

/** What has an identity or a state. By policy, because IAM takes 6,144 characters in one. */
export function dataGrants(place: DeploymentPlace): Record<string, DeployerGrant[]> {
  const { account, arn, prefix, region, role, stage } = deployed(place);
  return {
    identities: [
      {
        types: ['AWS::IAM::Role'],
        actions: each(
          'iam',
          'CreateRole DeleteRole GetRole UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy TagRole UntagRole ListRolePolicies GetRolePolicy ListAttachedRolePolicies',
        ),
        resources: [role],
      },
      {
        types: ['AWS::IAM::Role', 'AWS::IAM::ManagedPolicy'],
        actions: each('iam', 'AttachRolePolicy DetachRolePolicy'),
        resources: [role],
        // Nothing of AWS's but these: an administrator's policy cannot be attached to a role of ours.
        conditions: {
          ArnLike: {
            'iam:PolicyARN': [
              `arn:aws:iam::${account}:policy/${prefix}-*`,
              'arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs',
              'arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup',
              'arn:aws:iam::aws:policy/service-role/AWS_ConfigRole',
            ],
          },
        },
      },
      {
        types: ['AWS::IAM::ManagedPolicy'],
        actions: each(
          'iam',
          'CreatePolicy DeletePolicy GetPolicy GetPolicyVersion ListPolicyVersions CreatePolicyVersion DeletePolicyVersion TagPolicy UntagPolicy ListEntitiesForPolicy',
        ),
        resources: [`arn:aws:iam::${account}:policy/${prefix}-*`],
      },
      {
        types: ['AWS::IAM::Role'],
        actions: ['iam:PassRole'],
        resources: [role],
        conditions: {
          StringEquals: {
            'iam:PassedToService': [
              ...[
                'apigateway',
                'backup',
                'cloudtrail',
                'config',
                'ecs-tasks',
                'events',
                'firehose',
                'lambda',
                'logs',
                'ssm',
                'scheduler',
                'vpc-flow-logs',
              ].map((service) => `${service}.amazonaws.com`),
            ],
          },
        },
      },
      {
        types: [
          'AWS::ECS::Service',
          'AWS::ElasticLoadBalancingV2::LoadBalancer',
          'AWS::WAFv2::LoggingConfiguration',
        ],
        actions: ['iam:CreateServiceLinkedRole'],
        resources: [`arn:aws:iam::${account}:role/aws-service-role/*`],
        conditions: {
          StringEquals: {
            'iam:AWSServiceName': [
              ...[
                'ecs',
                'elasticloadbalancing',
                'ops.apigateway',
                'wafv2',
                'ecs.application-autoscaling',
              ].map((service) => `${service}.amazonaws.com`),
            ],
          },
        },
      },
      {
        types: [
          ...['UserPool', 'UserPoolClient', 'UserPoolDomain', 'UserPoolGroup', 'UserPoolResourceServer'].map(
            (type) => `AWS::Cognito::${type}`,
          ),
        ],
        actions: each(
          'cognito-idp',
          'CreateUserPool DeleteUserPool DescribeUserPool UpdateUserPool GetUserPoolMfaConfig SetUserPoolMfaConfig TagResource UntagResource ListTagsForResource CreateUserPoolClient DeleteUserPoolClient DescribeUserPoolClient UpdateUserPoolClient CreateUserPoolDomain DeleteUserPoolDomain DescribeUserPoolDomain UpdateUserPoolDomain CreateGroup DeleteGroup GetGroup UpdateGroup CreateResourceServer DeleteResourceServer DescribeResourceServer UpdateResourceServer',
        ),
        resources: [arn('cognito-idp', 'userpool/*'), '*'],
      },
    ],
    data: [
      {
        types: ['AWS::KMS::Key'],
        actions: ['kms:CreateKey'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:RequestTag/Environment': stage } },
      },
      {
        types: ['AWS::KMS::Key', 'AWS::KMS::Alias'],
        // Administration alone. What CloudFormation needs to make encrypted things, the key policies allow it through the service.
        actions: each(
          'kms',
          'CreateAlias DeleteAlias DescribeKey DisableKey EnableKey EnableKeyRotation GetKeyPolicy GetKeyRotationStatus ListResourceTags PutKeyPolicy ScheduleKeyDeletion TagResource UntagResource UpdateAlias UpdateKeyDescription',
        ),
        resources: [arn('kms', 'key/*'), arn('kms', `alias/${prefix}-*`)],
      },
      {
        types: ['AWS::KMS::Key', 'AWS::DynamoDB::Table', 'AWS::Bedrock::Guardrail'],
        actions: each('kms', 'CreateGrant Decrypt DescribeKey Encrypt GenerateDataKey'),
        resources: [arn('kms', 'key/*')],
        conditions: {
          StringLike: {
            'kms:ViaService': ['dynamodb', 'backup', 'bedrock', 'sns', 'sqs', 'lambda'].map(
              (service) => `${service}.${region}.amazonaws.com`,
            ),
          },
        },
      },
      { types: ['AWS::KMS::Alias'], actions: ['kms:ListAliases'], resources: ['*'] },
      {
        types: ['AWS::DynamoDB::Table'],
        actions: each(
          'dynamodb',
          'CreateTable DeleteTable DescribeTable UpdateTable DescribeContinuousBackups UpdateContinuousBackups DescribeTimeToLive UpdateTimeToLive DescribeContributorInsights DescribeKinesisStreamingDestination GetResourcePolicy PutResourcePolicy DeleteResourcePolicy ListTagsOfResource TagResource UntagResource',
        ),
        resources: [arn('dynamodb', `table/${prefix}-*`)],
      },
      {
        types: ['AWS::S3::Bucket', 'AWS::S3::BucketPolicy'],
        actions: each(
          's3',
          'CreateBucket DeleteBucket GetBucketPolicy PutBucketPolicy DeleteBucketPolicy PutBucketLogging PutBucketObjectLockConfiguration PutBucketOwnershipControls PutBucketPublicAccessBlock PutBucketTagging PutBucketVersioning PutEncryptionConfiguration PutLifecycleConfiguration GetBucketTagging GetBucketVersioning GetEncryptionConfiguration GetLifecycleConfiguration GetBucketObjectLockConfiguration ListTagsForResource TagResource UntagResource',
        ),
        resources: [`arn:aws:s3:::${prefix}-*`],
      },
      {
        types: ['AWS::Backup::BackupPlan', 'AWS::Backup::BackupSelection', 'AWS::Backup::BackupVault'],
        actions: [
          ...each(
            'backup',
            'CreateBackupPlan DeleteBackupPlan GetBackupPlan UpdateBackupPlan CreateBackupSelection DeleteBackupSelection GetBackupSelection CreateBackupVault DeleteBackupVault DescribeBackupVault PutBackupVaultLockConfiguration DeleteBackupVaultLockConfiguration PutBackupVaultAccessPolicy GetBackupVaultAccessPolicy DeleteBackupVaultAccessPolicy ListTags TagResource UntagResource',
          ),
          'backup-storage:MountCapsule',
        ],
        resources: ['*'],
      },
      {
        types: ['AWS::SNS::Topic', 'AWS::SNS::TopicPolicy', 'AWS::SNS::Subscription'],
        actions: each(
          'sns',
          'CreateTopic DeleteTopic GetTopicAttributes SetTopicAttributes Subscribe Unsubscribe GetSubscriptionAttributes ListSubscriptionsByTopic ListTagsForResource TagResource UntagResource GetDataProtectionPolicy',
        ),
        resources: [arn('sns', `${prefix}-*`)],
      },
      {
        types: ['AWS::SQS::Queue', 'AWS::SQS::QueuePolicy'],
        actions: each(
          'sqs',
          'CreateQueue DeleteQueue GetQueueAttributes GetQueueUrl ListQueueTags SetQueueAttributes TagQueue UntagQueue',
        ),
        resources: [arn('sqs', `${prefix}-*`)],
      },
      {
        types: ['AWS::SSM::Parameter'],
        actions: each(
          'ssm',
          'PutParameter DeleteParameter GetParameters AddTagsToResource RemoveTagsFromResource ListTagsForResource',
        ),
        resources: [
          'kms-key-arn',
          'signing-key-arn',
          'oidc-issuer',
          'bedrock-guardrail-id',
          'bedrock-guardrail-version',
          'bedrock-model-id',
        ].map((name) => arn('ssm', `parameter/phi/${stage}/${name}`)),
      },
    ],
  };
}
