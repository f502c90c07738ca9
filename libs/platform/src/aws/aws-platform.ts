import { KmsCheckpointSigner } from '@app/audit';
import { RevokedTokens } from '@app/authentication';
import { openSsmParameterSource, type PhiConfig } from '@app/configuration';
import { IndexRoots, keyStoreTableDefinition, PatientKeyStore } from '@app/encryption';
import { DynamoDbPhiTable, type PhiTable, tableDefinitions } from '@app/phi-table';
import { cryptographyOf, trailOn } from '../assembly.js';
import type { Platform, TrailPorts } from '../platform.js';
import { accountNames } from './account-names.js';
import { AwsClients } from './aws-clients.js';
import { readAwsSettings, readSigningKeyArn } from './aws-settings.js';
import { checkTable, checkWrappingKey } from './dependency-checks.js';
import { FollowedPiiDetector, FollowedSettings, FollowedTokenVerifier } from './followed-settings.js';

/**
 * DynamoDB, KMS, Parameter Store and, where a guardrail is named, Bedrock: of AWS, or of what `AWS_ENDPOINT_URL` leads to.
 * Everything that the service depends on is asked once before it starts, as far as its role may ask.
 * @throws ConfigurationError or AwsRefusal that names what is missing, wrong or denied
 */
export async function openPorts(config: PhiConfig): Promise<Platform> {
  const clients = await AwsClients.open(config);
  try {
    return await openOn(clients, config);
  } catch (error) {
    clients.close();
    throw error;
  }
}

/** Needs no key of patients and no index root: `phi audit expire` runs under a role that has none of them. */
export async function openTrailPorts(config: PhiConfig): Promise<TrailPorts> {
  const clients = await AwsClients.open(config);
  try {
    return await openTrailOn(clients, config, tableOn(clients, config));
  } catch (error) {
    clients.close();
    throw error;
  }
}

async function openOn(clients: AwsClients, config: PhiConfig): Promise<Platform> {
  const names = accountNames(config.PHI_STAGE);
  const parameters = await parametersOf(clients, config);
  const region = await clients.region();
  const table = tableOn(clients, config);
  const revokedTokens = new RevokedTokens(table);
  const settings = await FollowedSettings.open(config, revokedTokens, () =>
    readAwsSettings(config, parameters, names.parameterPrefix, region),
  );
  const roots = await IndexRoots.open(parameters, config.PHI_PARAMETER_REFRESH_SECONDS);
  await checkWrappingKey(clients.kms, settings.current.kmsKeyArn);
  await checkTable(clients.dynamoDb, keyStoreTableDefinition(names.keyStore));
  const earlierKmsKeyArns = () => settings.current.earlierKmsKeyArns;
  const keyStore = new PatientKeyStore({
    dynamoDbClient: clients.dynamoDb,
    kmsClient: clients.kms,
    kmsKeyArn: () => settings.current.kmsKeyArn,
    earlierKmsKeyArns,
    kmsKeyLookupSeconds: config.PHI_PARAMETER_REFRESH_SECONDS,
    tableName: names.keyStore,
    logicalName: names.keyStore,
  });
  const trail = await openTrailOn(clients, config, table);
  return {
    ...trail,
    parameters,
    ...cryptographyOf(config, keyStore, roots),
    revokedTokens,
    tokenVerifier: new FollowedTokenVerifier(settings),
    detector: new FollowedPiiDetector(settings),
    get usesBedrock() {
      return settings.current.bedrock !== undefined;
    },
    settings,
    earlierKmsKeyArns,
    keyServiceCalls: () => clients.kmsRequests,
    async close() {
      settings.close();
      await trail.close();
    },
  };
}

async function openTrailOn(clients: AwsClients, config: PhiConfig, table: PhiTable): Promise<TrailPorts> {
  const { tables, parameterPrefix } = accountNames(config.PHI_STAGE);
  const keyArn = await readSigningKeyArn(await parametersOf(clients, config), parameterPrefix);
  const signer = await KmsCheckpointSigner.open({ client: clients.kms, keyArn });
  for (const definition of Object.values(tableDefinitions(tables))) {
    await checkTable(clients.dynamoDb, definition);
  }
  const trail = trailOn(config, table, signer);
  return {
    ...trail,
    async close() {
      await trail.audit.close();
      await table.close();
      clients.close();
    },
  };
}

function tableOn({ dynamoDb: client }: AwsClients, config: PhiConfig): DynamoDbPhiTable {
  const { tables } = accountNames(config.PHI_STAGE);
  const retry = { withinMs: config.PHI_AWS_TIMEOUT_SECONDS * 1000 };
  return new DynamoDbPhiTable({ client, tables, retry });
}

function parametersOf({ ssm }: AwsClients, config: PhiConfig) {
  const { parameterPrefix, aliases } = accountNames(config.PHI_STAGE);
  return openSsmParameterSource({ client: ssm, prefix: parameterPrefix, keyId: aliases.parameters });
}
