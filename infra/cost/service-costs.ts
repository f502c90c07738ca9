import { assumptions } from './assumptions.js';
import {
  byRequest,
  type CostContext,
  hoursOf,
  type PricedType,
  shareOfMonth,
  standing,
} from './positions.js';
import { listOf, objectOf, textOf } from './template.js';

/** What the api stack is charged for: tasks, network, gateway, firewall, screening. */
export const serviceCosts: Record<string, PricedType> = {
  'AWS::ECS::Service': (resource, context) => {
    const definition = taskDefinition(context);
    const isArm = objectOf(definition['RuntimePlatform'])['CpuArchitecture'] === 'ARM64';
    const hours = context.tasks * hoursOf(resource, context);
    const processors = Number(definition['Cpu']) / 1024;
    const gigabytes = Number(definition['Memory']) / 1024;
    const tasks = `${context.tasks} task${context.tasks === 1 ? '' : 's'}`;
    return [
      standing(
        'Compute',
        `${tasks}, ${processors} vCPU`,
        processors * hours,
        isArm ? 'fargateArmProcessor' : 'fargateX86Processor',
      ),
      standing(
        'Compute',
        `${tasks}, ${gigabytes} GB`,
        gigabytes * hours,
        isArm ? 'fargateArmMemory' : 'fargateX86Memory',
      ),
    ];
  },
  'AWS::ECS::Cluster': (resource, context) =>
    listOf(resource.properties['ClusterSettings']).some(
      ({ Value }) => Value === 'enabled' || Value === 'enhanced',
    )
      ? [
          standing(
            'Alarms',
            'Container Insights',
            shareOfMonth(resource, context, assumptions.containerMetrics.value),
            'customMetric',
          ),
        ]
      : [],
  'AWS::EC2::VPCEndpoint': (resource, context) => {
    if (resource.properties['VpcEndpointType'] !== 'Interface') return [];
    const service = textOf(resource.properties['ServiceName']).split('.').slice(3).join('.');
    const zones = listOf(resource.properties['SubnetIds']).length;
    const hours = zones * hoursOf(resource, context);
    return [
      standing(
        'Private network',
        `endpoint of ${service}, ${zones} zone${zones === 1 ? '' : 's'}`,
        hours,
        'interfaceEndpoint',
      ),
    ];
  },
  'AWS::ElasticLoadBalancingV2::LoadBalancer': (resource, context) => [
    standing('Private network', 'load balancer', hoursOf(resource, context), 'loadBalancer'),
    // One capacity unit is 1 GB an hour; less than one is charged as its part.
    byRequest('Private network', 'its capacity', context.usage.answerGigabytes, 'loadBalancerCapacity'),
    byRequest(
      'Private network',
      'data through endpoints',
      context.usage.endpointGigabytes,
      'interfaceEndpointData',
    ),
  ],
  'AWS::ApiGateway::RestApi': (_, { usage }) => [
    byRequest('Gateway and firewall', 'requests', usage.requestsPerMonth, 'restApiRequest'),
    byRequest(
      'Gateway and firewall',
      'answers to the internet',
      Math.max(0, usage.answerGigabytes - 100),
      'internetData',
    ),
  ],
  'AWS::ApiGateway::Stage': (resource, context) => {
    const isDetailed = listOf(resource.properties['MethodSettings']).some(
      ({ MetricsEnabled }) => MetricsEnabled === true,
    );
    if (!isDetailed) return [];
    const metrics = 5 * numberOfMethods(context);
    return [
      standing(
        'Alarms',
        'metrics of each method of the API',
        shareOfMonth(resource, context, metrics),
        'customMetric',
      ),
    ];
  },
  'AWS::WAFv2::WebACL': (resource, context) => [
    standing('Gateway and firewall', 'firewall', shareOfMonth(resource, context, 1), 'firewall'),
    standing(
      'Gateway and firewall',
      'its rules',
      shareOfMonth(resource, context, listOf(resource.properties['Rules']).length),
      'firewallRule',
    ),
    byRequest('Gateway and firewall', 'requests examined', context.usage.requestsPerMonth, 'firewallRequest'),
  ],
  'AWS::Bedrock::Guardrail': ({ properties }, { usage: { screening } }) => {
    // The guardrail reads each text twice: by itself, and beside the model.
    const textUnits = 2 * screening.textUnits;
    const filters = ['ContentPolicyConfig', 'TopicPolicyConfig'].filter(
      (policy) => properties[policy] !== undefined,
    );
    return [
      ...(properties['SensitiveInformationPolicyConfig'] === undefined
        ? []
        : [byRequest('Text screening', 'guardrail: identifiers', textUnits, 'guardrailSensitive')]),
      ...filters.map((policy) =>
        byRequest(
          'Text screening',
          `guardrail: ${policy === 'TopicPolicyConfig' ? 'topics' : 'prompt attacks'}`,
          textUnits,
          'guardrailFilter',
        ),
      ),
      byRequest('Text screening', 'model: prompts', screening.inputTokens, 'modelInput'),
      byRequest('Text screening', 'model: answers', screening.outputTokens, 'modelOutput'),
    ];
  },
};

const taskDefinition = ({ resources }: CostContext) =>
  objectOf(resources.find(({ type }) => type === 'AWS::ECS::TaskDefinition')?.properties);

function numberOfMethods({ resources }: CostContext): number {
  const api = resources.find(({ type }) => type === 'AWS::ApiGateway::RestApi');
  const paths = Object.values(objectOf(objectOf(api?.properties['Body'])['paths']));
  return paths.flatMap((path) => Object.keys(objectOf(path)).filter((key) => METHODS.has(key))).length;
}
const METHODS = new Set(['get', 'put', 'post', 'delete', 'patch', 'head', 'options']);
