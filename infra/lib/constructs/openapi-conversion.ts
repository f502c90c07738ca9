import { gatewayResponses } from './gateway-responses.js';

type Json = Record<string, unknown>;

export interface Operation extends Json {
  operationId?: string;
  summary?: string;
  parameters?: { name: string; in: string; required?: boolean; schema?: Json }[];
  requestBody?: { required?: boolean; content: Record<string, { schema?: Json }> };
  responses: Record<
    string,
    { description: string; headers?: Json; content?: Record<string, { schema?: Json }> }
  >;
  security?: Record<string, readonly string[]>[];
}

export interface OpenApiDocument extends Json {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Json>; securitySchemes?: Json };
}

export interface GatewayOptions {
  /** Of the load balancer, `https://<name of its certificate>`: API Gateway checks the certificate against it. */
  origin: string;
  vpcLinkId: string;
  loadBalancerArn: string;
  /** Whose access tokens the gateway takes; without it the service alone verifies. */
  authorizer?: { userPoolArn: string; scopes: readonly string[] };
  /** Serves Swagger UI and the OpenAPI document too. */
  publishesDocumentation: boolean;
}

/** What of `openapi.json` the gateway does not get, each with the reason. The test of the conversion permits nothing else. */
export const leftOut = {
  operations: {
    'get /health/ready':
      'a question of the load balancer: each answer costs a read of the table, and nobody has to prove who he is',
  },
  keywords: {
    example: 'documentation: API Gateway knows no examples in models',
    additionalProperties: 'only where it is true, which it is without being said',
  },
  bodies: {
    'patch /v1/patients/{patientId}':
      'null removes an element (RFC 7396), and neither OpenAPI 3.0 nor API Gateway can say that any element may be null',
  },
} as const;

/** API Gateway ends an answer that it buffers after 29 s and one that it streams after 15 min. */
const BUFFERED_AT_MOST_MS = 29_000;
const STREAMED_AT_MOST_MS = 900_000;

const UUID_PATTERN = '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$';

/**
 * Makes of the service's OpenAPI 3.1 document the one that API Gateway imports: OpenAPI 3.0 with JSON Schema draft 4, and with
 * everything that the gateway does on the way (authorizer, validators, private integration, problem+json).
 * @throws Error that names a schema keyword which nobody has decided about: it would be lost silently
 * @see Amazon API Gateway Developer Guide, "Data models for REST APIs", "Working with API Gateway extensions to OpenAPI"
 */
export function gatewayDocument(document: OpenApiDocument, options: GatewayOptions): OpenApiDocument {
  const { securitySchemes: _, ...components } = document.components;
  const schemas = Object.fromEntries(
    Object.entries(components.schemas).map(([name, schema]) => [name, model(schema, `schemas/${name}`)]),
  );
  return {
    openapi: '3.0.3',
    info: document['info'],
    paths: {
      ...convertedPaths(document, options),
      ...(options.publishesDocumentation ? documentationPaths(options) : {}),
    },
    components: { ...components, schemas, ...securityScheme(options) },
    'x-amazon-apigateway-request-validators': {
      everything: { validateRequestBody: true, validateRequestParameters: true },
      parameters: { validateRequestBody: false, validateRequestParameters: true },
    },
    'x-amazon-apigateway-gateway-responses': gatewayResponses,
    // What is no text: the pictures of Swagger UI.
    ...(options.publishesDocumentation ? { 'x-amazon-apigateway-binary-media-types': ['image/png'] } : {}),
  };
}

function convertedPaths(document: OpenApiDocument, options: GatewayOptions): OpenApiDocument['paths'] {
  const paths: OpenApiDocument['paths'] = {};
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      if (`${method} ${path}` in leftOut.operations) continue;
      (paths[path] ??= {})[method] = convertedOperation(document, method, path, operation, options);
    }
  }
  return paths;
}

function convertedOperation(
  document: OpenApiDocument,
  method: string,
  path: string,
  operation: Operation,
  options: GatewayOptions,
): Operation {
  const { security, ...rest } = withConvertedSchemas(operation, operation.operationId ?? path) as Operation;
  const validatesBody = operation.requestBody !== undefined && !(`${method} ${path}` in leftOut.bodies);
  return {
    ...rest,
    ...(security && options.authorizer ? { security: [{ token: options.authorizer.scopes }] } : {}),
    'x-amazon-apigateway-request-validator': validatesBody ? 'everything' : 'parameters',
    'x-amazon-apigateway-integration': integration(method, path, options, isStreamed(document, operation)),
  };
}

/** Answers without a bound of their own: exports, which are no JSON, and pages of records. API Gateway buffers 10 MB and fails beyond. */
function isStreamed({ components }: OpenApiDocument, { responses }: Operation): boolean {
  return Object.entries(responses['200']?.content ?? {}).some(([mediaType, { schema }]) => {
    const name = String(schema?.['$ref']).split('/').at(-1) ?? '';
    const properties = (components.schemas[name]?.['properties'] ?? {}) as Json;
    return mediaType !== 'application/json' || 'nextCursor' in properties;
  });
}

function integration(method: string, path: string, options: GatewayOptions, isStreamed: boolean): Json {
  const parameters = [...path.matchAll(/\{(\w+)\+?\}/g)].map(([, name]) => name ?? '');
  return {
    type: 'http_proxy',
    httpMethod: method.toUpperCase(),
    // The path of the document, not of the request: no stage in front.
    uri: `${options.origin}${path.replace('+}', '}')}`,
    connectionType: 'VPC_LINK',
    connectionId: options.vpcLinkId,
    integrationTarget: options.loadBalancerArn,
    passthroughBehavior: 'when_no_match',
    timeoutInMillis: isStreamed ? STREAMED_AT_MOST_MS : BUFFERED_AT_MOST_MS,
    responseTransferMode: isStreamed ? 'STREAM' : 'BUFFERED',
    requestParameters: Object.fromEntries(
      parameters.map((name) => [`integration.request.path.${name}`, `method.request.path.${name}`]),
    ),
  };
}

/** A bearer token of the user pool. Scopes: one of them has to be in the token; which one an operation needs, the service decides. */
function securityScheme({ authorizer }: GatewayOptions): Json {
  if (authorizer === undefined) return {};
  const token = {
    type: 'apiKey',
    name: 'Authorization',
    in: 'header',
    'x-amazon-apigateway-authtype': 'cognito_user_pools',
    'x-amazon-apigateway-authorizer': {
      type: 'cognito_user_pools',
      providerARNs: [authorizer.userPoolArn],
    },
  };
  return { securitySchemes: { token } };
}

function documentationPaths(options: GatewayOptions): OpenApiDocument['paths'] {
  const file = (path: string, summary: string, name?: string): Record<string, Operation> => ({
    get: {
      summary,
      ...(name ? { parameters: [{ name, in: 'path', required: true, schema: { type: 'string' } }] } : {}),
      responses: { '200': { description: summary } },
      'x-amazon-apigateway-request-validator': 'parameters',
      'x-amazon-apigateway-integration': integration('get', path, options, false),
    },
  });
  return {
    '/docs': file('/docs', 'Swagger UI'),
    '/docs/{file+}': file('/docs/{file+}', 'Files of Swagger UI', 'file'),
    '/openapi.json': file('/openapi.json', 'The OpenAPI document'),
  };
}

/** Everything of an operation as it is, but its schemas converted and its examples away. */
function withConvertedSchemas(node: unknown, pointer: string): unknown {
  if (Array.isArray(node))
    return node.map((item, index) => withConvertedSchemas(item, `${pointer}/${index}`));
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node)
      .filter(([name]) => name !== 'example' && name !== 'examples')
      .map(([name, value]) => {
        const below = `${pointer}/${name}`;
        return [name, name === 'schema' ? model(value as Json, below) : withConvertedSchemas(value, below)];
      }),
  );
}

/** Keywords that mean the same in draft 4 and in OpenAPI 3.0. */
const sameKeywords = new Set([
  ...['$ref', 'type', 'title', 'description', 'enum', 'required', 'pattern', 'format', 'uniqueItems'],
  ...[
    'minLength',
    'maxLength',
    'minimum',
    'maximum',
    'minItems',
    'maxItems',
    'multipleOf',
    'minProperties',
    'maxProperties',
    'default',
  ],
]);
const draft4Formats = new Set(['date-time', 'email', 'hostname', 'ipv4', 'ipv6', 'uri']);

/** @returns the schema as a model of API Gateway */
function model(schema: Json, pointer: string): Json {
  const converted: Json = {};
  for (const [keyword, value] of Object.entries(schema)) {
    const below = `${pointer}/${keyword}`;
    if (keyword === 'example' || keyword === 'examples') continue;
    if (keyword === 'additionalProperties' && value === true) continue;
    if (keyword === 'properties') {
      converted[keyword] = Object.fromEntries(
        Object.entries(value as Json).map(([name, one]) => [name, model(one as Json, `${below}/${name}`)]),
      );
    } else if (keyword === 'items') converted[keyword] = model(value as Json, below);
    else if (keyword === 'allOf' || keyword === 'anyOf' || keyword === 'oneOf') {
      converted[keyword] = (value as Json[]).map((one, index) => model(one, `${below}/${index}`));
    } else if (keyword === 'format' && !draft4Formats.has(String(value))) {
      Object.assign(converted, formatAsPattern(String(value), below));
    } else if (sameKeywords.has(keyword) && isOneType(keyword, value)) converted[keyword] = value;
    else throw undecided(below);
  }
  return converted;
}

/** Draft 4 knows lists of types, OpenAPI 3.0 does not. */
const isOneType = (keyword: string, value: unknown) => keyword !== 'type' || typeof value === 'string';

/** Draft 4 does not know `uuid`, and a validator passes over a format that it does not know. */
function formatAsPattern(format: string, pointer: string): Json {
  if (format === 'uuid') return { pattern: UUID_PATTERN };
  throw undecided(`${pointer}=${format}`);
}

const undecided = (pointer: string) =>
  new Error(
    `openapi.json: ${pointer} has no counterpart in a model of API Gateway: convert it, or list it as left out`,
  );
