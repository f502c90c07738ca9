import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { SSMClient } from '@aws-sdk/client-ssm';
import { type BedrockServer, startBedrockServer } from '../bedrock-server.js';
import { type CloudTrailServer, startCloudTrailServer } from '../cloudtrail-server.js';
import { startDynamoDbLocal } from '../dynamodb-local.js';
import { testCredentials, testRegion } from './aws-endpoint.js';
import { type DynamoDbProxy, startDynamoDbProxy } from './dynamodb-proxy.js';
import { type KmsServer, startKmsServer } from './kms-server.js';
import { type SsmServer, startSsmServer } from './ssm-server.js';

/** An account of AWS on the loopback interface, as far as the service uses one. */
export interface AwsAccount {
  readonly kms: KmsServer;
  readonly ssm: SsmServer;
  readonly dynamoDb: DynamoDbProxy;
  readonly bedrock: BedrockServer;
  readonly cloudTrail: CloudTrailServer;
  /** What the AWS SDK takes from the environment of a process to find all of it. */
  readonly environment: Readonly<Record<string, string>>;
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
export function administrator({ kms, ssm, dynamoDb }: AwsAccount) {
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
