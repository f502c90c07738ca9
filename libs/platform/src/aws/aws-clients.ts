import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { SSMClient } from '@aws-sdk/client-ssm';
import { awsRefusal } from '@app/configuration';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** How long AWS may take, how often it is asked again, and how many connections there are. */
interface ClientLimits {
  /** One attempt, its answer read to the end. */
  readonly requestMs: number;
  readonly attempts: number;
  /** A request never waits for a socket, where no timeout would see it: more than ask at once. */
  readonly sockets: number;
}

const connectMs = 1_000;

/** API Gateway ends a request after 29 s: what fails is to be known before. */
const limits = {
  // The table asks again by itself as well, for what collided.
  dynamoDb: { requestMs: 5_000, attempts: 4, sockets: 200 },
  // A page of cold patients asks for 32 keys at once.
  kms: { requestMs: 4_000, attempts: 4, sockets: 100 },
  ssm: { requestMs: 4_000, attempts: 5, sockets: 10 },
} as const satisfies Record<string, ClientLimits>;

/**
 * What every client is made with. Region, credentials and endpoints are the SDK's own: `AWS_REGION`, its default chain
 * (environment, profile, role of the task), `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>`.
 * Adaptive: after a throttling error later requests are sent more slowly, too.
 */
function clientOptions({ requestMs, attempts, sockets }: ClientLimits) {
  const agent = { keepAlive: true, maxSockets: sockets };
  return {
    maxAttempts: attempts,
    retryMode: 'adaptive',
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
  readonly dynamoDb = new DynamoDBClient(clientOptions(limits.dynamoDb));
  readonly kms = new KMSClient(clientOptions(limits.kms));
  readonly ssm = new SSMClient(clientOptions(limits.ssm));

  #kmsRequests = 0;

  private constructor() {
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
  static async open(): Promise<AwsClients> {
    const clients = new AwsClients();
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
