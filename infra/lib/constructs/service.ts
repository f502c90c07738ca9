import { Aws, Duration } from 'aws-cdk-lib';
import { Peer, Port, type SecurityGroup, type IVpc } from 'aws-cdk-lib/aws-ec2';
import { type IRepository, Repository } from 'aws-cdk-lib/aws-ecr';
import {
  AvailabilityZoneRebalancing,
  Capability,
  Cluster,
  type ContainerDefinition,
  ContainerInsights,
  ContainerImage,
  CpuArchitecture,
  FargatePlatformVersion,
  FargateService,
  FargateTaskDefinition,
  LinuxParameters,
  LogDrivers,
  OperatingSystemFamily,
  PropagatedTagSource,
  TmpfsMountOption,
} from 'aws-cdk-lib/aws-ecs';
import type { ApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Names } from '../names.js';
import type { Settings } from '../settings.js';
import { SERVICE_PORT } from './load-balancer.js';
import type { EncryptedLogGroup } from './log-group.js';

export interface PhiServiceProps {
  names: Names;
  settings: Settings;
  vpc: IVpc;
  taskGroup: SecurityGroup;
  targetGroup: ApplicationTargetGroup;
  storageKey: IKey;
  logs: EncryptedLogGroup;
  taskStatements: PolicyStatement[];
  /** Of operators, beside those of the task. */
  operatorStatements: PolicyStatement[];
  /** `PHI_BEDROCK_*`, if text goes to Bedrock. */
  bedrockVariables: Record<string, string>;
  /** Clients of the user pool whose tokens are accepted. */
  clientIds: readonly string[];
}

/** In memory: the only place of the container that can be written, for files of operators' commands. */
const TEMPORARY = '/tmp';

/**
 * The service on Fargate: nobody can write to its image, be root in it, or open a shell (45 CFR 164.308(a)(5)(ii)(B)). At least two tasks in
 * two zones in prod (164.308(a)(7)(ii)(C)).
 */
export class PhiService extends Construct {
  readonly cluster: Cluster;
  readonly service: FargateService;
  readonly taskPolicy: ManagedPolicy;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: PhiServiceProps,
  ) {
    super(scope, id);
    const { names, settings, vpc } = props;
    this.cluster = new Cluster(this, 'Cluster', {
      clusterName: names.prefix,
      vpc,
      managedStorageConfiguration: { fargateEphemeralStorageKmsKey: props.storageKey },
      containerInsightsV2: settings.api.containerInsights
        ? ContainerInsights.ENABLED
        : ContainerInsights.DISABLED,
    });
    const taskRole = this.#role('TaskRole', 'What the service runs as', names.roles.task);
    // `aws ecs run-task --overrides taskRoleArn=...`: the same image and network, one command, and CloudTrail knows who started it.
    const operatorRole = this.#role(
      'OperatorRole',
      'What one-off commands of operators run as',
      names.roles.operator,
    );
    this.taskPolicy = new ManagedPolicy(this, 'TaskPolicy', {
      description: 'Everything that the service may do',
      roles: [taskRole, operatorRole],
      statements: props.taskStatements,
    });
    new ManagedPolicy(this, 'OperatorPolicy', {
      description: 'What operators may do beside',
      roles: [operatorRole],
      statements: props.operatorStatements,
    });
    this.service = this.#service(this.#taskDefinition(taskRole));
    this.#scale();
  }

  #role(id: string, description: string, roleName?: string): Role {
    return new Role(this, id, {
      ...(roleName !== undefined && { roleName }),
      description,
      // Tasks of this account alone (confused deputy).
      assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
          ArnLike: {
            'aws:SourceArn': `arn:${Aws.PARTITION}:ecs:${this.props.settings.region}:${Aws.ACCOUNT_ID}:*`,
          },
        },
      }),
    });
  }

  /** What starts the container, before the service runs: pulls the image, makes the log's stream. */
  #executionRole(repository: IRepository): Role {
    const role = this.#role('ExecutionRole', 'Pulls the image and writes the log');
    new ManagedPolicy(this, 'ExecutionPolicy', {
      description: 'Pulls the image and writes the log',
      roles: [role],
      statements: [
        new PolicyStatement({
          sid: 'PullImage',
          actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
          resources: [repository.repositoryArn],
        }),
        // For the registry as a whole: the action knows no resource.
        new PolicyStatement({
          sid: 'RegistryToken',
          actions: ['ecr:GetAuthorizationToken'],
          resources: ['*'],
        }),
        new PolicyStatement({
          sid: 'WriteLog',
          actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          resources: [this.props.logs.logGroup.logGroupArn],
        }),
      ],
    });
    return role;
  }

  #taskDefinition(taskRole: Role): FargateTaskDefinition {
    const { settings, names } = this.props;
    const { api } = settings;
    const repository = Repository.fromRepositoryName(this, 'Repository', api.repositoryName);
    const task = new FargateTaskDefinition(this, 'Task', {
      family: names.prefix,
      cpu: api.cpuUnits,
      memoryLimitMiB: api.memoryMiB,
      runtimePlatform: {
        cpuArchitecture: CpuArchitecture.X86_64,
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
      taskRole: taskRole.withoutPolicyUpdates(),
      executionRole: this.#executionRole(repository).withoutPolicyUpdates(),
    });
    const linux = new LinuxParameters(this, 'Linux', { initProcessEnabled: true });
    linux.dropCapabilities(Capability.ALL);
    linux.addTmpfs({
      containerPath: TEMPORARY,
      size: 16,
      mountOptions: [TmpfsMountOption.NODEV, TmpfsMountOption.NOEXEC, TmpfsMountOption.NOSUID],
    });
    this.#container(task, repository, linux);
    return task;
  }

  #container(
    task: FargateTaskDefinition,
    repository: IRepository,
    linuxParameters: LinuxParameters,
  ): ContainerDefinition {
    return task.addContainer('service', {
      image: ContainerImage.fromEcrRepository(repository, this.props.settings.imageTag),
      // The user `node` of the official images.
      user: '1000:1000',
      readonlyRootFilesystem: true,
      linuxParameters,
      environment: this.#variables(),
      logging: LogDrivers.awsLogs({ logGroup: this.props.logs.logGroup, streamPrefix: 'task' }),
      portMappings: [{ containerPort: SERVICE_PORT }],
      // Longer than the 10 s in which the service ends what is under way.
      stopTimeout: Duration.seconds(30),
      healthCheck: {
        // Part of the image, and the same as its own: Fargate does not look at that one.
        command: ['CMD', 'phi-healthy'],
        interval: Duration.seconds(10),
        timeout: Duration.seconds(5),
        retries: 3,
        startPeriod: Duration.seconds(30),
      },
    });
  }

  /** Configuration of the service (`libs/configuration`). What is not here keeps its default; a test says why for each. */
  #variables(): Record<string, string> {
    const { settings, bedrockVariables, clientIds } = this.props;
    return {
      NODE_ENV: 'production',
      // Stated by Fargate as well; the SDK's clients then need no call to find out.
      AWS_REGION: settings.region,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      // Addresses of DynamoDB by account need not lie behind the gateway endpoint, and there is no other way.
      AWS_ACCOUNT_ID_ENDPOINT_MODE: 'disabled',
      PHI_PLATFORM: 'aws',
      PHI_STAGE: settings.stage,
      // In a network of its own: only the load balancer's security group reaches it.
      PHI_HOST: '0.0.0.0',
      PHI_PORT: String(SERVICE_PORT),
      // API Gateway names its caller, and the load balancer names API Gateway's VPC link.
      PHI_TRUSTED_PROXIES: '2',
      // The load balancer verifies no certificate, so each task makes its own: its key is on no file system and in no account.
      PHI_TLS: 'self-signed',
      PHI_LOG_LEVEL: settings.api.logLevel,
      // Access tokens of Cognito name no audience.
      PHI_TOKEN_CLIENT_IDS: clientIds.join(','),
      PHI_KEY_STORE_BACKUP_DAYS: String(settings.keyStoreBackupDays),
      ...bedrockVariables,
    };
  }

  #service(taskDefinition: FargateTaskDefinition): FargateService {
    const { settings, vpc, taskGroup, targetGroup } = this.props;
    // The routing tables lead to endpoints alone, so this opens no way to anywhere else.
    taskGroup.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'AWS by endpoints');
    const service = new FargateService(this, 'Service', {
      cluster: this.cluster,
      taskDefinition,
      vpcSubnets: { subnets: vpc.isolatedSubnets },
      securityGroups: [taskGroup],
      assignPublicIp: false,
      enableExecuteCommand: false,
      platformVersion: FargatePlatformVersion.VERSION1_4,
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      // A version that does not become healthy is replaced by the last one that did.
      circuitBreaker: { enable: true, rollback: true },
      healthCheckGracePeriod: Duration.seconds(60),
      availabilityZoneRebalancing: AvailabilityZoneRebalancing.ENABLED,
      propagateTags: PropagatedTagSource.SERVICE,
      enableECSManagedTags: true,
      desiredCount: settings.api.minTasks,
    });
    service.attachToApplicationTargetGroup(targetGroup);
    return service;
  }

  #scale(): void {
    const { settings, targetGroup } = this.props;
    const scaling = this.service.autoScaleTaskCount({
      minCapacity: settings.api.minTasks,
      maxCapacity: settings.api.maxTasks,
    });
    const cooldown = { scaleInCooldown: Duration.minutes(5), scaleOutCooldown: Duration.minutes(1) };
    scaling.scaleOnCpuUtilization('Processor', { targetUtilizationPercent: 60, ...cooldown });
    scaling.scaleOnRequestCount('Requests', { targetGroup, requestsPerTarget: 6_000, ...cooldown });
  }
}
