/** A list price of AWS. */
export interface Price {
  dollars: number;
  /** What that much money buys. */
  per: string;
  /** Page of AWS on which the price stands. */
  source: string;
}

/**
 * List prices for us-east-1, without free tiers (unless said), discounts, taxes and support. Written down by hand from AWS's price pages;
 * nothing fetches them. Look at the pages before you rely on a figure: prices change, and other regions differ.
 */
export const priceList = { region: 'us-east-1', writtenDown: '2026-11-22' } as const;

const page = (name: string) => `https://aws.amazon.com/${name}/pricing/`;
const price = (dollars: number, per: string, source: string): Price => ({ dollars, per, source });

export const prices = {
  kmsKey: price(1, 'key and month', page('kms')),
  kmsRequest: price(0.03 / 10_000, 'symmetric request', page('kms')),
  kmsSignature: price(0.15 / 10_000, 'ECC request', page('kms')),

  dynamoDbWrite: price(0.625 / 1_000_000, 'write unit, on demand', page('dynamodb')),
  dynamoDbRead: price(0.125 / 1_000_000, 'read unit, on demand', page('dynamodb')),
  dynamoDbStorage: price(0.25, 'GB and month', page('dynamodb')),
  dynamoDbPointInTime: price(0.2, 'GB and month', page('dynamodb')),
  dynamoDbBackup: price(0.1, 'GB and month, warm', page('backup')),

  fargateX86Processor: price(0.04048, 'vCPU and hour', page('fargate')),
  fargateX86Memory: price(0.004445, 'GB and hour', page('fargate')),
  fargateArmProcessor: price(0.03238, 'vCPU and hour', page('fargate')),
  fargateArmMemory: price(0.00356, 'GB and hour', page('fargate')),

  loadBalancer: price(0.0225, 'hour', page('elasticloadbalancing')),
  loadBalancerCapacity: price(0.008, 'capacity unit and hour', page('elasticloadbalancing')),
  interfaceEndpoint: price(0.01, 'zone and hour', page('privatelink')),
  interfaceEndpointData: price(0.01, 'GB', page('privatelink')),
  internetData: price(0.09, 'GB to the internet, after 100 GB free', page('ec2/on-demand')),

  restApiRequest: price(3.5 / 1_000_000, 'request', page('api-gateway')),
  firewall: price(5, 'web ACL and month', page('waf')),
  firewallRule: price(1, 'rule and month', page('waf')),
  firewallRequest: price(0.6 / 1_000_000, 'request', page('waf')),

  logIngestion: price(0.5, 'GB', page('cloudwatch')),
  logStorage: price(0.03, 'GB and month, compressed', page('cloudwatch')),
  alarm: price(0.1, 'alarm and month', page('cloudwatch')),
  customMetric: price(0.3, 'metric and month', page('cloudwatch')),

  insightRule: price(0.5, 'rule of Contributor Insights and month', page('cloudwatch')),
  guardDutyEvent: price(4 / 1_000_000, 'management event', page('guardduty')),
  guardDutyFlow: price(1, 'GB of flow and DNS logs', page('guardduty')),
  hubCheck: price(0.001, 'check', page('security-hub')),
  macieBucket: price(0.1, 'bucket and month', page('macie')),
  macieRead: price(1, 'GB read', page('macie')),
  configurationItem: price(0.003, 'configuration item, continuous recording', page('config')),
  ruleEvaluation: price(0.001, 'evaluation of a rule', page('config')),
  packEvaluation: price(0.001, 'evaluation of a rule in a conformance pack', page('config')),

  trailDataEvent: price(0.1 / 100_000, 'data event', page('cloudtrail')),
  firehoseIngestion: price(0.029, 'GB, each record rounded up to 5 KB', page('firehose')),
  firehoseDecompression: price(0.00325, 'GB', page('firehose')),
  athenaScan: price(5 / 1024, 'GB read', page('athena')),

  s3Storage: price(0.023, 'GB and month', page('s3')),
  s3GlacierInstant: price(0.004, 'GB and month', page('s3')),
  s3Put: price(0.005 / 1000, 'PUT', page('s3')),

  lambdaRequest: price(0.2 / 1_000_000, 'call', page('lambda')),
  lambdaTime: price(0.0000133334, 'GB and second, arm64', page('lambda')),
  queueRequest: price(0.4 / 1_000_000, 'request', page('sqs')),

  userEssentials: price(0.015, 'active user and month, after 10,000 free', page('cognito')),
  userPlus: price(0.02, 'active user and month', page('cognito')),
  machineClient: price(6, 'client for machines and month', page('cognito')),
  machineToken: price(0.00225, 'token for a machine', page('cognito')),

  guardrailFilter: price(0.15 / 1000, 'text unit, content filter or denied topics', page('bedrock')),
  guardrailSensitive: price(0.1 / 1000, 'text unit, sensitive information', page('bedrock')),
  modelInput: price(
    1.1 / 1_000_000,
    'token in, Claude Haiku 4.5 by a profile of US regions',
    page('bedrock'),
  ),
  modelOutput: price(
    5.5 / 1_000_000,
    'token out, Claude Haiku 4.5 by a profile of US regions',
    page('bedrock'),
  ),
} as const satisfies Record<string, Price>;

export type PriceName = keyof typeof prices;
