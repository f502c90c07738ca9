import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import type { CloudTrailRecord } from './cloudtrail-records.js';

/** A request as it came in. */
export interface LookupRequest {
  LookupAttributes?: { AttributeKey: string; AttributeValue: string }[];
  /** Seconds since the epoch. */
  StartTime?: number;
  EndTime?: number;
  MaxResults?: number;
  NextToken?: string;
}

/**
 * CloudTrail's LookupEvents on the loopback interface: JSON 1.1 over HTTP, newest events first, pages with tokens that hold for
 * the same question alone, errors by the names that are documented. Whatever the API does not take is refused.
 * @see AWS CloudTrail API Reference, "LookupEvents"
 */
export interface CloudTrailServer {
  readonly endpoint: string;
  readonly requests: LookupRequest[];
  /** What happened, in any order. */
  events: CloudTrailRecord[];
  /** So many of the next requests are answered with ThrottlingException. */
  throttled: number;
  /** When set, every request is refused with it. */
  refusal: string | undefined;
  /** Events a page at most, whatever the client asks for. */
  pageSize: number;
  close(): Promise<void>;
}

export async function startCloudTrailServer(): Promise<CloudTrailServer> {
  const http = createServer((request, response) => {
    void answer(server, request, response).catch(() => response.destroy());
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const server: CloudTrailServer = {
    endpoint: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    requests: [],
    events: [],
    throttled: 0,
    refusal: undefined,
    pageSize: 50,
    async close() {
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
    },
  };
  return server;
}

/** What the AWS SDK takes from the environment, to find the local server. */
export const cloudTrailEnvironment = ({ endpoint }: { endpoint: string }) => ({
  AWS_ENDPOINT_URL_CLOUDTRAIL: endpoint,
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
});

async function answer(
  server: CloudTrailServer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readText(request);
  response.setHeader('content-type', 'application/x-amz-json-1.1');
  try {
    checkProtocol(request);
    const question = JSON.parse(body) as LookupRequest;
    server.requests.push(question);
    if (server.refusal !== undefined) throw new Refusal(server.refusal);
    if (server.throttled > 0) {
      server.throttled -= 1;
      throw new Refusal('ThrottlingException');
    }
    response.end(JSON.stringify(pageOf(server, question)));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    response.statusCode = 400;
    response.end(JSON.stringify({ __type: error.message, message: 'no reason given' }));
  }
}

class Refusal extends Error {}

function checkProtocol({ method, url, headers }: IncomingMessage): void {
  const isLookup =
    method === 'POST' &&
    url === '/' &&
    headers['content-type'] === 'application/x-amz-json-1.1' &&
    headers['x-amz-target'] === 'CloudTrail_20131101.LookupEvents';
  if (!isLookup) throw new Refusal('UnknownOperationException');
  const signed = /^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/[a-z0-9-]+\/cloudtrail\/aws4_request, /;
  if (!signed.test(headers.authorization ?? '')) throw new Refusal('IncompleteSignatureException');
}

const fields = ['LookupAttributes', 'StartTime', 'EndTime', 'MaxResults', 'NextToken'];

function pageOf(server: CloudTrailServer, question: LookupRequest): object {
  const { LookupAttributes = [], StartTime = 0, EndTime = Infinity, MaxResults = 50, NextToken } = question;
  if (Object.keys(question).some((name) => !fields.includes(name)))
    throw new Refusal('SerializationException');
  const [attribute] = LookupAttributes;
  // One attribute a request is all that the API takes.
  if (LookupAttributes.length !== 1 || attribute?.AttributeKey !== 'EventName')
    throw new Refusal('InvalidLookupAttributesException');
  if (MaxResults < 1 || MaxResults > 50) throw new Refusal('InvalidMaxResultsException');
  if (StartTime > EndTime) throw new Refusal('InvalidTimeRangeException');

  const asked = JSON.stringify([attribute.AttributeValue, StartTime, EndTime]);
  const start = NextToken === undefined ? 0 : positionIn(NextToken, asked);
  const found = server.events
    .filter(({ eventName, eventTime }) => {
      const at = Date.parse(eventTime) / 1000;
      return eventName === attribute.AttributeValue && at >= StartTime && at <= EndTime;
    })
    .sort((a, b) => (a.eventTime < b.eventTime ? 1 : -1));
  const end = start + Math.min(MaxResults, server.pageSize);
  const token = Buffer.from(JSON.stringify([end, asked])).toString('base64');
  return {
    Events: found.slice(start, end).map(eventOf),
    ...(end < found.length ? { NextToken: token } : {}),
  };
}

function positionIn(token: string, asked: string): number {
  const [position, question] = JSON.parse(Buffer.from(token, 'base64').toString('utf8')) as [number, string];
  if (question !== asked) throw new Refusal('InvalidNextTokenException');
  return position;
}

function eventOf(record: CloudTrailRecord): object {
  const resources = (record['resources'] ?? []) as { ARN: string }[];
  return {
    EventId: record.eventID,
    EventName: record['eventName'],
    ReadOnly: String(record['readOnly']),
    EventTime: Date.parse(record.eventTime) / 1000,
    EventSource: record['eventSource'],
    Resources: resources.map(({ ARN }) => ({ ResourceType: 'AWS::KMS::Key', ResourceName: ARN })),
    CloudTrailEvent: JSON.stringify(record),
  };
}
