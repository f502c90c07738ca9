import { Aws } from 'aws-cdk-lib';
import {
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
  FlowLog,
  FlowLogDestination,
  FlowLogResourceType,
  FlowLogTrafficType,
} from 'aws-cdk-lib/aws-ec2';
import { AnyPrincipal, ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Settings } from '../settings.js';
import type { EncryptedLogGroup } from './log-group.js';

/** What the tasks may reach, for the endpoints' policies: exactly the resources of this deployment. */
export interface Reachable {
  tableArns: readonly string[];
  keyArns: readonly string[];
  parameterArns: readonly string[];
  logGroupArns: readonly string[];
  repositoryArn: string;
  /** Guardrail, inference profile and models; empty without Bedrock. */
  bedrockArns: readonly string[];
}

const TWO_ZONES = 2;
const CIDR = '10.0.0.0/20';

/**
 * A network without a way to or from the internet: isolated subnets in two zones, no NAT, no gateway. AWS is reached by
 * endpoints alone, and each of them lets this account use this deployment's resources alone: data cannot be carried off
 * with foreign credentials into a foreign table (45 CFR 164.312(e)(1)).
 */
export class PhiNetwork extends Construct {
  readonly vpc: Vpc;
  readonly #endpointGroup: SecurityGroup;

  constructor(
    scope: Construct,
    id: string,
    private readonly settings: Settings,
    reachable: Reachable,
    flowLogs: EncryptedLogGroup,
  ) {
    super(scope, id);
    this.vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr(CIDR),
      maxAzs: TWO_ZONES,
      natGateways: 0,
      createInternetGateway: false,
      subnetConfiguration: [{ name: 'isolated', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 }],
      // It would take a function with the right to change security groups; nothing of ours is ever in the default group.
      restrictDefaultSecurityGroup: false,
    });
    this.#logFlows(flowLogs);
    this.#endpointGroup = new SecurityGroup(this, 'EndpointGroup', {
      vpc: this.vpc,
      description: 'Interface endpoints: HTTPS from the network',
      allowAllOutbound: false,
    });
    this.#endpointGroup.addIngressRule(Peer.ipv4(CIDR), Port.tcp(443), 'HTTPS from the network');
    this.#gatewayEndpoints(reachable);
    this.#interfaceEndpoints(reachable);
  }

  #logFlows({ logGroup }: EncryptedLogGroup): void {
    const role = new Role(this, 'FlowLogRole', {
      assumedBy: new ServicePrincipal('vpc-flow-logs.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    });
    new ManagedPolicy(this, 'FlowLogPolicy', {
      roles: [role],
      statements: [
        new PolicyStatement({
          sid: 'WriteFlowLogs',
          actions: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
          resources: [logGroup.logGroupArn],
        }),
      ],
    });
    new FlowLog(this, 'FlowLog', {
      resourceType: FlowLogResourceType.fromVpc(this.vpc),
      trafficType: FlowLogTrafficType.ALL,
      // Without permission to change the role: what it needs stands above.
      destination: FlowLogDestination.toCloudWatchLogs(logGroup, role.withoutPolicyUpdates()),
    });
  }

  /** Free of charge, so there is no reason to do without. */
  #gatewayEndpoints({ tableArns }: Reachable): void {
    const dynamoDb = this.vpc.addGatewayEndpoint('DynamoDb', {
      service: GatewayVpcEndpointAwsService.DYNAMODB,
    });
    dynamoDb.addToPolicy(
      ownAccount(
        'OwnTables',
        [
          'dynamodb:BatchGetItem',
          'dynamodb:ConditionCheckItem',
          'dynamodb:DeleteItem',
          'dynamodb:GetItem',
          'dynamodb:PutItem',
          'dynamodb:Query',
          'dynamodb:Scan',
        ],
        [...tableArns, ...tableArns.map((arn) => `${arn}/index/*`)],
      ),
    );
    const s3 = this.vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 });
    // ECR keeps the layers of images in a bucket of AWS's, and hands out addresses signed by itself: no account to compare.
    s3.addToPolicy(
      new PolicyStatement({
        sid: 'ImageLayers',
        principals: [new AnyPrincipal()],
        actions: ['s3:GetObject'],
        resources: [`arn:${Aws.PARTITION}:s3:::prod-${this.settings.region}-starport-layer-bucket/*`],
      }),
    );
  }

  #interfaceEndpoints(reachable: Reachable): void {
    const { keyArns, parameterArns, logGroupArns, repositoryArn, bedrockArns } = reachable;
    this.#interface('Kms', InterfaceVpcEndpointAwsService.KMS, [
      ownAccount(
        'OwnKeys',
        [
          'kms:Decrypt',
          'kms:DescribeKey',
          'kms:GenerateDataKeyWithoutPlaintext',
          'kms:GetPublicKey',
          'kms:ReEncryptFrom',
          'kms:ReEncryptTo',
          'kms:Sign',
        ],
        [...keyArns],
      ),
    ]);
    this.#interface('Ssm', InterfaceVpcEndpointAwsService.SSM, [
      ownAccount(
        'OwnParameters',
        ['ssm:GetParameter', 'ssm:GetParameters', 'ssm:PutParameter'],
        [...parameterArns],
      ),
    ]);
    this.#interface('Logs', InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS, [
      ownAccount('OwnLogGroups', ['logs:CreateLogStream', 'logs:PutLogEvents'], [...logGroupArns]),
    ]);
    const pull = [
      ownAccount(
        'OwnRepository',
        ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
        [repositoryArn],
      ),
      // A token for the registry as a whole: the action knows no resource.
      ownAccount('RegistryToken', ['ecr:GetAuthorizationToken'], ['*']),
    ];
    this.#interface('EcrApi', InterfaceVpcEndpointAwsService.ECR, pull);
    this.#interface('EcrDocker', InterfaceVpcEndpointAwsService.ECR_DOCKER, pull);
    if (bedrockArns.length > 0) {
      this.#interface('Bedrock', InterfaceVpcEndpointAwsService.BEDROCK_RUNTIME, [
        ownAccount(
          'OwnGuardrailAndModel',
          ['bedrock:ApplyGuardrail', 'bedrock:InvokeModel'],
          [...bedrockArns],
        ),
      ]);
    }
  }

  #interface(id: string, service: InterfaceVpcEndpointAwsService, statements: PolicyStatement[]): void {
    const endpoint = this.vpc.addInterfaceEndpoint(id, {
      service,
      subnets: { subnets: this.vpc.isolatedSubnets.slice(0, this.settings.api.endpointZones) },
      securityGroups: [this.#endpointGroup],
      open: false,
    });
    for (const statement of statements) endpoint.addToPolicy(statement);
  }
}

/** Callers of this account alone, whatever credentials a task may have been given. */
function ownAccount(sid: string, actions: string[], resources: string[]): PolicyStatement {
  return new PolicyStatement({
    sid,
    principals: [new AnyPrincipal()],
    actions,
    resources,
    conditions: { StringEquals: { 'aws:PrincipalAccount': Aws.ACCOUNT_ID } },
  });
}
