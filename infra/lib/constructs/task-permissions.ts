import { Aws } from 'aws-cdk-lib';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { BedrockSettings } from '../api-settings.js';
import type { DataResources } from '../data.stack.js';
import type { Names } from '../names.js';

/** Indexes that the service queries, by table. */
const indexes = { records: ['recordedAt', 'typeRecordedAt'], audit: ['patient', 'agent', 'day'] } as const;

export interface TaskResources {
  keys: DataResources['keys'];
  names: Names;
  region: string;
  guardrail: { arn: string; version: string; settings: BedrockSettings } | undefined;
}

/**
 * Everything that the service may do on AWS, and no more: exact actions on exact resources. A test runs the service and compares
 * what it asked for with this, both ways.
 */
export function taskStatements(resources: TaskResources): PolicyStatement[] {
  return [
    ...tableStatements(resources),
    ...keyStatements(resources),
    parameterStatement(resources),
    ...bedrockStatements(resources),
  ];
}

/**
 * What operators may do beside: `phi keys` walks all keys, and moves the index root. For one-off tasks that are started with the
 * operator's role, so that the service itself can do neither. Nobody may change or remove an audit event, operators neither.
 */
export function operatorStatements({ keys, names, region }: TaskResources): PolicyStatement[] {
  return [
    new PolicyStatement({
      sid: 'AllKeys',
      actions: ['dynamodb:Scan'],
      resources: [tableArn(region, names.tables.keyStore)],
    }),
    new PolicyStatement({
      sid: 'IndexRoot',
      actions: ['ssm:PutParameter'],
      resources: parameterArns({ region }, [names.parameters.indexRoot]),
    }),
    new PolicyStatement({
      sid: 'IndexRootUnderKey',
      actions: ['kms:Encrypt'],
      resources: [keys.parameters.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `ssm.${region}.amazonaws.com` } },
    }),
  ];
}

/** Parameters that the service reads. Those of Bedrock only where no variable names the guardrail, to see that there is none. */
export const taskParameters = ({ parameters }: Names): string[] => [
  parameters.bedrockGuardrailId,
  parameters.bedrockGuardrailVersion,
  parameters.bedrockModelId,
  parameters.earlierKmsKeyArns,
  parameters.indexRoot,
  parameters.kmsKeyArn,
  parameters.oidcIssuer,
  parameters.oidcJwks,
  parameters.signingKeyArn,
];

export function parameterArns({ region }: Pick<TaskResources, 'region'>, names: readonly string[]): string[] {
  return names.map((name) => `arn:${Aws.PARTITION}:ssm:${region}:${Aws.ACCOUNT_ID}:parameter${name}`);
}

/** By name, as the service knows them. */
export const tableArn = (region: string, name: string): string =>
  `arn:${Aws.PARTITION}:dynamodb:${region}:${Aws.ACCOUNT_ID}:table/${name}`;

function tableStatements({ names, region }: TaskResources): PolicyStatement[] {
  const arnOf = (table: keyof Names['tables']) => tableArn(region, names.tables[table]);
  const [records, audit, keyStore] = [arnOf('records'), arnOf('audit'), arnOf('keyStore')];
  const indexArns = (table: keyof typeof indexes) =>
    indexes[table].map((index) => `${arnOf(table)}/index/${index}`);
  return [
    new PolicyStatement({
      sid: 'Records',
      actions: [
        'dynamodb:BatchGetItem',
        'dynamodb:ConditionCheckItem',
        'dynamodb:DeleteItem',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
      ],
      resources: [records],
    }),
    new PolicyStatement({
      sid: 'RecordsQueries',
      actions: ['dynamodb:Query'],
      resources: [records, ...indexArns('records')],
    }),
    // Append only: no update and no delete. A put that replaces a row is refused by its condition, and the stream tells if not.
    new PolicyStatement({
      sid: 'AuditTrail',
      actions: [
        'dynamodb:BatchGetItem',
        'dynamodb:ConditionCheckItem',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
      ],
      resources: [audit],
    }),
    new PolicyStatement({
      sid: 'AuditTrailQueries',
      actions: ['dynamodb:Query'],
      resources: [audit, ...indexArns('audit')],
    }),
    // DeleteItem destroys the key of a patient who is erased, ConditionCheckItem makes sure that nobody made him a new one meanwhile.
    new PolicyStatement({
      sid: 'KeyStore',
      actions: [
        'dynamodb:ConditionCheckItem',
        'dynamodb:DeleteItem',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:Query',
      ],
      resources: [keyStore],
    }),
  ];
}

function keyStatements({ keys, names, region }: TaskResources): PolicyStatement[] {
  const { records, parameters, signing } = keys;
  return [
    // Of a patient's key in our key store alone. @see AWS Encryption SDK Developer Guide, "Hierarchical keyring", permissions
    new PolicyStatement({
      sid: 'BranchKeys',
      actions: ['kms:Decrypt', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'],
      resources: [records.keyArn],
      conditions: {
        StringEquals: { 'kms:EncryptionContext:tablename': names.tables.keyStore },
        Null: { 'kms:EncryptionContext:branch-key-id': 'false' },
      },
    }),
    new PolicyStatement({
      sid: 'KeyBehindAlias',
      actions: ['kms:DescribeKey'],
      resources: [records.keyArn],
    }),
    new PolicyStatement({
      sid: 'Checkpoints',
      actions: ['kms:Sign'],
      resources: [signing.keyArn],
      conditions: { StringEquals: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256' } },
    }),
    new PolicyStatement({
      sid: 'CheckpointKey',
      actions: ['kms:GetPublicKey'],
      resources: [signing.keyArn],
    }),
    // DynamoDB and Parameter Store ask KMS in the name of who calls them; never can the service do so itself.
    new PolicyStatement({
      sid: 'TablesUnderKey',
      actions: [
        'kms:Decrypt',
        'kms:DescribeKey',
        'kms:Encrypt',
        'kms:GenerateDataKey',
        'kms:ReEncryptFrom',
        'kms:ReEncryptTo',
      ],
      resources: [records.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `dynamodb.${region}.amazonaws.com` } },
    }),
    new PolicyStatement({
      sid: 'ParametersUnderKey',
      actions: ['kms:Decrypt'],
      resources: [parameters.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `ssm.${region}.amazonaws.com` } },
    }),
  ];
}

function parameterStatement(resources: TaskResources): PolicyStatement {
  return new PolicyStatement({
    sid: 'Parameters',
    actions: ['ssm:GetParameter'],
    resources: parameterArns(resources, taskParameters(resources.names)),
  });
}

/**
 * A model is asked with our guardrail or not at all. The grant says so, and so does a denial, which no other policy can lift.
 * @see Amazon Bedrock User Guide, "Set up permissions to use Guardrails for content filtering", condition on the guardrail
 */
function bedrockStatements({ guardrail, region }: TaskResources): PolicyStatement[] {
  if (guardrail === undefined) return [];
  const models = modelArns(guardrail.settings, region);
  const ours = { 'bedrock:GuardrailIdentifier': `${guardrail.arn}:${guardrail.version}` };
  return [
    new PolicyStatement({
      sid: 'Screening',
      actions: ['bedrock:ApplyGuardrail'],
      resources: [guardrail.arn],
    }),
    new PolicyStatement({
      sid: 'ModelBehindGuardrail',
      actions: ['bedrock:InvokeModel'],
      resources: models,
      conditions: { StringEquals: ours },
    }),
    new PolicyStatement({
      sid: 'NoModelWithoutGuardrail',
      effect: Effect.DENY,
      actions: ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'],
      resources: models,
      conditions: { StringNotEquals: ours },
    }),
  ];
}

/** The inference profile, and its model in every region that it may choose: each one is asked for a permission. */
export function modelArns(settings: BedrockSettings, region: string): string[] {
  return [
    `arn:${Aws.PARTITION}:bedrock:${region}:${Aws.ACCOUNT_ID}:inference-profile/${settings.inferenceProfileId}`,
    ...settings.modelRegions.map(
      (one) => `arn:${Aws.PARTITION}:bedrock:${one}::foundation-model/${settings.foundationModelId}`,
    ),
  ];
}
