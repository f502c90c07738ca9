import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { SSMClient } from '@aws-sdk/client-ssm';
import { awsRefusal, type PhiConfig } from '@app/configuration';
import { NodeHttpHandler } from '@smithy/node-http-handler';

const connectMs = 1_000;
/**
 * API Gateway ends a request after 29 s. A store that is silent is met twice by one request, for the refusal has to be recorded too:
 * six attempts of `PHI_AWS_TIMEOUT_SECONDS`, four at most, are over before.
 */
const attempts = 3;

/** A request never waits for a socket, where no timeout would see it: more than ask at once. */
const sockets = {
  dynamoDb: 200,
  // A page of cold patients asks for 32 keys at once.
  kms: 100,
  ssm: 10,
} as const;

/**
 * What every client is made with. Region, credentials and endpoints are the SDK's own: `AWS_REGION`, its default chain
 * (environment, profile, role of the task), `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>`.
 * Retries are the SDK's own too, its standard mode unless `AWS_RETRY_MODE` says `adaptive`, which holds requests back for seconds after a
 * throttling is over, and longest where there are few.
 * @param requestMs one attempt, its answer read to the end
 */
function clientOptions(requestMs: number, maxSockets: number) {
  const agent = { keepAlive: true, maxSockets };
  return {
    maxAttempts: attempts,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: connectMs,
      requestTimeout: requestMs,
      throwOnRequestTimeout: true,
      socketTimeout: requestMs,
      httpAgent: agent,
      httpsAgent: agent,
    }),
  };
}

/** The clients of one process: pools of connections that all ports share. */
export class AwsClients {
  readonly dynamoDb: DynamoDBClient;
  readonly kms: KMSClient;
  readonly ssm: SSMClient;

  #kmsRequests = 0;

  private constructor({ PHI_AWS_TIMEOUT_SECONDS }: PhiConfig) {
    const requestMs = PHI_AWS_TIMEOUT_SECONDS * 1000;
    this.dynamoDb = new DynamoDBClient(clientOptions(requestMs, sockets.dynamoDb));
    this.kms = new KMSClient(clientOptions(requestMs, sockets.kms));
    this.ssm = new SSMClient(clientOptions(requestMs, sockets.ssm));
    this.kms.middlewareStack.add(
      (next) => (request) => {
        this.#kmsRequests += 1;
        return next(request);
      },
      // Behind the retries: each attempt counts.
      { step: 'finalizeRequest', priority: 'low' },
    );
  }

  /** Requests to KMS since the start, repeated ones and refused ones too. */
  get kmsRequests(): number {
    return this.#kmsRequests;
  }

  /** @throws AwsRefusal when there is no region or there are no credentials, before anything is asked */
  static async open(config: PhiConfig): Promise<AwsClients> {
    const clients = new AwsClients(config);
    try {
      await clients.region();
      await clients.ssm.config.credentials();
    } catch (error) {
      clients.close();
      throw awsRefusal(error, { thing: 'AWS', action: 'none' });
    }
    return clients;
  }

  region(): Promise<string> {
    return this.ssm.config.region();
  }

  close(): void {
    for (const client of [this.dynamoDb, this.kms, this.ssm]) client.destroy();
  }
}
