import { beforeAll, describe, expect, it } from '@jest/globals';
import { problemTypes } from '@app/problem-details';
import { readOpenApiDocument } from '../../infra/lib/api.stack.js';
import {
  gatewayDocument,
  type GatewayOptions,
  leftOut,
  type OpenApiDocument,
  type Operation,
} from '../../infra/lib/constructs/openapi-conversion.js';
import { expectCommitted } from './support/committed-snapshot.js';

const options: GatewayOptions = {
  origin: 'https://phi.example.org',
  vpcLinkId: 'link',
  loadBalancerArn: 'arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/phi/1',
  authorizer: {
    userPoolArn: 'arn:aws:cognito-idp:us-east-1:111122223333:userpool/p',
    scopes: ['system/*.cruds'],
  },
  publishesDocumentation: false,
};

let source: OpenApiDocument;
let converted: OpenApiDocument;
beforeAll(() => {
  source = readOpenApiDocument();
  converted = gatewayDocument(source, options);
});

interface Integration {
  type: string;
  httpMethod: string;
  uri: string;
  connectionType: string;
  connectionId: string;
  integrationTarget: string;
  responseTransferMode: string;
  timeoutInMillis: number;
  requestParameters: Record<string, string>;
}
const integrationOf = (operation: Operation) => operation['x-amazon-apigateway-integration'] as Integration;

const operationsOf = (document: OpenApiDocument) =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method} ${path}`,
      method,
      path,
      operation,
    })),
  );
const deployedOperations = () => operationsOf(source).filter(({ name }) => !(name in leftOut.operations));

/** Every constraint of a schema by its place: `#/properties/name/maxLength`. */
function constraints(schema: unknown, place = '#'): Map<string, unknown> {
  const found = new Map<string, unknown>();
  if (typeof schema !== 'object' || schema === null) return found;
  for (const [keyword, value] of Object.entries(schema)) {
    const below = `${place}/${keyword}`;
    const isSchema = ['items', 'allOf', 'anyOf', 'oneOf', 'not'].includes(keyword);
    if (keyword === 'properties' || isSchema) {
      found.set(below, Object.keys(value as object));
      const parts = keyword === 'items' || keyword === 'not' ? { '': value } : (value as object);
      for (const [name, part] of Object.entries(parts))
        for (const [where, constraint] of constraints(part, `${below}/${name}`)) found.set(where, constraint);
    } else found.set(below, value);
  }
  return found;
}

const withoutExamples = (value: unknown): unknown =>
  value === undefined
    ? undefined
    : JSON.parse(
        JSON.stringify(value, (name, inner: unknown) => (/^examples?$/.test(name) ? undefined : inner)),
      );

/** What may differ, each for the reason in `leftOut`; a format that draft 4 lacks becomes a pattern. */
const isLeftOut = (place: string, value: unknown): boolean =>
  place.endsWith('/example') || (place.endsWith('/additionalProperties') && value === true);

function expectNothingLost(before: unknown, after: unknown): void {
  const kept = constraints(after);
  for (const [place, value] of constraints(before)) {
    if (isLeftOut(place, value)) continue;
    if (place.endsWith('/format') && value === 'uuid')
      expect([place, kept.get(place.replace(/format$/, 'pattern'))]).toEqual([
        place,
        expect.stringContaining('[0-9a-fA-F]{8}'),
      ]);
    else expect([place, kept.get(place)]).toEqual([place, value]);
  }
}

describe('the document for API Gateway', () => {
  it('is OpenAPI 3.0', () => expect(converted.openapi).toBe('3.0.3'));

  it('has every operation but those on the list, and none more', () => {
    const names = (document: OpenApiDocument) => operationsOf(document).map(({ name }) => name);
    expect(names(converted)).toEqual(names(source).filter((name) => !(name in leftOut.operations)));
    for (const name of [...Object.keys(leftOut.operations), ...Object.keys(leftOut.bodies)])
      expect(names(source)).toContain(name);
  });

  it('has every parameter, body, answer and description', () => {
    for (const { path, method, operation: before } of deployedOperations()) {
      const after = converted.paths[path]?.[method];
      const { security: _, parameters = [], requestBody, responses, ...rest } = before;
      expect(after).toMatchObject(rest);
      expect(
        (after?.parameters ?? []).map(({ name, in: where, required }) => ({ name, where, required })),
      ).toEqual(parameters.map(({ name, in: where, required }) => ({ name, where, required })));
      for (const [index, { schema }] of parameters.entries())
        expectNothingLost(schema, after?.parameters?.[index]?.schema);
      expect(after?.requestBody).toEqual(withoutExamples(requestBody));
      expect(Object.keys(after?.responses ?? {})).toEqual(Object.keys(responses));
      for (const [status, { content = {}, headers = {} }] of Object.entries(responses)) {
        expect(after?.responses[status]?.content ?? {}).toEqual(withoutExamples(content));
        expect(Object.keys(after?.responses[status]?.headers ?? {})).toEqual(Object.keys(headers));
      }
    }
  });

  it('has every schema with every constraint that draft 4 can say', () => {
    expect(Object.keys(converted.components.schemas)).toEqual(Object.keys(source.components.schemas));
    for (const [name, schema] of Object.entries(source.components.schemas))
      expectNothingLost(schema, converted.components.schemas[name]);
  });

  it('names models as API Gateway takes them', () => {
    for (const name of Object.keys(converted.components.schemas)) expect(name).toMatch(/^[A-Za-z0-9]+$/);
  });

  it.each([
    ['a keyword of 3.1 alone', { type: 'object', unevaluatedProperties: false }],
    ['a type that may be null', { type: ['string', 'null'] }],
    ['a bound that draft 4 writes in another way', { type: 'integer', exclusiveMinimum: 3 }],
    ['a format that draft 4 lacks', { type: 'string', format: 'duration' }],
  ])('is not made from %s, which would be lost silently', (_name, schema) => {
    const changed = { ...source, components: { schemas: { ...source.components.schemas, New: schema } } };
    expect(() => gatewayDocument(changed, options)).toThrow(/schemas\/New\/.* has no counterpart/);
  });
});

describe('an operation at the gateway', () => {
  it('is sent over the private link, under its own path, with its path parameters', () => {
    for (const { method, path, operation } of operationsOf(converted)) {
      const integration = integrationOf(operation);
      expect(integration).toMatchObject({
        type: 'http_proxy',
        httpMethod: method.toUpperCase(),
        uri: `https://phi.example.org${path}`,
        connectionType: 'VPC_LINK',
        connectionId: 'link',
        integrationTarget: options.loadBalancerArn,
      });
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
      expect(integration.requestParameters).toEqual(
        Object.fromEntries(
          inPath.map((name) => [`integration.request.path.${name}`, `method.request.path.${name}`]),
        ),
      );
      const declared = (operation.parameters ?? []).filter(({ in: where }) => where === 'path');
      expect(declared.map(({ name }) => name).sort()).toEqual(inPath.sort());
    }
  });

  it('needs a token of the user pool with one of its scopes, except where openapi.json asks for none', () => {
    for (const { path, method, operation: before } of deployedOperations()) {
      const { security } = converted.paths[path]?.[method] ?? {};
      expect([path, security]).toEqual([path, before.security ? [{ token: ['system/*.cruds'] }] : undefined]);
    }
    const open = operationsOf(converted).filter(({ operation }) => operation.security === undefined);
    expect(open.map(({ name }) => name)).toEqual(['get /health/live']);
    expect(converted.components.securitySchemes).toMatchObject({
      token: { 'x-amazon-apigateway-authorizer': { providerARNs: [options.authorizer?.userPoolArn] } },
    });
  });

  it('has its body validated, but for merge patches', () => {
    for (const { name, operation } of operationsOf(converted)) {
      const validates = operation.requestBody !== undefined && !(name in leftOut.bodies);
      expect([name, operation['x-amazon-apigateway-request-validator']]).toEqual([
        name,
        validates ? 'everything' : 'parameters',
      ]);
    }
    expect(converted['x-amazon-apigateway-request-validators']).toEqual({
      everything: { validateRequestBody: true, validateRequestParameters: true },
      parameters: { validateRequestBody: false, validateRequestParameters: true },
    });
  });

  // Buffered answers end at 10 MB and 29 s.
  it('streams the export and every page of records', () => {
    const streamed = operationsOf(converted)
      .filter(({ operation }) => integrationOf(operation).responseTransferMode === 'STREAM')
      .map(({ name }) => name);
    expect(streamed).toContain('get /v1/patients/{patientId}/export');
    expect(streamed).toContain('get /v1/patients/{patientId}/records');
    expect(streamed).not.toContain('get /v1/patients/{patientId}');
    for (const { operation } of operationsOf(converted)) {
      const { responseTransferMode, timeoutInMillis } = integrationOf(operation);
      expect(timeoutInMillis).toBe(responseTransferMode === 'STREAM' ? 900_000 : 29_000);
    }
  });

  it('serves Swagger UI only where the settings say so', () => {
    const published = gatewayDocument(source, { ...options, publishesDocumentation: true });
    const added = Object.keys(published.paths).filter((path) => !(path in converted.paths));
    expect(added).toEqual(['/docs', '/docs/{file+}', '/openapi.json']);
    expect(integrationOf(published.paths['/docs/{file+}']!['get']!)).toMatchObject({
      uri: 'https://phi.example.org/docs/{file}',
      requestParameters: { 'integration.request.path.file': 'method.request.path.file' },
    });
  });

  it('leaves tokens to the service alone where no pool is given', () => {
    const { authorizer: _, ...without } = options;
    const open = gatewayDocument(source, without);
    expect(open.components.securitySchemes).toBeUndefined();
    expect(operationsOf(open).every(({ operation }) => operation.security === undefined)).toBe(true);
  });

  it('is what is committed', () => {
    const summary = operationsOf(converted).map(({ name, operation }) => [
      name,
      {
        operationId: operation.operationId,
        token: operation.security !== undefined,
        validator: operation['x-amazon-apigateway-request-validator'],
        model: Object.values(operation.requestBody?.content ?? {}).map(({ schema }) =>
          String(schema?.['$ref']).split('/').at(-1),
        )[0],
        parameters: (operation.parameters ?? []).map(
          ({ name, in: where, required }) => `${where} ${name}${required ? ' required' : ''}`,
        ),
        transfer: integrationOf(operation).responseTransferMode,
      },
    ]);
    expectCommitted('rest-api', JSON.parse(JSON.stringify(Object.fromEntries(summary))));
  });
});

describe('a refusal by the gateway itself', () => {
  const known = new Map<string, { title: string; status: number; detail?: string }>(
    Object.values(problemTypes).map((type) => [`/problems/${type.name}`, type]),
  );
  interface GatewayResponse {
    statusCode: number;
    responseParameters: Record<string, string>;
    responseTemplates: Record<string, string>;
  }
  const responses = () =>
    Object.entries(converted['x-amazon-apigateway-gateway-responses'] as Record<string, GatewayResponse>).map(
      ([type, response]) => ({
        type,
        response,
        problem: JSON.parse(response.responseTemplates['application/json'] ?? '') as Record<string, unknown>,
      }),
    );

  it('is problem+json of a type that the service has, and is cached nowhere', () => {
    for (const { response, problem } of responses()) {
      expect(response.responseParameters).toMatchObject({
        'gatewayresponse.header.Content-Type': "'application/problem+json; charset=utf-8'",
        'gatewayresponse.header.Cache-Control': "'no-store'",
      });
      expect(problem['status']).toBe(response.statusCode);
      if (problem['type'] === 'about:blank') continue;
      const type = known.get(String(problem['type']));
      expect(type).toMatchObject({ title: problem['title'], status: problem['status'] });
    }
  });

  // API Gateway's variables of validation and authorization quote what came in.
  it('repeats nothing that came in', () => {
    for (const { response } of responses()) {
      const variables = [...JSON.stringify(response).matchAll(/\$[\w.]+/g)].map(([variable]) => variable);
      expect(variables).toEqual(['$context.requestId']);
    }
  });

  it('tells a client without a token how to come again', () => {
    const { response } = responses().find(({ type }) => type === 'UNAUTHORIZED')!;
    expect(response.statusCode).toBe(401);
    expect(response.responseParameters['gatewayresponse.header.WWW-Authenticate']).toBe(
      `'Bearer realm="phi"'`,
    );
  });
});
