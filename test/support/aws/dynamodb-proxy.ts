import { once } from 'node:events';
import { Agent, type IncomingMessage, request as httpRequest } from 'node:http';
import { buffer as readBuffer } from 'node:stream/consumers';
import { AwsEndpoint, type JsonObject, PassedReply, type AwsRequest } from './aws-endpoint.js';

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
    answer: (request) =>
      request.faults.some(({ kind }) => kind === 'half-batch')
        ? halfOf(target, agent, request)
        : passOn(target, agent, request),
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

interface BatchKeys {
  Keys: JsonObject[];
}

/** As DynamoDB does it when an answer grows over 16 MB, or a partition is asked too often. @see API Reference, BatchGetItem */
async function halfOf(target: string, agent: Agent, request: AwsRequest): Promise<PassedReply> {
  const tables = Object.entries((request.input['RequestItems'] ?? {}) as Record<string, BatchKeys>);
  const asked = tables.flatMap(([table, { Keys }]) => Keys.map((key) => ({ table, key })));
  const read = asked.slice(0, Math.floor(asked.length / 2));
  const left = asked.slice(read.length);
  const part = (keys: typeof asked) =>
    Object.fromEntries(
      tables.flatMap(([table, rest]) => {
        const Keys = keys.filter((one) => one.table === table).map(({ key }) => key);
        return Keys.length === 0 ? [] : [[table, { ...rest, Keys }]];
      }),
    );
  if (read.length === 0) return batchReply({}, part(left));
  const body = Buffer.from(JSON.stringify({ ...request.input, RequestItems: part(read) }));
  const headers = { ...request.headers, 'content-length': String(body.length) };
  const { body: answered } = await passOn(target, agent, { ...request, headers, body });
  const { Responses } = JSON.parse(answered.toString('utf8')) as { Responses: JsonObject };
  return batchReply(Responses, part(left));
}

function batchReply(Responses: JsonObject, UnprocessedKeys: JsonObject): PassedReply {
  const body = Buffer.from(JSON.stringify({ Responses, UnprocessedKeys }));
  return new PassedReply(200, { 'content-type': 'application/x-amz-json-1.0' }, body);
}
