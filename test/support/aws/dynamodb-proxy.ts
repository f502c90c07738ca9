import { once } from 'node:events';
import { Agent, type IncomingMessage, request as httpRequest } from 'node:http';
import { buffer as readBuffer } from 'node:stream/consumers';
import { AwsEndpoint, PassedReply, type AwsRequest } from './aws-endpoint.js';

/** DynamoDB with faults: everything is passed to Amazon's DynamoDB Local and back, unless something is to go wrong. */
export interface DynamoDbProxy {
  readonly endpoint: AwsEndpoint;
  close(): Promise<void>;
}

/** @param target endpoint of a DynamoDB Local, see `startDynamoDbLocal` */
export async function startDynamoDbProxy(target: string): Promise<DynamoDbProxy> {
  const agent = new Agent({ keepAlive: true });
  const endpoint = await AwsEndpoint.start({
    signingName: 'dynamodb',
    targetPrefix: 'DynamoDB_20120810',
    contentType: 'application/x-amz-json-1.0',
    errorPrefix: 'com.amazonaws.dynamodb.v20120810#',
    answer: (request) => passOn(target, agent, request),
  });
  return {
    endpoint,
    async close() {
      await endpoint.close();
      agent.destroy();
    },
  };
}

/** Headers that belong to one connection alone. @see RFC 9110, 7.6.1 */
const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding']);

async function passOn(target: string, agent: Agent, { headers, body }: AwsRequest): Promise<PassedReply> {
  const { host } = new URL(target);
  const forwarded = httpRequest(target, { method: 'POST', agent, headers: { ...headers, host } });
  forwarded.end(body);
  const [response] = (await once(forwarded, 'response')) as [IncomingMessage];
  const content = await readBuffer(response);
  const passed = Object.entries(response.headers).filter(([name]) => !hopByHop.has(name));
  return new PassedReply(
    response.statusCode ?? 500,
    Object.fromEntries(passed) as Record<string, string>,
    content,
  );
}
