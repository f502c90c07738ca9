import type { Metric } from './definition.js';

/** A namespace of AWS's, as its documentation describes it. */
export interface AwsNamespace {
  namespace: string;
  metrics: readonly string[];
  /** The sets of dimensions that these metrics are published with. */
  dimensions: readonly (readonly string[])[];
  /** What has to be in a template for there to be such metrics. */
  resource: string;
  source: string;
}

/** The metrics of AWS that the dashboards draw, and no others: one that is not documented with its dimensions shows nothing. */
export const awsNamespaces = {
  gateway: {
    namespace: 'AWS/ApiGateway',
    metrics: ['Count', 'Latency', 'IntegrationLatency', '4XXError', '5XXError'],
    dimensions: [['ApiName', 'Stage']],
    resource: 'AWS::ApiGateway::Stage',
    source: 'Amazon API Gateway Developer Guide, "Amazon API Gateway dimensions and metrics"',
  },
  firewall: {
    namespace: 'AWS/WAFV2',
    metrics: ['BlockedRequests', 'CountedRequests'],
    // `WebACL` and `Rule` are the names that their visibility configuration gives to metrics.
    dimensions: [['WebACL', 'Region', 'Rule']],
    resource: 'AWS::WAFv2::WebACL',
    source: 'AWS WAF Developer Guide, "AWS WAF metrics and dimensions"',
  },
  tasks: {
    namespace: 'AWS/ECS',
    metrics: ['CPUUtilization', 'MemoryUtilization'],
    dimensions: [['ClusterName', 'ServiceName']],
    resource: 'AWS::ECS::Service',
    source: 'Amazon ECS Developer Guide, "Amazon ECS CloudWatch metrics"',
  },
  targets: {
    namespace: 'AWS/ApplicationELB',
    metrics: ['HealthyHostCount', 'UnHealthyHostCount'],
    dimensions: [['TargetGroup', 'LoadBalancer']],
    resource: 'AWS::ElasticLoadBalancingV2::TargetGroup',
    source: 'Elastic Load Balancing, "CloudWatch metrics for your Application Load Balancer"',
  },
  tables: {
    namespace: 'AWS/DynamoDB',
    metrics: ['ConsumedReadCapacityUnits', 'ConsumedWriteCapacityUnits'],
    // What an index uses is not in the figures of its table.
    dimensions: [['TableName'], ['TableName', 'GlobalSecondaryIndexName']],
    resource: 'AWS::DynamoDB::Table',
    source: 'Amazon DynamoDB Developer Guide, "DynamoDB metrics and dimensions"',
  },
  guardrails: {
    namespace: 'AWS/Bedrock/Guardrails',
    metrics: ['Invocations', 'InvocationsIntervened', 'InvocationThrottles'],
    dimensions: [['Operation']],
    resource: 'AWS::Bedrock::Guardrail',
    source: 'Amazon Bedrock User Guide, "Monitor Amazon Bedrock Guardrails using CloudWatch metrics"',
  },
  functions: {
    namespace: 'AWS/Lambda',
    metrics: ['IteratorAge', 'Errors'],
    dimensions: [['FunctionName']],
    resource: 'AWS::Lambda::Function',
    source: 'AWS Lambda Developer Guide, "Types of metrics for Lambda functions"',
  },
  logDelivery: {
    namespace: 'AWS/Firehose',
    metrics: ['DeliveryToS3.DataFreshness'],
    dimensions: [['DeliveryStreamName']],
    resource: 'AWS::KinesisFirehose::DeliveryStream',
    source: 'Amazon Data Firehose Developer Guide, "Monitor Amazon Data Firehose with CloudWatch metrics"',
  },
  rules: {
    namespace: 'AWS/Events',
    metrics: ['TriggeredRules', 'FailedInvocations'],
    dimensions: [['RuleName']],
    resource: 'AWS::Events::Rule',
    source: 'Amazon EventBridge User Guide, "Monitoring Amazon EventBridge"',
  },
  topics: {
    namespace: 'AWS/SNS',
    metrics: ['NumberOfMessagesPublished', 'NumberOfNotificationsFailed'],
    dimensions: [['TopicName']],
    resource: 'AWS::SNS::Topic',
    source: 'Amazon SNS Developer Guide, "Monitoring Amazon SNS topics using CloudWatch"',
  },
} as const satisfies Record<string, AwsNamespace>;

type Service = keyof typeof awsNamespaces;

/** @returns a metric of AWS's, one that stands above */
export function ofAws<S extends Service>(
  service: S,
  name: (typeof awsNamespaces)[S]['metrics'][number],
  dimensions: Metric['dimensions'],
): Metric {
  return { namespace: awsNamespaces[service].namespace, name, dimensions };
}
