import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateAliasCommand, CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { tableDefinitions } from '@app/phi-table';
import { randomBytes } from 'node:crypto';
import { type BedrockServer, startBedrockServer } from '../bedrock-server.js';
import { type CloudTrailServer, startCloudTrailServer } from '../cloudtrail-server.js';
import { startDynamoDbLocal } from '../dynamodb-local.js';
import { testAccountId, testCredentials, testRegion } from './aws-endpoint.js';
import { type DynamoDbProxy, startDynamoDbProxy } from './dynamodb-proxy.js';
import { type KmsServer, startKmsServer } from './kms-server.js';
import { type SsmServer, startSsmServer } from './ssm-server.js';

/** What the service is deployed with, beside tables and keys. */
export interface TokenIssuer {
  issuer: string;
  /** JSON Web Key Set (RFC 7517). */
  jwks: object;
}

/** An account of AWS on the loopback interface, as far as the service uses one. */
export interface AwsAccount {
  readonly kms: KmsServer;
  readonly ssm: SsmServer;
  readonly dynamoDb: DynamoDbProxy;
  readonly bedrock: BedrockServer;
  readonly cloudTrail: CloudTrailServer;
  /** What the AWS SDK takes from the environment of a process to find all of it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Makes what a stage of the service needs: tables, keys, aliases, parameters. */
  deploy(stage: string, issuer: TokenIssuer): Promise<void>;
  /** Forgets calls, takes faults back. */
  reset(): void;
  close(): Promise<void>;
}

/** @param dynamoDbLocal endpoint of one that runs already; one of its own is started otherwise */
export async function startAwsAccount(dynamoDbLocal?: string): Promise<AwsAccount> {
  const own = dynamoDbLocal === undefined ? await startDynamoDbLocal() : undefined;
  const kms = await startKmsServer();
  const ssm = await startSsmServer(kms.keys);
  const dynamoDb = await startDynamoDbProxy(own?.endpoint ?? dynamoDbLocal ?? '');
  const [bedrock, cloudTrail] = [await startBedrockServer(), await startCloudTrailServer()];
  const endpoints = [kms.endpoint, ssm.endpoint, dynamoDb.endpoint];
  return {
    kms,
    ssm,
    dynamoDb,
    bedrock,
    cloudTrail,
    environment: {
      AWS_REGION: testRegion,
      AWS_ACCESS_KEY_ID: testCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: testCredentials.secretAccessKey,
      // Neither the files nor the network of the machine have a say.
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_ENDPOINT_URL_KMS: kms.endpoint.url,
      AWS_ENDPOINT_URL_SSM: ssm.endpoint.url,
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.endpoint.url,
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.endpoint,
      AWS_ENDPOINT_URL_CLOUDTRAIL: cloudTrail.endpoint,
    },
    deploy: (stage, issuer) => deploy({ kms, ssm, dynamoDb }, stage, issuer),
    reset() {
      for (const endpoint of endpoints) endpoint.reset();
      bedrock.reset();
    },
    async close() {
      await Promise.all([ssm.endpoint.close(), kms.endpoint.close(), dynamoDb.close(), bedrock.close()]);
      await cloudTrail.close();
      await own?.stop();
    },
  };
}

/** Clients of the SDK as an administrator would use them; `close` when done. */
export function administrator({ kms, ssm, dynamoDb }: Pick<AwsAccount, 'kms' | 'ssm' | 'dynamoDb'>) {
  const signed = { region: testRegion, credentials: testCredentials };
  const clients = {
    kms: new KMSClient({ ...signed, endpoint: kms.endpoint.url }),
    ssm: new SSMClient({ ...signed, endpoint: ssm.endpoint.url }),
    dynamoDb: new DynamoDBClient({ ...signed, endpoint: dynamoDb.endpoint.url }),
  };
  const close = () => {
    for (const client of Object.values(clients)) client.destroy();
  };
  return { ...clients, close };
}

async function deploy(
  account: Pick<AwsAccount, 'kms' | 'ssm' | 'dynamoDb'>,
  stage: string,
  { issuer, jwks }: TokenIssuer,
): Promise<void> {
  const { kms, ssm, dynamoDb, close } = administrator(account);
  const prefix = `phi-${stage}`;
  const newKey = async (name: string, input: CreateKeyCommand['input']) => {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand(input));
    await kms.send(
      new CreateAliasCommand({ AliasName: `alias/${prefix}-${name}`, TargetKeyId: KeyMetadata?.KeyId }),
    );
    return KeyMetadata?.Arn ?? '';
  };
  const put = (name: string, Value: string, more: Partial<PutParameterCommand['input']> = {}) =>
    ssm.send(new PutParameterCommand({ Name: `/phi/${stage}/${name}`, Value, Type: 'String', ...more }));
  await newKey('records', {});
  await newKey('parameters', {});
  const signing = await newKey('signing', { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
  await put('kms-key-arn', `arn:aws:kms:${testRegion}:${testAccountId}:alias/${prefix}-records`);
  await put('signing-key-arn', signing);
  await put('oidc-issuer', issuer);
  await put('oidc-jwks', JSON.stringify(jwks));
  const root = { active: 1, roots: { 1: randomBytes(32).toString('base64') } };
  await put('index-root', JSON.stringify(root), {
    Type: 'SecureString',
    KeyId: `alias/${prefix}-parameters`,
  });
  const tables = tableDefinitions({ records: `${prefix}-records`, audit: `${prefix}-audit` });
  for (const input of Object.values(tables)) await dynamoDb.send(new CreateTableCommand(input));
  await dynamoDb.send(
    new CreateTableCommand({
      TableName: `${prefix}-key-store`,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'branch-key-id', AttributeType: 'S' },
        { AttributeName: 'type', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'branch-key-id', KeyType: 'HASH' },
        { AttributeName: 'type', KeyType: 'RANGE' },
      ],
    }),
  );
  close();
}
