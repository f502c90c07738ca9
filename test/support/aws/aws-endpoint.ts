import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer as readBuffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { AwsException } from './aws-exception.js';
import { type Fault, FaultPlan } from './faults.js';

/** What the clients of a test account sign with. DynamoDB Local keeps apart what others wrote. */
export const testCredentials = { accessKeyId: 'local', secretAccessKey: 'local' };
export const testRegion = 'us-east-1';
/** Of AWS's own examples. */
export const testAccountId = '111122223333';

/** A service that speaks JSON over POST, its operation in the header `X-Amz-Target`. */
export interface JsonService {
  /** In the scope of a signature: `kms`. */
  signingName: string;
  /** In front of the operation: `TrentService`. */
  targetPrefix: string;
  contentType: 'application/x-amz-json-1.0' | 'application/x-amz-json-1.1';
  /** In front of the name of an exception; some services give a namespace. */
  errorPrefix?: string;
  answer(request: AwsRequest): Promise<AwsReply> | AwsReply;
}

export interface AwsRequest {
  operation: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
  input: JsonObject;
  /** What is to go wrong with it, for what only the service itself can do wrong. */
  faults: readonly Fault[];
}

export type JsonObject = Record<string, unknown>;

/** JSON, or an answer of somebody else that is passed on. */
export type AwsReply = JsonObject | PassedReply;

export class PassedReply {
  constructor(
    readonly status: number,
    readonly headers: Record<string, string>,
    readonly body: Buffer,
  ) {}
}

/** A call as it came in, also one that was refused or got no answer. */
export interface AwsCall {
  /** Milliseconds since the epoch. */
  at: number;
  operation: string;
  input: JsonObject;
  /** Name of the exception that answered it. */
  refusal?: string;
}

/**
 * A service of AWS on the loopback interface. It takes what is signed for it and its region, by whom it knows; the
 * signature itself is not computed anew.
 * @see AWS General Reference, "Signature Version 4"; AWS JSON 1.0 and 1.1 protocols (smithy.io)
 */
export class AwsEndpoint {
  readonly calls: AwsCall[] = [];
  readonly faults = new FaultPlan();
  readonly #sockets = new Set<Socket>();
  #server: Server;
  #port = 0;

  private constructor(private readonly service: JsonService) {
    this.#server = this.#newServer();
  }

  static async start(service: JsonService): Promise<AwsEndpoint> {
    const endpoint = new AwsEndpoint(service);
    await endpoint.up();
    return endpoint;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** How often each operation was called. */
  counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { operation } of this.calls) counts[operation] = (counts[operation] ?? 0) + 1;
    return counts;
  }

  /** Forgets calls and takes faults back. */
  reset(): void {
    this.calls.length = 0;
    this.faults.clear();
  }

  /** Connections break, and new ones are refused, until it is `up` again, at the same address. */
  async down(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  async up(): Promise<void> {
    this.#server = this.#newServer();
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    if (this.#server.listening) await this.down();
  }

  #newServer(): Server {
    const server = createServer((request, response) => {
      void this.#handle(request, response).catch(() => response.destroy());
    });
    // Clients keep connections for long; the server must not be the one that closes them in the middle of a request.
    server.keepAliveTimeout = 0;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    return server;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBuffer(request);
    const requestId = randomUUID();
    response.setHeader('x-amzn-requestid', requestId);
    let call: AwsCall | undefined;
    try {
      const operation = this.#operationOf(request);
      call = { at: Date.now(), operation, input: parsed(body) };
      this.calls.push(call);
      this.#checkAuthorization(request);
      const faults = this.faults.next(operation);
      if (await isBroken(faults, `${this.service.signingName}:${operation}`, response)) return;
      const reply = await this.service.answer({ ...call, headers: request.headers, body, faults });
      if (faults.some(({ kind }) => kind === 'lost-answer')) response.socket?.resetAndDestroy();
      else this.#send(response, reply);
    } catch (error) {
      if (!(error instanceof AwsException)) throw error;
      if (call !== undefined) call.refusal = error.code;
      this.#refuse(response, error);
    }
  }

  #operationOf({ method, url, headers }: IncomingMessage): string {
    const [prefix, operation, ...rest] = String(headers['x-amz-target']).split('.');
    const isCall =
      method === 'POST' &&
      url === '/' &&
      headers['content-type'] === this.service.contentType &&
      prefix === this.service.targetPrefix &&
      rest.length === 0;
    if (!isCall || operation === undefined) throw new AwsException('UnknownOperationException');
    return operation;
  }

  #checkAuthorization({ headers }: IncomingMessage): void {
    const { authorization } = headers;
    if (authorization === undefined)
      throw new AwsException(
        'MissingAuthenticationTokenException',
        'Request is missing Authentication Token',
      );
    const match = signatureForm.exec(authorization);
    const signedAt = headers['x-amz-date'];
    if (match === null || typeof signedAt !== 'string')
      throw new AwsException('IncompleteSignatureException', 'Authorization header is incomplete');
    const [, accessKeyId, date, region, service] = match;
    if (service !== this.service.signingName)
      throw invalidSignature(
        `Credential should be scoped to correct service: '${this.service.signingName}'.`,
      );
    if (region !== testRegion) throw invalidSignature('Credential should be scoped to a valid region.');
    if (!signedAt.startsWith(date ?? ''))
      throw invalidSignature(
        'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date',
      );
    if (accessKeyId !== testCredentials.accessKeyId)
      throw new AwsException(
        'UnrecognizedClientException',
        'The security token included in the request is invalid.',
      );
  }

  #send(response: ServerResponse, reply: AwsReply): void {
    if (reply instanceof PassedReply) {
      response.writeHead(reply.status, reply.headers).end(reply.body);
      return;
    }
    response.setHeader('content-type', this.service.contentType);
    response.end(JSON.stringify(reply));
  }

  #refuse(response: ServerResponse, { code, message, status, details }: AwsException): void {
    response.statusCode = status;
    response.setHeader('content-type', this.service.contentType);
    const type = `${this.service.errorPrefix ?? ''}${code}`;
    response.end(JSON.stringify({ __type: type, ...(message !== '' && { message }), ...details }));
  }
}

const signatureForm =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([a-z0-9-]+)\/([a-z0-9-]+)\/aws4_request, SignedHeaders=(?=[a-z0-9;-]*host)[a-z0-9;-]+, Signature=[0-9a-f]{64}$/;

const invalidSignature = (message: string) => new AwsException('InvalidSignatureException', message);

function parsed(body: Buffer): JsonObject {
  try {
    const input = JSON.parse(body.toString('utf8')) as unknown;
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as JsonObject;
  } catch {
    // Refused below.
  }
  throw new AwsException('SerializationException');
}

/** Lets everything go wrong that comes before the call is carried out. @returns whether that was the end of it */
async function isBroken(
  faults: readonly Fault[],
  action: string,
  response: ServerResponse,
): Promise<boolean> {
  for (const fault of faults) {
    switch (fault.kind) {
      case 'latency':
        await pause(fault.milliseconds);
        break;
      case 'refusal':
        throw new AwsException(
          fault.code,
          fault.message?.replace('{action}', action),
          fault.status,
          fault.details,
        );
      case 'reset':
        response.socket?.resetAndDestroy();
        return true;
      case 'silence':
        await once(response, 'close');
        return true;
      case 'lost-answer':
      case 'half-batch':
        break;
    }
  }
  return false;
}
