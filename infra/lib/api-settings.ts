/** Settings of the api stack. */
export interface ApiSettings {
  /** Of ECR in the same account and region. The image is pushed before the stack is deployed. */
  repositoryName: string;
  /** Size of a task, in Fargate's units: 1024 are one processor. */
  cpuUnits: number;
  memoryMiB: number;
  /** Tasks that run at least and at most. Two in prod, so that one zone may fail. */
  minTasks: number;
  maxTasks: number;
  logLevel: 'debug' | 'info' | 'warn';
  /** Zones with interface endpoints of their own. Each endpoint costs by zone and hour; one serves the other zone too, until its own fails. */
  endpointZones: 1 | 2;
  /** Numbers of tasks, their processors and memory as metrics of CloudWatch. Costs per metric. */
  containerInsights: boolean;
  /** Text screening by Bedrock after the local detector; `undefined` leaves it to the local detector alone and saves an endpoint. */
  bedrock: BedrockSettings | undefined;
  /** Where clients may come from, CIDR blocks; empty: anywhere. */
  clientCidrs: readonly string[];
  /** Requests that one address may send in five minutes, before the firewall refuses the rest. */
  requestsPerAddress: number;
  /** Of all clients together. */
  throttle: { requestsPerSecond: number; burst: number };
  /** Whether Swagger UI and the OpenAPI document are served, to everybody. */
  publishesDocumentation: boolean;
}

export interface BedrockSettings {
  /** Id of an inference profile. */
  inferenceProfileId: string;
  /** Its foundation model, and every region that the profile may send a request to. */
  foundationModelId: string;
  modelRegions: readonly string[];
  /**
   * What the guardrail does about a prompt attack or a denied topic in a note. `NONE`: it is counted, and the note is screened
   * like any other. `BLOCK`: the model is not asked, so the note cannot be stored (503), however often it is sent.
   */
  suspicionAction: 'NONE' | 'BLOCK';
}

const bedrock: BedrockSettings = {
  inferenceProfileId: 'us.anthropic.claude-haiku-4-5-20251001-v1:0',
  foundationModelId: 'anthropic.claude-haiku-4-5-20251001-v1:0',
  modelRegions: ['us-east-1', 'us-east-2', 'us-west-2'],
  suspicionAction: 'NONE',
};

export const devApi: ApiSettings = {
  repositoryName: 'phi-api',
  cpuUnits: 256,
  memoryMiB: 1024,
  minTasks: 1,
  maxTasks: 2,
  logLevel: 'debug',
  endpointZones: 1,
  containerInsights: false,
  bedrock,
  clientCidrs: [],
  requestsPerAddress: 2_000,
  throttle: { requestsPerSecond: 50, burst: 100 },
  publishesDocumentation: true,
};

export const prodApi: ApiSettings = {
  repositoryName: 'phi-api',
  cpuUnits: 1024,
  memoryMiB: 2048,
  minTasks: 2,
  maxTasks: 10,
  logLevel: 'info',
  endpointZones: 2,
  containerInsights: true,
  bedrock,
  clientCidrs: [],
  requestsPerAddress: 10_000,
  throttle: { requestsPerSecond: 500, burst: 1_000 },
  publishesDocumentation: false,
};

/** Memory that Fargate sells with a number of processor units, MiB. @see Amazon ECS Developer Guide, "Task CPU and memory" */
const memoryChoices: Record<number, readonly [least: number, most: number]> = {
  256: [512, 2048],
  512: [1024, 4096],
  1024: [2048, 8192],
  2048: [4096, 16_384],
  4096: [8192, 30_720],
};

/** @returns rules and what to say if one does not hold */
export function apiRules(api: ApiSettings, isProd: boolean): [boolean, string][] {
  const within = (value: number, least: number, most: number) =>
    Number.isInteger(value) && value >= least && value <= most;
  const [leastMemory, mostMemory] = memoryChoices[api.cpuUnits] ?? [0, -1];
  return [
    [/^[a-z0-9][a-z0-9._/-]{1,255}$/.test(api.repositoryName), 'api.repositoryName: a name of ECR'],
    [
      leastMemory > 0 && within(api.memoryMiB, leastMemory, mostMemory),
      'api.cpuUnits, api.memoryMiB: a pair that Fargate offers',
    ],
    [within(api.minTasks, 1, 100), 'api.minTasks: 1 to 100'],
    [!isProd || api.minTasks >= 2, 'api.minTasks: at least 2 in prod'],
    [within(api.maxTasks, api.minTasks, 100), 'api.maxTasks: minTasks to 100'],
    [!isProd || api.endpointZones === 2, 'api.endpointZones: 2 in prod'],
    [within(api.requestsPerAddress, 10, 2_000_000_000), 'api.requestsPerAddress: at least 10'],
    [within(api.throttle.requestsPerSecond, 1, 10_000), 'api.throttle.requestsPerSecond: 1 to 10000'],
    [within(api.throttle.burst, 1, 5_000), 'api.throttle.burst: 1 to 5000'],
    [
      api.clientCidrs.every((cidr) => /^(\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/.test(cidr)),
      'api.clientCidrs: CIDR blocks, such as 192.0.2.0/24',
    ],
    [
      api.bedrock === undefined ||
        (/^[a-z0-9.:-]{1,200}$/.test(api.bedrock.inferenceProfileId) &&
          api.bedrock.inferenceProfileId.endsWith(api.bedrock.foundationModelId)),
      'api.bedrock: an inference profile and its own foundation model',
    ],
    [
      api.bedrock === undefined || api.bedrock.modelRegions.length > 0,
      'api.bedrock.modelRegions: at least one',
    ],
  ];
}
