import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { type PhiConfig, speaksTls } from '@app/configuration';
import { type Log } from '@app/observability';
import { Problem, problemDocument, problemTypes } from '@app/problem-details';
import { tlsPolicy } from '@app/tls';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Lifecycle } from '../health/lifecycle.js';
import { repeatsName } from './json-body.js';

/** Longest request head, bytes: a token of 8 KB and room for the rest. */
const headAtMost = 16 * 1024;

/** Longest time that a TLS handshake may take, milliseconds: without it, idle strangers would hold connections for two minutes. */
const handshakeAtMost = 10_000;

/** A hundred texts of 64 KB and their escapes; API Gateway ends at 10 MB. Bytes; nothing of it is stored. */
const textsBodyAtMost = 9 * 1024 * 1024;

/** Records and answers what Fastify refuses before a route is found; its own answer would quote the URL. */
type Refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/**
 * Fastify with the limits of the service: a request id of ours, a bounded body, head and time to send them,
 * TLS where it is configured. Its certificate comes before it listens (`TlsRenewal`): until then no handshake succeeds.
 */
export function createHttpAdapter(config: PhiConfig, refuse: Refuse): FastifyAdapter {
  const secure = speaksTls(config);
  const options = {
    logger: false as const,
    // The client's own X-Request-Id is not taken over: it could hold anything, and it ends up in logs and events.
    genReqId: () => randomUUID(),
    bodyLimit: config.PHI_BODY_LIMIT_BYTES,
    requestTimeout: config.PHI_REQUEST_TIMEOUT_SECONDS * 1000,
    connectionTimeout: config.PHI_REQUEST_TIMEOUT_SECONDS * 1000,
    keepAliveTimeout: 72_000,
    forceCloseConnections: 'idle' as const,
    routerOptions: { maxParamLength: 64 },
    http: { maxHeaderSize: headAtMost, connectionsCheckingInterval: 1000 },
    trustProxy: (_address: string, hop: number) => hop < config.PHI_TRUSTED_PROXIES,
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      setHeaders(request, reply, secure);
      void refuse(error, request, reply);
    },
    clientErrorHandler: refuseConnection,
  };
  if (!secure) return bounded(new FastifyAdapter(options), config);
  const https = { ...tlsPolicy, handshakeTimeout: handshakeAtMost, ...options.http };
  return bounded(new FastifyAdapter({ ...options, https }), config);
}

function bounded(adapter: FastifyAdapter, { PHI_CONNECTIONS }: PhiConfig): FastifyAdapter {
  adapter.getInstance().server.maxConnections = PHI_CONNECTIONS;
  return adapter;
}

/** @returns what a page of these origins may send and see */
export const corsOptions = (origins: readonly string[]) => ({
  origin: [...origins],
  methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
  allowedHeaders: [
    'authorization',
    'content-type',
    'idempotency-key',
    'if-match',
    'if-none-match',
    'prefer',
    'x-purpose-of-use',
  ],
  exposedHeaders: [
    'content-disposition',
    'etag',
    'location',
    'preference-applied',
    'ratelimit',
    'ratelimit-policy',
    'retry-after',
    'x-request-id',
  ],
  credentials: false,
  maxAge: 600,
});

/** Everything that holds for every request whatever its route: media types, headers, one log line. */
export function setUpHttp(server: FastifyInstance, log: Log, secure: boolean): void {
  acceptJsonAlone(server);
  server.addHook('onRequest', (request, reply, done) => {
    setHeaders(request, reply, secure);
    done();
  });
  server.addHook('preParsing', refuseForeignMediaType);
  server.addHook('onRoute', (route) => {
    if (route.url.startsWith('/v1/pii/')) route.bodyLimit = textsBodyAtMost;
  });
  server.addHook('onResponse', (request, reply, done) => {
    log.info(requestLine(request, reply.statusCode, reply.elapsedTime), 'request');
    done();
  });
}

/**
 * From SIGTERM on each answer closes its connection, so that its client asks another instance next (RFC 9112, 9.6); and when the
 * server closes, a kept connection would hold it up until its client lets go.
 */
export function letGoOfConnections(server: FastifyInstance, lifecycle: Lifecycle): void {
  let closing = false;
  server.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  server.addHook('onSend', (_request, reply, _payload, done) => {
    if (closing || lifecycle.draining) void reply.header('connection', 'close');
    done();
  });
  server.addHook('onResponse', (request, _reply, done) => {
    // An answer whose head had left before it could say so.
    if (closing) request.raw.socket.destroySoon();
    done();
  });
}

function acceptJsonAlone(server: FastifyInstance): void {
  const parseJson = server.getDefaultJsonParser('error', 'error');
  // RFC 7396, 4: a merge patch is JSON with a media type of its own.
  const types = ['application/json', 'application/merge-patch+json'];
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(types, { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    // RFC 8259, 8.1. Decoding would put U+FFFD in the place of what was sent, and that would be stored.
    if (!isUtf8(body))
      return done(new Problem(problemTypes.malformedRequest, { detail: 'The body is not UTF-8.' }));
    const text = body.toString('utf8');
    void parseJson(request, text, (error, body) => {
      if (error !== null || !repeatsName(text)) return done(error, body);
      const detail = 'An object in the body has two members of the same name.';
      done(new Problem(problemTypes.malformedRequest, { detail }));
    });
  });
}

const dataPolicy = "default-src 'none'; frame-ancestors 'none'";
/** Swagger UI: its own files, and requests to us. Its styles are set by its scripts. */
const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

function setHeaders(request: FastifyRequest, reply: FastifyReply, secure: boolean): void {
  void reply.header('x-request-id', request.id).headers(protectiveHeaders(request.url, secure));
}

/** @returns what every answer tells a browser or a cache, whatever it answers */
export function protectiveHeaders(url: string, secure: boolean): Record<string, string> {
  return {
    // OWASP ASVS 5, 3.4.3 to 3.4.6: an answer is data, never a page, a script or part of a page.
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'content-security-policy': url.startsWith('/docs') ? pagePolicy : dataPolicy,
    // PHI is kept in no cache (OWASP ASVS 5, 14.3.2); HSTS only means something under TLS.
    ...(url.startsWith('/v1/') ? { 'cache-control': 'no-store' } : {}),
    ...(secure ? { 'strict-transport-security': 'max-age=31536000; includeSubDomains' } : {}),
  };
}

/** What is no HTTP request, or has too large a head, never becomes one: nobody is known to record it of. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const type =
    error.code === 'HPE_HEADER_OVERFLOW' ? problemTypes.headersTooLarge : problemTypes.malformedRequest;
  const requestId = randomUUID();
  const body = JSON.stringify(problemDocument(new Problem(type), requestId));
  const head = [
    `HTTP/1.1 ${type.status} ${STATUS_CODES[type.status]}`,
    'content-type: application/problem+json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'cache-control: no-store',
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** PATCH is a merge patch and says so; the other writes are JSON. Refused before a byte of the body is read. */
async function refuseForeignMediaType(request: FastifyRequest): Promise<void> {
  const type = request.headers['content-type'];
  if (type === undefined) return;
  const isMergePatch = /^application\/merge-patch\+json\s*(;|$)/i.test(type);
  if (isMergePatch !== (request.method === 'PATCH')) throw new Problem(problemTypes.unsupportedMediaType);
}

/** An allow-list: the route's pattern instead of the URL, and no header, query or body at all. */
function requestLine(request: FastifyRequest, status: number, milliseconds: number) {
  return {
    requestId: request.id,
    method: request.method,
    route: request.routeOptions.url ?? '(no such route)',
    status,
    milliseconds: Math.round(milliseconds * 100) / 100,
  };
}
