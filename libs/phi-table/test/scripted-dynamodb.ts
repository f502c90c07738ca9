import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** A request as DynamoDB receives it. */
export interface Request {
  operation: string;
  body: Record<string, unknown>;
}

/** What DynamoDB answers, in its wire format; `lost` closes the connection without an answer. */
export type Answer = 'lost' | { status?: number; body: Record<string, unknown> };

export interface ScriptedDynamoDb {
  client: DynamoDBClient;
  requests: Request[];
  close: () => Promise<void>;
}

/** An error answer. */
export function fault(name: string, more: Record<string, unknown> = {}): Answer {
  return { status: 400, body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, ...more } };
}

/**
 * The far end of the wire for faults that DynamoDB Local never makes. After the script it answers an empty success.
 * @param maxAttempts of the SDK itself for each request
 */
export async function scriptedDynamoDb(
  script: readonly Answer[],
  maxAttempts: number,
): Promise<ScriptedDynamoDb> {
  const requests: Request[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const operation = String(request.headers['x-amz-target']).split('.').at(-1)!;
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
      const answer = script[requests.length] ?? { body: {} };
      requests.push({ operation, body });
      if (answer === 'lost') return void request.socket.destroy();
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify(answer.body));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    maxAttempts,
    credentials: { accessKeyId: 'scripted', secretAccessKey: 'scripted' },
  });
  const close = async () => {
    client.destroy();
    server.close();
    await once(server, 'close');
  };
  return { client, requests, close };
}
