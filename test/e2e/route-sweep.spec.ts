import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { readAuditEvents } from '../support/audit-rows.js';
import { HttpClient } from '../support/http-client.js';
import {
  documentedRoutes,
  fillPath,
  type OpenApi,
  readOpenApi,
  type Schema,
} from '../support/openapi-routes.js';
import { startListening } from '../support/phi-client.js';
import { type Service } from '../support/service.js';

const document = readOpenApi();
const routes = documentedRoutes(document);
const named = routes.map((route) => [`${route.method} ${route.path}`, route] as const);
const isPublic = ([, { operation }]: (typeof named)[number]) => (operation.security ?? []).length === 0;
const closed = named.filter((route) => !isPublic(route));

/** Written out: a route that is open by mistake must not make itself an exception. */
const openRoutes = ['GET /health/live', 'GET /health/ready'];
/** Served beside the documented routes, without PHI: the documentation itself. */
const documentation = /^\/(docs(\/|$|-)|openapi\.json$|docs$)/;

const idOf = (parameter: string) => (parameter === 'version' ? '1' : randomUUID());
const openApiPath = (fastifyPath: string) => fastifyPath.replace(/:(\w+)/g, '{$1}');

/** One line of Fastify's own list of its routes: `│   └── /v1/patients (GET, HEAD)`. */
function parseRoutes(printed: string): [method: string, path: string][] {
  const open: string[] = [];
  return printed.split('\n').flatMap((line) => {
    const match = /^([│ ]*)[├└]── (\S*)(?: \(([A-Z, ]+)\))?$/u.exec(line);
    if (match === null) return [];
    const [, indent = '', segment = '', methods] = match;
    const depth = indent.length / 4;
    open.length = depth;
    open[depth] = segment;
    return (methods?.split(', ') ?? []).map((method): [string, string] => [method, open.join('')]);
  });
}

describe('every route', () => {
  let service: Service;
  let client: HttpClient;

  beforeAll(async () => {
    service = await startListening();
    client = new HttpClient(await service.app.getUrl());
  });
  afterAll(async () => {
    client.close();
    await service.stop();
  });

  it('is in openapi.json if it is registered, and registered if it is there', () => {
    const server = service.app.getHttpAdapter().getInstance();
    const registered = parseRoutes(server.printRoutes({ commonPrefix: false })).filter(
      ([, path]) => !documentation.test(path),
    );
    // What was read out of a drawing is held against the server itself.
    for (const [method, url] of registered) {
      expect([method, url, server.hasRoute({ method: method as 'GET', url })]).toEqual([method, url, true]);
    }
    const served = registered
      .filter(([method]) => method !== 'HEAD')
      .map(([method, path]) => `${method} ${openApiPath(path)}`);
    expect(served.sort()).toEqual(named.map(([name]) => name).sort());
    // HEAD comes with each GET, and with nothing else.
    const heads = registered.filter(([method]) => method === 'HEAD').map(([, path]) => path);
    const gets = registered.filter(([method]) => method === 'GET').map(([, path]) => path);
    expect(heads.sort()).toEqual(gets.sort());
  });

  it('is closed, but for the probes', () => {
    expect(
      named
        .filter(isPublic)
        .map(([name]) => name)
        .sort(),
    ).toEqual(openRoutes);
  });

  const refusalsOf = async (requestId: unknown) =>
    (await readAuditEvents(service.platform.table)).filter(({ origin }) => origin.requestId === requestId);

  it.each(closed)('%s answers 401 without a token and leaves an audit event', async (_, { method, path }) => {
    const answer = await client.send({ method, path: fillPath(path, idOf) });
    expect(answer.status).toBe(401);
    expect(answer.headers).toMatchObject({
      'content-type': expect.stringMatching(/^application\/problem\+json/),
      'www-authenticate': 'Bearer realm="phi"',
      'cache-control': 'no-store',
    });
    expect(answer.json()).toMatchObject({ type: '/problems/unauthenticated', status: 401 });
    expect(await refusalsOf(answer.json()['instance'])).toMatchObject([
      {
        type: 'refusal',
        outcome: '4',
        refusal: {
          problem: 'unauthenticated',
          status: 401,
          method,
          route: path.replace(/\{(\w+)\}/g, ':$1'),
        },
      },
    ]);
  });

  it.each(closed.filter(([, { method }]) => method === 'GET'))(
    '%s is closed to HEAD as well',
    async (_, { path }) => {
      const answer = await client.send({ method: 'HEAD', path: fillPath(path, idOf) });
      expect(answer.status).toBe(401);
      expect(await refusalsOf(answer.headers['x-request-id'])).toHaveLength(1);
    },
  );

  it.each(closed)(
    '%s answers 403 to a token without a scope, and leaves an audit event',
    async (_, route) => {
      const authorization = await service.bearer({ scope: 'phi/nothing' });
      const path = fillPath(route.path, idOf);
      const answer = await client.send({ method: route.method, path, headers: { authorization } });
      expect([answer.status, answer.json()['type']]).toEqual([403, '/problems/insufficient-scope']);
      const events = await refusalsOf(answer.json()['instance']);
      expect(events).toMatchObject([{ type: 'refusal', origin: { agent: { subject: 'tester' } } }]);
    },
  );

  it.each(closed)('%s documents its problems', (_, { operation }) => {
    const always = ['400', '401', '403', '429', '500', '503'];
    const body = operation.requestBody === undefined ? [] : ['413', '415'];
    expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining([...always, ...body]));
    const problems = Object.entries(operation.responses).filter(([status]) => Number(status) >= 400);
    for (const [status, { content }] of problems) {
      expect([status, Object.keys(content ?? {})]).toEqual([status, ['application/problem+json']]);
      expect(content?.['application/problem+json']?.schema).toEqual({
        $ref: '#/components/schemas/ProblemDto',
      });
    }
  });

  it('answers an unknown path and an unknown method with a recorded problem', async () => {
    for (const [method, path] of [
      ['GET', '/v1/nothing'],
      ['DELETE', '/v1/patients'],
      ['GET', '/'],
    ] as const) {
      const answer = await client.send({ method, path });
      expect([answer.status, answer.headers['content-type']]).toEqual([
        404,
        expect.stringMatching(/^application\/problem\+json/),
      ]);
      expect(await refusalsOf(answer.json()['instance'])).toMatchObject([{ refusal: { status: 404 } }]);
    }
  });
});

const methods = new Set(['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'TRACE']);
const schemaTypes = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']);
type Node = Record<string, unknown>;

/** Every object of the document, with its place. */
function* objectsOf(value: unknown, place = '#'): Generator<[place: string, node: Node]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [place, value as Node];
  for (const [name, inner] of Object.entries(value)) yield* objectsOf(inner, `${place}/${name}`);
}

function resolve(reference: string): unknown {
  const steps = reference.replace(/^#\//, '').split('/');
  let node: unknown = document;
  for (const step of steps) node = (node as Node | undefined)?.[step.replaceAll('~1', '/')];
  return node;
}

/** @see OpenAPI Specification 3.1.0, section 4.8 */
describe('openapi.json', () => {
  it('is an OpenAPI 3.1 document with a title, a version and paths', () => {
    const { openapi, info, paths } = document satisfies OpenApi;
    expect(openapi).toMatch(/^3\.1\.\d+$/);
    expect([info.title, info.version]).toEqual([expect.any(String), expect.stringMatching(/^\d+\.\d+\.\d+/)]);
    for (const path of Object.keys(paths)) expect(path).toMatch(/^\/[^?#]*$/);
    for (const { method } of routes) expect(methods).toContain(method);
  });

  it('holds no reference that leads nowhere', () => {
    const lost = [...objectsOf(document)].filter(
      ([, node]) => typeof node['$ref'] === 'string' && typeof resolve(node['$ref']) !== 'object',
    );
    expect(lost.map(([place]) => place)).toEqual([]);
  });

  it('gives each operation an id of its own, a summary, and a tag that is described', () => {
    const ids = routes.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(routes.length);
    const tags = document.tags?.map(({ name }) => name) ?? [];
    for (const [name, { operation }] of named) {
      expect([name, operation.operationId, operation.summary]).toEqual([
        name,
        expect.any(String),
        expect.any(String),
      ]);
      expect(tags).toEqual(expect.arrayContaining(operation.tags ?? ['(no tag)']));
    }
  });

  it.each(named)('%s declares exactly the parameters of its path', (_, { path, operation }) => {
    const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
    const templates = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(inPath.map(({ name }) => name).sort()).toEqual(templates.sort());
    expect(inPath.map(({ required }) => required)).toEqual(templates.map(() => true));
    for (const parameter of operation.parameters ?? []) {
      expect([parameter.name, typeof parameter.schema]).toEqual([parameter.name, 'object']);
      expect(['path', 'query', 'header', 'cookie']).toContain(parameter.in);
    }
  });

  it.each(named)('%s describes each of its answers', (_, { operation }) => {
    const entries = Object.entries(operation.responses);
    expect(entries.length).toBeGreaterThan(0);
    for (const [status, { description }] of entries) {
      expect(status).toMatch(/^([1-5]\d\d|default)$/);
      expect([status, description]).toEqual([status, expect.stringMatching(/\w/)]);
    }
  });

  it('uses the words of JSON Schema 2020-12, not those of OpenAPI 3.0', () => {
    const wrong = [...objectsOf(document)].filter(([place, node]) => {
      if (/\/(properties|examples?|schemas|headers|paths)$/.test(place) || /\/examples?\//.test(place))
        return false;
      const types = [node['type']].flat().filter((type) => type !== undefined);
      const isSchema =
        /\/(schema|items|additionalProperties)$|\/(properties|schemas|allOf|anyOf|oneOf)\/[^/]+$/;
      if (!isSchema.test(place)) return false;
      return (
        'nullable' in node ||
        typeof node['exclusiveMinimum'] === 'boolean' ||
        typeof node['exclusiveMaximum'] === 'boolean' ||
        types.some((type) => !schemaTypes.has(String(type)))
      );
    });
    expect(wrong.map(([place]) => place)).toEqual([]);
  });

  it('names only security schemes that it describes', () => {
    const known = Object.keys(document.components.securitySchemes);
    const used = routes.flatMap(({ operation }) => (operation.security ?? []).flatMap(Object.keys));
    expect(known).toEqual(expect.arrayContaining([...new Set(used)]));
  });

  /** A reference, or a list or a combination of them: the example is with the schema that it leads to. */
  const leadsOn = ({ $ref, items, allOf }: Schema): boolean =>
    $ref !== undefined || (items !== undefined && leadsOn(items)) || (allOf?.every(leadsOn) ?? false);

  it('has an example for every property of every schema', () => {
    const missing = Object.entries(document.components.schemas).flatMap(([name, { properties = {} }]) =>
      Object.entries(properties)
        .filter(([, property]) => property.example === undefined && !leadsOn(property))
        .map(([property]) => `${name}.${property}`),
    );
    expect(missing).toEqual([]);
  });

  it('describes each request body by a schema that it names', () => {
    for (const [name, { operation }] of named) {
      for (const { schema } of Object.values(operation.requestBody?.content ?? {})) {
        expect([name, schema.$ref]).toEqual([name, expect.stringMatching(/^#\/components\/schemas\/\w+$/)]);
      }
    }
  });
});
