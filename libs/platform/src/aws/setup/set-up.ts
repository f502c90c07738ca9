import type { PhiConfig } from '@app/configuration';
import { keyStoreTableDefinition } from '@app/encryption';
import { tableDefinitions, timeToLive } from '@app/phi-table';
import { type IssuerSettings, issuerAtHand } from '../../issuer-verifier.js';
import { type AccountNames, accountNames } from '../account-names.js';
import { AwsClients } from '../aws-clients.js';
import { KeySetUp, keySpecs } from './set-up-keys.js';
import { ParameterSetUp } from './set-up-parameters.js';
import { type SetUpStep, SetUpSteps } from './set-up-steps.js';
import { TableSetUp } from './set-up-tables.js';

export interface SetUpOptions {
  /** Change nothing, and say what is missing. */
  readonly checkOnly: boolean;
  /** Point the records alias to a new KMS key, and keep the one of before as an earlier one. */
  readonly newKmsKey: boolean;
  /** Written over what is there. */
  readonly issuer: Partial<IssuerSettings>;
  readonly guardrail?:
    | { readonly id: string; readonly version: string; readonly modelId: string }
    | undefined;
  readonly onStep: (step: SetUpStep) => void;
}

/** The longest window that DynamoDB has. */
const recoveryDaysAtMost = 35;

/**
 * Makes what the service needs in the account that the environment names: keys and aliases, tables, parameters. It can be run
 * again, also at the same time: what is there stays as it is.
 * @returns every thing, in the order in which it was looked at
 * @throws SetUpConflict, ConfigurationError, or AwsRefusal that names thing and permission
 */
export async function setUpAws(config: PhiConfig, options: SetUpOptions): Promise<readonly SetUpStep[]> {
  const { issuer, jwks } = options.issuer;
  if (jwks !== undefined) issuerAtHand(config, { issuer: issuer ?? '', jwks }, 'the key set of the issuer');
  const clients = await AwsClients.open(config);
  try {
    const names = accountNames(config.PHI_STAGE);
    const steps = new SetUpSteps(options.checkOnly, options.onStep);
    const parameters = new ParameterSetUp(clients.ssm, names.parameterPrefix, steps);
    await keysAndTheirParameters(clients, names, steps, parameters, options);
    await tables(clients, names, steps, config);
    await settings(parameters, options);
    return steps.steps;
  } finally {
    clients.close();
  }
}

async function keysAndTheirParameters(
  { kms }: AwsClients,
  { aliases }: AccountNames,
  steps: SetUpSteps,
  parameters: ParameterSetUp,
  { newKmsKey, checkOnly }: SetUpOptions,
): Promise<void> {
  const keys = new KeySetUp(kms, steps);
  const records = await keys.ensure(aliases.records, keySpecs.records);
  await keys.ensure(aliases.parameters, keySpecs.parameters);
  const signing = await keys.ensure(aliases.signing, keySpecs.signing);
  // By alias: the key behind it can be replaced beside a running service.
  await parameters.ensure('kms-key-arn', records?.replace(/key\/.*$/, aliases.records));
  await parameters.ensure('signing-key-arn', signing);
  await parameters.ensureIndexRoot(aliases.parameters);
  if (!newKmsKey || checkOnly) return;
  // First, so that no instance meets a row under a key that nobody told it of.
  await keys.replace(aliases.records, keySpecs.records, (arn) =>
    parameters.append('earlier-kms-key-arns', arn),
  );
}

async function tables(
  { dynamoDb }: AwsClients,
  names: AccountNames,
  steps: SetUpSteps,
  config: PhiConfig,
): Promise<void> {
  const setUp = new TableSetUp(dynamoDb, steps);
  const { records, audit } = tableDefinitions(names.tables);
  await setUp.ensure(records, recoveryDaysAtMost, timeToLive(names.tables));
  await setUp.ensure(audit, recoveryDaysAtMost);
  // Each backup of the key store prolongs the life of a destroyed key.
  const keyStoreDays = Math.min(config.PHI_KEY_STORE_BACKUP_DAYS, recoveryDaysAtMost);
  await setUp.ensure(keyStoreTableDefinition(names.keyStore), keyStoreDays);
}

async function settings(parameters: ParameterSetUp, { issuer, guardrail }: SetUpOptions): Promise<void> {
  for (const [name, text] of [
    ['oidc-issuer', issuer.issuer],
    ['oidc-jwks', issuer.jwks],
  ] as const) {
    await (text === undefined ? parameters.ensure(name, undefined) : parameters.set(name, text));
  }
  if (guardrail === undefined) return;
  await parameters.set('bedrock-guardrail-id', guardrail.id);
  await parameters.set('bedrock-guardrail-version', guardrail.version);
  await parameters.set('bedrock-model-id', guardrail.modelId);
}
