import { beforeAll, describe, expect, it } from '@jest/globals';
import { account, admits, deployed } from './policy-evaluation.js';
import { withoutDomain } from './support/deployment-cache.js';
import { type Placed, statementsOf, synthesized, type Synthesized } from './synthesized.js';

let dev: Synthesized;
let prod: Synthesized;
beforeAll(() => {
  dev = synthesized('dev', withoutDomain);
  prod = synthesized('prod');
});

type Properties = Record<string, unknown>;
const inApi = (side: Synthesized, type: string) => side.ofType(type).filter(({ stack }) => stack === 'Api');
const properties = (side: Synthesized, type: string): Properties[] =>
  inApi(side, type).map(({ Properties = {} }) => Properties);
const only = (side: Synthesized, type: string): Properties => {
  const [one, ...more] = properties(side, type);
  if (one === undefined || more.length > 0) throw new Error(`not one ${type}`);
  return one;
};
const attributes = (from: Properties, name: string) =>
  Object.fromEntries((from[name] as { Key: string; Value: unknown }[]).map(({ Key, Value }) => [Key, Value]));

describe('the network', () => {
  // 45 CFR 164.312(e)(1), transmission security.
  it('has two zones and no way to or from the internet', () => {
    for (const side of [dev, prod]) {
      expect(inApi(side, 'AWS::EC2::Subnet')).toHaveLength(2);
      const ways = [
        'InternetGateway',
        'NatGateway',
        'Route',
        'EIP',
        'VPCGatewayAttachment',
        'EgressOnlyInternetGateway',
      ];
      for (const way of ways) expect(side.ofType(`AWS::EC2::${way}`)).toEqual([]);
      for (const subnet of properties(side, 'AWS::EC2::Subnet'))
        expect(subnet['MapPublicIpOnLaunch']).toBe(false);
    }
  });

  it('has an endpoint for each service that a task asks, in as many zones as the settings say', () => {
    const services = (side: Synthesized) =>
      properties(side, 'AWS::EC2::VPCEndpoint').map(({ ServiceName, VpcEndpointType, SubnetIds = [] }) => [
        String(deployed(ServiceName)).replace('com.amazonaws.us-east-1.', ''),
        VpcEndpointType,
        (SubnetIds as unknown[]).length,
      ]);
    const interfaces = ['kms', 'ssm', 'logs', 'ecr.api', 'ecr.dkr', 'bedrock-runtime'];
    const gateways = [
      ['dynamodb', 'Gateway', 0],
      ['s3', 'Gateway', 0],
    ];
    expect(services(dev)).toEqual([...gateways, ...interfaces.map((name) => [name, 'Interface', 1])]);
    expect(services(prod)).toEqual([...gateways, ...interfaces.map((name) => [name, 'Interface', 2])]);
  });

  it('lets nobody through an endpoint but this account, to this deployment', () => {
    for (const { ServiceName, PolicyDocument } of properties(prod, 'AWS::EC2::VPCEndpoint')) {
      const statements = statementsOf(PolicyDocument);
      expect(statements.length).toBeGreaterThan(0);
      for (const { sid, resources, conditions, actions } of statements) {
        expect(actions.filter((action) => action.includes('*'))).toEqual([]);
        // The layers of images lie in a bucket of AWS's, and ECR signs their addresses.
        if (sid === 'ImageLayers')
          expect(resources.map(deployed)).toEqual(['arn:aws:s3:::prod-us-east-1-starport-layer-bucket/*']);
        else
          expect([ServiceName, conditions]).toEqual([
            ServiceName,
            { StringEquals: { 'aws:PrincipalAccount': { Ref: 'AWS::AccountId' } } },
          ]);
        if (sid !== 'RegistryToken') expect(resources).not.toContain('*');
      }
    }
  });

  it('writes down every flow', () => {
    expect(only(prod, 'AWS::EC2::FlowLog')).toMatchObject({ TrafficType: 'ALL', ResourceType: 'VPC' });
  });

  it('opens each security group to one other at most, and only to ports in use', () => {
    const opened = inApi(prod, 'AWS::EC2::SecurityGroupIngress').map(({ Properties }) => Properties);
    expect(opened.map((one) => one?.['FromPort'])).toEqual([443, 3000]);
    for (const one of opened) expect(one?.['SourceSecurityGroupId']).toBeDefined();
    const inline = properties(prod, 'AWS::EC2::SecurityGroup').flatMap(
      ({ SecurityGroupIngress = [] }) => SecurityGroupIngress as Properties[],
    );
    expect(inline.map(({ CidrIp, FromPort }) => [CidrIp, FromPort])).toEqual([['10.0.0.0/20', 443]]);
  });
});

describe('the load balancer', () => {
  it('is internal, and in prod refuses to be deleted', () => {
    for (const side of [dev, prod]) {
      const balancer = only(side, 'AWS::ElasticLoadBalancingV2::LoadBalancer');
      expect(balancer['Scheme']).toBe('internal');
      expect(attributes(balancer, 'LoadBalancerAttributes')).toMatchObject({
        'deletion_protection.enabled': String(side === prod),
        'routing.http.drop_invalid_header_fields.enabled': 'true',
        'routing.http.desync_mitigation_mode': 'strictest',
        'access_logs.s3.enabled': 'true',
      });
    }
  });

  it('speaks TLS 1.2 or later with the gateway wherever there is a domain', () => {
    const listener = only(prod, 'AWS::ElasticLoadBalancingV2::Listener');
    expect(listener).toMatchObject({
      Protocol: 'HTTPS',
      Port: 443,
      SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-2021-06',
    });
    expect(listener['Certificates']).toEqual([{ CertificateArn: prod.settings.certificateArn }]);
  });

  // 45 CFR 164.312(e)(2)(ii), encryption in transit.
  it('speaks HTTPS with the tasks, always', () => {
    for (const side of [dev, prod])
      expect(only(side, 'AWS::ElasticLoadBalancingV2::TargetGroup')).toMatchObject({
        Protocol: 'HTTPS',
        Port: 3000,
        TargetType: 'ip',
        HealthCheckPath: '/health/ready',
      });
  });

  it('takes the stage away from paths, and answers what it does not know itself', () => {
    const rules = properties(prod, 'AWS::ElasticLoadBalancingV2::ListenerRule');
    const [withStage, without] = rules;
    expect(withStage?.['Conditions']).toEqual([
      { Field: 'path-pattern', PathPatternConfig: { Values: ['/prod/*'] } },
    ]);
    const [rewrite] = (withStage?.['Transforms'] ?? []) as {
      UrlRewriteConfig: { Rewrites: { Regex: string; Replace: string }[] };
    }[];
    const { Regex = '', Replace = '' } = rewrite?.UrlRewriteConfig.Rewrites[0] ?? {};
    expect('/prod/v1/patients/prod/x'.replace(new RegExp(Regex), Replace)).toBe('/v1/patients/prod/x');
    expect(without?.['Transforms']).toBeUndefined();
    expect(only(prod, 'AWS::ElasticLoadBalancingV2::Listener')['DefaultActions']).toMatchObject([
      { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } },
    ]);
  });
});

describe('the service', () => {
  interface Container {
    Environment: { Name: string; Value: unknown }[];
    LinuxParameters: {
      Capabilities: { Drop: string[] };
      Tmpfs: { ContainerPath: string; MountOptions: string[] }[];
    };
    StopTimeout: number;
  }
  const container = (side: Synthesized) =>
    (only(side, 'AWS::ECS::TaskDefinition')['ContainerDefinitions'] as Container[])[0]!;

  // 45 CFR 164.308(a)(5)(ii)(B): nothing can be put into the image.
  it('can be changed by nobody who gets into it', () => {
    expect(container(prod)).toMatchObject({
      ReadonlyRootFilesystem: true,
      User: '1000:1000',
      LinuxParameters: { Capabilities: { Drop: ['ALL'] }, InitProcessEnabled: true },
    });
    expect(container(prod).LinuxParameters.Tmpfs).toEqual([
      { ContainerPath: '/tmp', Size: 16, MountOptions: ['nodev', 'noexec', 'nosuid'] },
    ]);
    expect(only(prod, 'AWS::ECS::TaskDefinition')['Volumes']).toBeUndefined();
  });

  it('runs without a public address and without a shell, and goes back when a version does not start', () => {
    expect(only(prod, 'AWS::ECS::Service')).toMatchObject({
      EnableExecuteCommand: false,
      NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: 'DISABLED' } },
      DeploymentConfiguration: {
        DeploymentCircuitBreaker: { Enable: true, Rollback: true },
        MinimumHealthyPercent: 100,
      },
    });
  });

  it('keeps its temporary storage under our key', () => {
    const { Configuration } = only(prod, 'AWS::ECS::Cluster') as {
      Configuration: { ManagedStorageConfiguration: object };
    };
    expect(JSON.stringify(Configuration.ManagedStorageConfiguration)).toContain('RuntimeKey');
  });

  // 45 CFR 164.308(a)(7)(ii)(C), 164.308(a)(7)(i): one zone may fail.
  it('runs twice at least in prod, and grows with processor time and with requests', () => {
    expect(only(prod, 'AWS::ApplicationAutoScaling::ScalableTarget')).toMatchObject({
      MinCapacity: 2,
      MaxCapacity: 10,
    });
    const metrics = properties(prod, 'AWS::ApplicationAutoScaling::ScalingPolicy').map(
      ({ TargetTrackingScalingPolicyConfiguration: policy }) =>
        (policy as { PredefinedMetricSpecification: { PredefinedMetricType: string } })
          .PredefinedMetricSpecification.PredefinedMetricType,
    );
    expect(metrics).toEqual(['ECSServiceAverageCPUUtilization', 'ALBRequestCountPerTarget']);
  });

  it('has more time to stop than it needs', () => expect(container(prod).StopTimeout).toBeGreaterThan(10));

  it('holds no secret in its variables', () => {
    for (const { Name, Value } of container(prod).Environment) {
      expect(Name).not.toMatch(/SECRET|PASSWORD|TOKEN$|KEY$(?<!TLS_KEY)/);
      expect(JSON.stringify(Value)).not.toMatch(/\{\{resolve/);
    }
  });
});

describe('logs of the api stack', () => {
  const groups = () => inApi(prod, 'AWS::Logs::LogGroup');

  it('are under a key of ours, and end', () => {
    expect(groups().length).toBeGreaterThanOrEqual(2);
    for (const { id, Properties } of groups())
      expect([id, Properties]).toEqual([
        id,
        expect.objectContaining({
          KmsKeyId: expect.anything(),
          RetentionInDays: prod.settings.logRetentionDays,
        }),
      ]);
  });

  // The key's policy admits groups by their names.
  it('have names that the policy of their key admits', () => {
    const underRuntimeKey = ({ Properties }: Placed) =>
      JSON.stringify(Properties?.['KmsKeyId']).includes('RuntimeKey');
    for (const group of groups()) {
      const name = String(deployed(group.Properties?.['LogGroupName']));
      expect(name).toMatch(
        underRuntimeKey(group) ? /^API-Gateway-Execution-Logs_/ : /^(\/phi\/prod\/|aws-waf-logs-phi-prod)/,
      );
    }
  });

  it('of the gateway are there before the stage is', () => {
    const [stage] = inApi(prod, 'AWS::ApiGateway::Stage');
    expect(stage?.DependsOn?.some((id) => id.startsWith('RestApiExecutionLog'))).toBe(true);
  });
});

describe('the key of the api stack', () => {
  const policy = () => statementsOf(only(prod, 'AWS::KMS::Key')['KeyPolicy']);
  const cluster = {
    'kms:EncryptionContext:aws:ecs:clusterAccount': account,
    'kms:EncryptionContext:aws:ecs:clusterName': 'phi-prod',
  };
  const fargate = { service: 'fargate.amazonaws.com' };

  it('stores for tasks of our cluster, and reads the guardrail for the service', () => {
    const action = 'kms:GenerateDataKeyWithoutPlaintext';
    expect(admits(policy(), { principal: fargate, action, keys: cluster })).toBe(true);
    const other = { ...cluster, 'kms:EncryptionContext:aws:ecs:clusterName': 'other' };
    expect(admits(policy(), { principal: fargate, action, keys: other })).toBe(false);
    expect(admits(policy(), { principal: { role: 'phi-prod-task' }, action: 'kms:Decrypt' })).toBe(true);
    expect(admits(policy(), { principal: { role: 'phi-other-task' }, action: 'kms:Decrypt' })).toBe(false);
  });

  it('is used by nobody who administers it', () => {
    const administrators = policy().find(({ sid }) => sid === 'AdministrationByAccount');
    expect(
      administrators?.actions.filter((one) => /Encrypt|Decrypt|DataKey|Sign|CreateGrant/.test(one)),
    ).toEqual([]);
  });
});
