import { beforeAll, describe, expect, it } from '@jest/globals';
import { ConfigurationError, envExample, fixedConfiguration } from '@app/configuration';
import { dockerfileStages, type Stage, textsOf } from '../container/dockerfile.js';
import { deployed } from './policy-evaluation.js';
import { withoutBedrock } from './support/deployment-cache.js';
import { synthesized, type Synthesized } from './synthesized.js';

/** Variables of the service that the container leaves at their defaults, each with the reason. */
const atDefault: Record<string, string> = {
  PHI_DATA_DIR: 'of the embedded platform',
  PHI_TLS_CERT: 'a task makes its own certificate, in memory',
  PHI_TLS_KEY: 'a task makes its own certificate, in memory',
  PHI_RATE_LIMIT_PER_MINUTE: 'one limit for all deployments',
  PHI_ADDRESS_RATE_LIMIT_PER_MINUTE: 'one limit for all deployments',
  PHI_MISS_LIMIT_PER_MINUTE: 'one limit for all deployments',
  PHI_CONCURRENT_REQUESTS: 'what the smallest task has memory for',
  PHI_TURN_MILLISECONDS: 'a bound of time, whatever the task can do in it',
  PHI_CONNECTIONS: 'one limit for all deployments',
  PHI_CORS_ORIGINS: 'a question of the organization: changed by who answers for it',
  PHI_ANSWER_TIMEOUT_SECONDS: 'one limit for all deployments',
  PHI_AWS_TIMEOUT_SECONDS: 'one limit for all deployments, within that of the gateway',
  PHI_DRAIN_SECONDS: 'one time for all deployments, well within what the task has to stop',
  PHI_BODY_LIMIT_BYTES: 'one limit for all deployments',
  PHI_REQUEST_TIMEOUT_SECONDS:
    'less than the 29 s of the gateway would cut off large bodies of slow clients there first',
  PHI_OIDC_ISSUER: 'a parameter of the data stack',
  PHI_TOKEN_AUDIENCE: "Cognito's access tokens have none; PHI_TOKEN_CLIENT_IDS is checked in its place",
  PHI_TRUSTED_ISSUERS: 'found by discovery, which isolated subnets cannot reach; the pool is a parameter',
  PHI_CLOCK_SKEW_SECONDS: 'clocks of AWS agree to milliseconds',
  PHI_KEY_CACHE_ENTRIES: 'fits into the memory of the smallest task',
  PHI_KEY_CACHE_TTL_SECONDS: 'the bound of how long an erased key lives elsewhere; part of receipts',
  PHI_PARAMETER_REFRESH_SECONDS: 'key jobs count on it',
  PHI_AUDIT_SEAL_SECONDS: 'one promise for all deployments',
  PHI_AUDIT_LEASE_SECONDS: 'one promise for all deployments',
  PHI_AUDIT_RETENTION_DAYS: 'six years, by law',
  PHI_METRICS_SECONDS: 'a minute is what alarms are made for',
  PHI_MASS_READ_PATIENTS_PER_HOUR: 'a question of the organization: changed by who answers for it',
  PHI_MASS_READ_MULTIPLE: 'a question of the organization: changed by who answers for it',
  PHI_CARE_TEAM_REQUIRED: 'true: the minimum necessary',
  PHI_EMERGENCY_ACCESS_MINUTES: 'a question of the organization: changed by who answers for it',
  PHI_EMERGENCY_ACCESSES_PER_HOUR: 'a question of the organization: changed by who answers for it',
  PHI_RECORD_TYPES: 'a question of the organization: changed by who answers for it',
  PHI_SCREENING_POLICIES: 'a question of the organization: changed by who answers for it',
  PHI_SCREENING_ON_FAILURE: 'reject: nothing is stored that was not screened',
  PHI_SHARED_IDENTIFIER_SYSTEMS: 'a question of the organization: changed by who answers for it',
};

let dev: Synthesized;
let local: Synthesized;
beforeAll(() => {
  dev = synthesized('dev');
  local = synthesized('dev', withoutBedrock);
});

interface Container {
  Environment: { Name: string; Value: unknown }[];
  User: string;
  PortMappings: object[];
  HealthCheck: object;
  Command?: string[];
  EntryPoint?: string[];
}

function container(side: Synthesized): Container {
  const [task] = side.ofType('AWS::ECS::TaskDefinition');
  const [one] = (task?.Properties?.['ContainerDefinitions'] ?? []) as Container[];
  if (one === undefined) throw new Error('no container');
  return one;
}

/** The container's variables, as a task gets them. */
const variables = (side: Synthesized): Record<string, string> =>
  Object.fromEntries(container(side).Environment.map(({ Name, Value }) => [Name, String(deployed(Value))]));

/** What is only known once it is deployed. */
function asStarted(side: Synthesized): Record<string, string> {
  const { PHI_BEDROCK_GUARDRAIL_ID: guardrail, ...given } = variables(side);
  return {
    ...given,
    PHI_TOKEN_CLIENT_IDS: 'service-client,person-client',
    ...(guardrail === undefined
      ? {}
      : { PHI_BEDROCK_GUARDRAIL_ID: 'abc123', PHI_BEDROCK_GUARDRAIL_VERSION: '1' }),
  };
}

const known = () => [...envExample().matchAll(/^# (PHI_[A-Z_]+)=/gm)].map(([, name]) => name ?? '');

describe("the container's variables", () => {
  it('are those of the configuration, but for what keeps its default', () => {
    const set = Object.keys(variables(dev)).filter((name) => name.startsWith('PHI_'));
    expect([...set, ...Object.keys(atDefault)].sort()).toEqual(known().sort());
  });

  it.each(['with', 'without'])(
    'are a configuration that the service starts with, %s Bedrock',
    async (which) => {
      const side = which === 'with' ? dev : local;
      const { config } = await fixedConfiguration(asStarted(side));
      expect(config).toMatchObject({
        PHI_PLATFORM: 'aws',
        PHI_STAGE: 'dev',
        PHI_PORT: 3000,
        PHI_KEY_STORE_BACKUP_DAYS: dev.settings.keyStoreBackupDays,
      });
      expect(config.PHI_BEDROCK_REGION).toBe(which === 'with' ? 'us-east-1' : undefined);
    },
  );

  it('would be refused if one were wrong', async () => {
    await expect(fixedConfiguration({ ...asStarted(dev), PHI_PORT: 'x' })).rejects.toThrow(
      ConfigurationError,
    );
  });

  // A receipt of an erasure promises what the key store's backups keep to.
  it('say of backups of the key store what the table has', () => {
    const table = dev.ofType('AWS::DynamoDB::Table').find(({ id }) => id.startsWith('TablesKeyStore'));
    expect(table?.Properties?.['PointInTimeRecoverySpecification']).toMatchObject({
      RecoveryPeriodInDays: Number(variables(dev)['PHI_KEY_STORE_BACKUP_DAYS']),
    });
  });

  it('admit the clients of the user pool, and no other', () => {
    const [task] = dev.ofType('AWS::ECS::TaskDefinition');
    const [, value = ''] =
      /"Name":"PHI_TOKEN_CLIENT_IDS","Value":(.*?)\},\{"Name"/.exec(JSON.stringify(task)) ?? [];
    const clients = dev.ofType('AWS::Cognito::UserPoolClient').map(({ id }) => id);
    const admitted = [...value.matchAll(/ExportsOutputRef(\w+?)[0-9A-F]{8}"/g)].map(([, id]) => id);
    expect(admitted).toEqual(clients);
  });

  it('are of production', () => expect(variables(dev)['NODE_ENV']).toBe('production'));
});

describe('the image and the deployment agree', () => {
  const image = dockerfileStages('Dockerfile').at(-1) as Stage;
  const only = (name: string) => {
    const [text = '', ...more] = textsOf(image, name);
    expect(more).toEqual([]);
    return text;
  };

  it('on user and port', () => {
    expect(container(dev).User).toBe(only('USER'));
    expect(container(dev).PortMappings).toMatchObject([{ ContainerPort: Number(only('EXPOSE')) }]);
    expect(variables(dev)['PHI_PORT']).toBe(only('EXPOSE'));
  });

  it('on the health check, which Fargate takes from the deployment alone', () => {
    const [, interval, timeout, start, retries, command = ''] =
      /^--interval=(\d+)s --timeout=(\d+)s --start-period=(\d+)s --retries=(\d+) CMD (.*)$/.exec(
        only('HEALTHCHECK'),
      ) ?? [];
    expect(container(dev).HealthCheck).toEqual({
      Command: ['CMD', ...(JSON.parse(command) as string[])],
      Interval: Number(interval),
      Timeout: Number(timeout),
      StartPeriod: Number(start),
      Retries: Number(retries),
    });
  });

  it('on production, and on starting what the image starts', () => {
    expect(only('ENV')).toBe(`NODE_ENV=${variables(dev)['NODE_ENV']}`);
    expect(container(dev).Command ?? container(dev).EntryPoint).toBeUndefined();
  });
});
