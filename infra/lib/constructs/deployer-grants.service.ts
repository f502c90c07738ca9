import { type DeployerGrant, deployed, type DeploymentPlace, each, QUALIFIER } from './deployer-grant.js';

/** What runs, and what watches it. By policy, because IAM takes 6,144 characters in one. */
export function serviceGrants(place: DeploymentPlace): Record<string, DeployerGrant[]> {
  const { account, arn, prefix, region, stage } = deployed(place);
  return {
    network: [
      {
        types: [
          ...[
            'VPC',
            'Subnet',
            'RouteTable',
            'SubnetRouteTableAssociation',
            'SecurityGroup',
            'FlowLog',
            'VPCEndpoint',
          ],
          ...['SecurityGroupIngress', 'SecurityGroupEgress'],
        ].map((type) => `AWS::EC2::${type}`),
        actions: each(
          'ec2',
          'CreateVpc DeleteVpc ModifyVpcAttribute DescribeVpcs DescribeVpcAttribute CreateSubnet DeleteSubnet ModifySubnetAttribute DescribeSubnets CreateRouteTable DeleteRouteTable AssociateRouteTable DisassociateRouteTable DescribeRouteTables CreateSecurityGroup DeleteSecurityGroup AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress RevokeSecurityGroupEgress UpdateSecurityGroupRuleDescriptionsEgress UpdateSecurityGroupRuleDescriptionsIngress DescribeSecurityGroups DescribeSecurityGroupRules CreateFlowLogs DeleteFlowLogs DescribeFlowLogs CreateVpcEndpoint DeleteVpcEndpoints ModifyVpcEndpoint DescribeVpcEndpoints DescribeVpcEndpointServices DescribeNetworkInterfaces DescribePrefixLists DescribeAvailabilityZones CreateTags DeleteTags DescribeTags',
        ),
        resources: ['*'],
      },
      {
        types: ['Listener', 'ListenerRule', 'LoadBalancer', 'TargetGroup'].map(
          (type) => `AWS::ElasticLoadBalancingV2::${type}`,
        ),
        actions: each(
          'elasticloadbalancing',
          'AddTags RemoveTags CreateLoadBalancer DeleteLoadBalancer ModifyLoadBalancerAttributes SetSecurityGroups SetSubnets SetIpAddressType CreateListener DeleteListener ModifyListener ModifyListenerAttributes AddListenerCertificates RemoveListenerCertificates CreateRule DeleteRule ModifyRule SetRulePriorities CreateTargetGroup DeleteTargetGroup ModifyTargetGroup ModifyTargetGroupAttributes RegisterTargets DeregisterTargets',
        ),
        // CloudFormation shortens the stack's name in theirs.
        resources: [
          'loadbalancer/app/phi-*',
          'listener/app/phi-*',
          'listener-rule/app/phi-*',
          'targetgroup/phi-*',
        ].map((resource) => arn('elasticloadbalancing', resource)),
      },
      {
        types: ['AWS::ElasticLoadBalancingV2::LoadBalancer'],
        actions: each(
          'elasticloadbalancing',
          'DescribeLoadBalancers DescribeLoadBalancerAttributes DescribeListeners DescribeListenerAttributes DescribeListenerCertificates DescribeRules DescribeTargetGroups DescribeTargetGroupAttributes DescribeTargetHealth DescribeTags',
        ),
        resources: ['*'],
      },
    ],
    service: [
      {
        types: ['Cluster', 'Service', 'TaskDefinition'].map((type) => `AWS::ECS::${type}`),
        actions: each(
          'ecs',
          'CreateCluster DeleteCluster DescribeClusters UpdateCluster UpdateClusterSettings CreateService DeleteService DescribeServices UpdateService RegisterTaskDefinition DeregisterTaskDefinition DescribeTaskDefinition DescribeServiceDeployments ListServiceDeployments DescribeServiceRevisions TagResource UntagResource ListTagsForResource',
        ),
        resources: ['*'],
      },
      {
        types: ['ScalableTarget', 'ScalingPolicy'].map((type) => `AWS::ApplicationAutoScaling::${type}`),
        actions: each(
          'application-autoscaling',
          'RegisterScalableTarget DeregisterScalableTarget DescribeScalableTargets PutScalingPolicy DeleteScalingPolicy DescribeScalingPolicies TagResource UntagResource ListTagsForResource',
        ),
        resources: ['*'],
      },
      {
        types: [
          ...['Account', 'BasePathMapping', 'Deployment', 'DomainName', 'RestApi', 'Stage', 'UsagePlan'].map(
            (type) => `AWS::ApiGateway::${type}`,
          ),
          'AWS::ApiGatewayV2::VpcLink',
        ],
        actions: each(
          'apigateway',
          'DELETE GET PATCH POST PUT SetWebACL UpdateRestApiPolicy AddCertificateToDomain',
        ),
        resources: ['account', 'restapis*', 'domainnames*', 'usageplans*', 'vpclinks*', 'tags*'].map(
          (path) => `arn:aws:apigateway:${region}::/${path}`,
        ),
      },
      {
        types: ['AWS::WAFv2::WebACL', 'AWS::WAFv2::WebACLAssociation', 'AWS::WAFv2::LoggingConfiguration'],
        actions: each(
          'wafv2',
          'CreateWebACL DeleteWebACL GetWebACL UpdateWebACL AssociateWebACL DisassociateWebACL GetWebACLForResource PutLoggingConfiguration GetLoggingConfiguration DeleteLoggingConfiguration ListTagsForResource TagResource UntagResource',
        ),
        resources: [
          arn('wafv2', `regional/webacl/${prefix}-*`),
          arn('wafv2', 'regional/managedruleset/*'),
          `arn:aws:apigateway:${region}::/restapis/*/stages/*`,
        ],
      },
      {
        types: ['AWS::Bedrock::Guardrail', 'AWS::Bedrock::GuardrailVersion'],
        actions: each(
          'bedrock',
          'CreateGuardrail CreateGuardrailVersion DeleteGuardrail GetGuardrail ListGuardrails UpdateGuardrail TagResource UntagResource ListTagsForResource',
        ),
        resources: [arn('bedrock', 'guardrail/*'), '*'],
      },
      {
        types: ['AWS::Lambda::EventInvokeConfig', 'AWS::Lambda::Function', 'AWS::Lambda::Permission'],
        actions: each(
          'lambda',
          'CreateFunction DeleteFunction GetFunction GetFunctionConfiguration UpdateFunctionCode UpdateFunctionConfiguration GetFunctionCodeSigningConfig GetFunctionRecursionConfig GetRuntimeManagementConfig PutFunctionEventInvokeConfig UpdateFunctionEventInvokeConfig GetFunctionEventInvokeConfig DeleteFunctionEventInvokeConfig AddPermission RemovePermission GetPolicy TagResource UntagResource ListTags',
        ),
        resources: [arn('lambda', `function:${prefix}-*`)],
      },
      // The code of functions, where the CDK has put it; and the version of the bootstrap, which each template asks for.
      {
        types: ['AWS::Lambda::Function'],
        actions: ['s3:GetObject'],
        resources: [`arn:aws:s3:::cdk-${QUALIFIER}-assets-${account}-${region}/*`],
      },
      {
        types: ['AWS::Lambda::Function'],
        actions: ['ssm:GetParameters'],
        resources: [arn('ssm', `parameter/cdk-bootstrap/${QUALIFIER}/version`)],
      },
      {
        types: ['Custom::IssuerKeys', 'Custom::SecureParameter'],
        actions: ['lambda:InvokeFunction'],
        resources: [arn('lambda', `function:${prefix}-*`)],
      },
      {
        types: ['AWS::Lambda::EventSourceMapping'],
        actions: each(
          'lambda',
          'CreateEventSourceMapping DeleteEventSourceMapping GetEventSourceMapping UpdateEventSourceMapping',
        ),
        resources: ['*'],
        conditions: { ArnLikeIfExists: { 'lambda:FunctionArn': arn('lambda', `function:${prefix}-*`) } },
      },
      {
        types: ['AWS::Events::Rule'],
        actions: each(
          'events',
          'PutRule DeleteRule DescribeRule PutTargets RemoveTargets ListTargetsByRule TagResource UntagResource',
        ),
        resources: [arn('events', `rule/${prefix}-*`)],
      },
    ],
    observation: [
      {
        types: ['LogGroup', 'LogStream', 'MetricFilter', 'SubscriptionFilter'].map(
          (type) => `AWS::Logs::${type}`,
        ),
        actions: each(
          'logs',
          'CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy AssociateKmsKey DisassociateKmsKey CreateLogStream DeleteLogStream PutMetricFilter DeleteMetricFilter PutSubscriptionFilter DeleteSubscriptionFilter DescribeMetricFilters DescribeSubscriptionFilters DescribeLogStreams ListTagsForResource TagResource UntagResource',
        ),
        resources: [`/phi/${stage}/*`, `aws-waf-logs-${prefix}*`, 'API-Gateway-Execution-Logs_*'].map(
          (name) => arn('logs', `log-group:${name}`),
        ),
      },
      {
        types: ['AWS::Logs::LogGroup', 'AWS::WAFv2::LoggingConfiguration', 'AWS::ApiGateway::Stage'],
        actions: each(
          'logs',
          'DescribeLogGroups CreateLogDelivery GetLogDelivery UpdateLogDelivery DeleteLogDelivery ListLogDeliveries PutResourcePolicy DescribeResourcePolicies',
        ),
        resources: ['*'],
      },
      {
        types: ['AWS::CloudWatch::Alarm'],
        actions: each(
          'cloudwatch',
          'PutMetricAlarm DeleteAlarms DescribeAlarms ListTagsForResource TagResource UntagResource',
        ),
        resources: [arn('cloudwatch', `alarm:${prefix}-*`)],
      },
      {
        types: ['AWS::CloudWatch::Dashboard'],
        actions: each('cloudwatch', 'PutDashboard GetDashboard DeleteDashboards'),
        // Dashboards are of an account, not of a region.
        resources: [`arn:aws:cloudwatch::${account}:dashboard/${prefix}-*`],
      },
      {
        types: ['AWS::CloudTrail::Trail'],
        actions: each(
          'cloudtrail',
          'CreateTrail DeleteTrail GetTrail GetTrailStatus GetEventSelectors PutEventSelectors GetInsightSelectors PutInsightSelectors StartLogging StopLogging UpdateTrail ListTags AddTags RemoveTags',
        ),
        resources: [arn('cloudtrail', `trail/${prefix}-*`)],
      },
      {
        types: ['AWS::Athena::WorkGroup', 'AWS::Athena::NamedQuery'],
        actions: each(
          'athena',
          'CreateWorkGroup DeleteWorkGroup GetWorkGroup UpdateWorkGroup CreateNamedQuery DeleteNamedQuery GetNamedQuery UpdateNamedQuery ListTagsForResource TagResource UntagResource',
        ),
        resources: [arn('athena', `workgroup/${prefix}-*`), arn('athena', `workgroup/${prefix}`)],
      },
      {
        types: ['AWS::Glue::Database', 'AWS::Glue::Table'],
        actions: each(
          'glue',
          'CreateDatabase DeleteDatabase GetDatabase UpdateDatabase CreateTable DeleteTable GetTable UpdateTable TagResource UntagResource GetTags',
        ),
        // Glue's names have no hyphens.
        resources: [
          'catalog',
          `database/phi_${stage.replaceAll('-', '_')}_*`,
          `table/phi_${stage.replaceAll('-', '_')}_*`,
        ].map((resource) => arn('glue', resource)),
      },
      {
        types: ['AWS::KinesisFirehose::DeliveryStream'],
        actions: each(
          'firehose',
          'CreateDeliveryStream DeleteDeliveryStream DescribeDeliveryStream UpdateDestination StartDeliveryStreamEncryption StopDeliveryStreamEncryption ListTagsForDeliveryStream TagDeliveryStream UntagDeliveryStream',
        ),
        resources: [arn('firehose', `deliverystream/${prefix}-*`)],
      },
    ],
  };
}
