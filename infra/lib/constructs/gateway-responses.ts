/** Every refusal that API Gateway itself answers, as the service would (RFC 9457). Fixed texts: nothing that came in is repeated. */
interface GatewayProblem {
  status: number;
  /** Name of a problem type of the service; without it the status says all (`about:blank`). */
  name?: string;
  title: string;
  detail?: string;
  headers?: Record<string, string>;
}

const challenge = { 'WWW-Authenticate': 'Bearer realm="phi"' };
const unauthenticated: GatewayProblem = {
  status: 401,
  name: 'unauthenticated',
  title: 'A valid access token is needed',
  detail: 'Send "Authorization: Bearer <token>" with a token of a configured issuer.',
  headers: challenge,
};
const insufficientScope: GatewayProblem = {
  status: 403,
  name: 'insufficient-scope',
  title: 'The access token does not permit this',
};
const notFound: GatewayProblem = {
  status: 404,
  name: 'not-found',
  title: 'There is nothing here for this caller',
};
const malformed: GatewayProblem = {
  status: 400,
  name: 'malformed-request',
  title: 'The request is not well formed',
};
// API Gateway's own explanation quotes the value that it refuses, so it cannot be passed on.
const invalid: GatewayProblem = {
  status: 400,
  name: 'validation-failed',
  title: 'The request does not match its schema',
  detail: 'Compare the body and the parameters with the OpenAPI document.',
};
const tooMany: GatewayProblem = {
  status: 429,
  name: 'too-many-requests',
  title: 'Too many requests',
  headers: { 'Retry-After': '1' },
};
const overloaded: GatewayProblem = {
  status: 503,
  name: 'overloaded',
  title: 'The service is busy',
  detail: 'Repeat the request later.',
  headers: { 'Retry-After': '1' },
};
const timedOut: GatewayProblem = {
  status: 504,
  title: 'Gateway Timeout',
  detail:
    'Whether it was done is not known. Read the resource, or repeat the request with its Idempotency-Key.',
};
const refusedByFirewall: GatewayProblem = {
  status: 403,
  title: 'Forbidden',
  detail:
    'Too many requests came from one address, or this one looks like an attack. It did not reach the service.',
};
const internal: GatewayProblem = { status: 500, name: 'internal-error', title: 'The service failed' };

/** @see Amazon API Gateway Developer Guide, "Gateway response types for API Gateway" */
const problems: Record<string, GatewayProblem> = {
  DEFAULT_4XX: malformed,
  DEFAULT_5XX: internal,
  ACCESS_DENIED: insufficientScope,
  API_CONFIGURATION_ERROR: internal,
  AUTHORIZER_CONFIGURATION_ERROR: internal,
  AUTHORIZER_FAILURE: internal,
  BAD_REQUEST_BODY: invalid,
  BAD_REQUEST_PARAMETERS: invalid,
  EXPIRED_TOKEN: unauthenticated,
  INTEGRATION_FAILURE: overloaded,
  INTEGRATION_TIMEOUT: timedOut,
  INVALID_API_KEY: insufficientScope,
  INVALID_SIGNATURE: unauthenticated,
  // What API Gateway says of a route that there is not.
  MISSING_AUTHENTICATION_TOKEN: notFound,
  QUOTA_EXCEEDED: tooMany,
  REQUEST_TOO_LARGE: { status: 413, name: 'payload-too-large', title: 'The request is too large' },
  RESOURCE_NOT_FOUND: notFound,
  THROTTLED: tooMany,
  UNAUTHORIZED: unauthenticated,
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    name: 'unsupported-media-type',
    title: 'The media type is not supported here',
    detail: 'Send application/json; PATCH takes application/merge-patch+json.',
  },
  WAF_FILTERED: refusedByFirewall,
};

/** The value of `x-amazon-apigateway-gateway-responses`. */
export const gatewayResponses = Object.fromEntries(
  Object.entries(problems).map(([type, problem]) => [type, response(problem)]),
);

function response({ status, name, title, detail, headers = {} }: GatewayProblem) {
  // `$context.requestId` is put in by API Gateway; the support finds the line of the access log by it.
  const document = {
    type: name ? `/problems/${name}` : 'about:blank',
    title,
    status,
    detail,
    instance: '$context.requestId',
  };
  const all = {
    'Content-Type': 'application/problem+json; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
    ...headers,
  };
  return {
    statusCode: status,
    responseParameters: Object.fromEntries(
      // A static value stands between apostrophes.
      Object.entries(all).map(([header, value]) => [`gatewayresponse.header.${header}`, `'${value}'`]),
    ),
    responseTemplates: { 'application/json': JSON.stringify(document) },
  };
}
