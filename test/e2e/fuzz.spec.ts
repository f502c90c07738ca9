import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import type { HttpAnswer, HttpClient, HttpRequest } from '../support/http-client.js';
import { documentedRoutes, fillPath, readOpenApi, type Route } from '../support/openapi-routes.js';
import { hostile, type InputSchema, spoiled, valid } from '../support/schema-arbitraries.js';
import { ServiceProcess } from '../support/service-process.js';
import { testConfig } from '../support/test.config.js';

/** Requests in all, spread over the routes. */
const requests = testConfig.fuzzRequests;
/** Fixed, so that a failure comes again; another one is for a long run. */
const seed = testConfig.fuzzSeed;
const connections = 16;

const document = readOpenApi();
const isOfTrail = ({ path }: Route) => path.startsWith('/v1/audit/');
/** Those of the trail first: they get slower with each event that the others leave. */
const routes = documentedRoutes(document).sort((a, b) => Number(isOfTrail(b)) - Number(isOfTrail(a)));
/** What is answered before a route knows of it, whatever the route says. */
const anywhere = [400, 401, 404, 413, 415, 429, 431, 503];

let service: ServiceProcess;
let client: HttpClient;
let everything: string;
let little: string;

/** Ids that a path may name: some that are there, and one that never was. */
const patients = ['00000000-0000-4000-8000-000000000000'];
const records: [string, string][] = [];

beforeAll(async () => {
  service = await ServiceProcess.start();
  client = service.client(connections);
  everything = await service.bearer(
    'fuzzer',
    'system/*.cruds user/*.cruds user/AuditEvent.rs phi/erase phi/screen phi/emergency-access phi/review',
  );
  little = await service.bearer('fuzzer', 'user/Observation.r');
  for (let n = 0; n < 8; n++) await keepIds(await send('POST', '/v1/patients', {}));
  for (const patient of patients.slice(1)) {
    const record = { recordType: 'Observation', content: { n: 1 } };
    await keepIds(await send('POST', `/v1/patients/${patient}/records`, record));
  }
});
afterAll(() => service.remove());

const send = (method: string, path: string, body?: unknown): Promise<HttpAnswer> =>
  client.send({ method, path, headers: { authorization: everything }, body });

async function keepIds(answer: HttpAnswer): Promise<void> {
  if (answer.status !== 201) return;
  const { id, patientId } = answer.json<{ id?: string; patientId?: string }>();
  if (id === undefined) return;
  if (patientId === undefined) patients.push(id);
  else records.push([patientId, id]);
  // The newest ones: older ones may be erased by now.
  if (patients.length > 200) patients.splice(1, 50);
  if (records.length > 400) records.splice(0, 100);
}

interface Planned {
  request: HttpRequest;
  mark: string;
}

const bodySchema = (route: Route): [string, InputSchema] | undefined => {
  const [media] = Object.entries(route.operation.requestBody?.content ?? {});
  return media && [media[0], media[1].schema as InputSchema];
};

const etags = fc.constantFrom('*', '"1"', '"2"', 'W/"1"', '1', '"x"', '');

/** Requests to a route: as the document permits them, and with one thing or more that it does not. */
function plans(route: Route): fc.Arbitrary<Planned> {
  const body = bodySchema(route);
  return fc
    .record({
      mark: fc.stringMatching(/^zq[a-z]{10}$/),
      good: body === undefined ? fc.constant(undefined) : valid(body[1], document),
      spoils: fc.nat(2),
      place: fc.nat(),
      token: fc.constantFrom('all', 'all', 'all', 'all', 'all', 'all', 'all', 'little', 'none', 'broken'),
      badPath: fc.nat(9).map((n) => n === 0),
      badQuery: fc.nat(3).map((n) => n === 0),
      etag: fc.option(etags, { nil: undefined }),
      key: fc.option(fc.constantFrom('key-1', 'key-2', 'key-3', ''), { nil: undefined }),
      type: fc.constantFrom('right', 'right', 'right', 'right', 'right', 'right', 'right', 'text/plain'),
    })
    .chain((drawn) => {
      const queries = (route.operation.parameters ?? []).filter(({ in: place }) => place === 'query');
      const query = fc.record(
        Object.fromEntries(
          queries.map(({ name, schema }) => [
            name,
            drawn.badQuery ? hostile(drawn.mark) : valid(schema as InputSchema, document),
          ]),
        ),
        { requiredKeys: [] },
      );
      let content: fc.Arbitrary<unknown> = fc.constant(drawn.good);
      for (let n = 0; n < (body === undefined ? 0 : drawn.spoils); n++) {
        content = content.chain((value) => spoiled(value, drawn.mark));
      }
      return fc.tuple(query, content).map(([asked, sent]) => planned(route, drawn, asked, sent, body?.[0]));
    });
}

interface Drawn {
  mark: string;
  place: number;
  token: string;
  badPath: boolean;
  etag: string | undefined;
  key: string | undefined;
  type: string;
}

function planned(
  route: Route,
  drawn: Drawn,
  query: Record<string, unknown>,
  body: unknown,
  media: string | undefined,
): Planned {
  const [patient, record] = records[drawn.place % records.length] ?? ['', ''];
  const isRecord = route.path.includes('{recordId}');
  const ids: Record<string, string> = {
    patientId: isRecord ? patient : (patients[drawn.place % patients.length] as string),
    recordId: record,
    version: String((drawn.place % 3) + 1),
  };
  const wrong = encodeURIComponent(`${drawn.mark}\u0000../`);
  const path = fillPath(route.path, (name) =>
    drawn.badPath ? wrong : (ids[name] ?? ids['patientId'] ?? ''),
  );
  const asked = Object.entries(query).map(([name, value]): [string, string] => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  const text = new URLSearchParams(asked).toString();
  const tokens: Record<string, string> = { all: everything, little, broken: `Bearer ${drawn.mark}.a.b` };
  const authorization = tokens[drawn.token];
  const type = drawn.type === 'right' ? media : drawn.type;
  const headers: Record<string, string> = {
    ...(authorization === undefined ? {} : { authorization }),
    ...(drawn.etag === undefined
      ? {}
      : { [drawn.place % 2 === 0 ? 'if-match' : 'if-none-match']: drawn.etag }),
    ...(drawn.key === undefined ? {} : { 'idempotency-key': drawn.key }),
    ...(type === undefined ? {} : { 'content-type': type }),
  };
  const payload = media === undefined || body === undefined ? undefined : JSON.stringify(body);
  return {
    mark: drawn.mark,
    request: { method: route.method, path: text === '' ? path : `${path}?${text}`, headers, body: payload },
  };
}

const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: false });
ajv.addSchema({ $id: 'openapi', ...document });
const validators = new Map<string, ValidateFunction>();

/** @returns the validator of a declared answer, `undefined` where its body is not JSON */
function validatorOf(route: Route, status: number, type: string): ValidateFunction | undefined {
  const pointer = [
    'paths',
    route.path,
    route.method.toLowerCase(),
    'responses',
    String(status),
    'content',
    type,
    'schema',
  ]
    .map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1'))
    .map((part) => encodeURIComponent(part))
    .join('/');
  const schema = route.operation.responses[status]?.content?.[type]?.schema;
  if (schema === undefined || type !== 'application/json') return undefined;
  const known = validators.get(pointer) ?? ajv.compile({ $ref: `openapi#/${pointer}` });
  validators.set(pointer, known);
  return known;
}

const problem = ajv.compile({ $ref: 'openapi#/components/schemas/ProblemDto' });

/** @returns what is wrong with the answer; nothing if it is as the document says */
function faultsOf(route: Route, { mark }: Planned, answer: HttpAnswer): string[] {
  const { status, text } = answer;
  const [type = ''] = String(answer.headers['content-type'] ?? '').split(';');
  const faults: string[] = [];
  if (status >= 500) faults.push(`answered ${status}`);
  if (route.operation.responses[status] === undefined && !anywhere.includes(status)) {
    faults.push(`answered ${status}, which the document does not name`);
  }
  if (status >= 400) {
    if (type !== 'application/problem+json') faults.push(`${status} with the type ${type}`);
    else if (!problem(answer.json())) faults.push(`${status} with ${ajv.errorsText(problem.errors)}`);
    if (text.includes(mark)) faults.push(`${status} repeats what was sent`);
    if (/\bat .*:\d+:\d+|node_modules|[A-Za-z]Error\b/.test(text)) faults.push(`${status} tells of the code`);
  } else if (text !== '') {
    const validate = validatorOf(route, status, type);
    if (
      route.operation.responses[status]?.content?.[type] === undefined &&
      !route.path.startsWith('/health/')
    ) {
      faults.push(`${status} with the type ${type}, which the document does not name`);
    }
    if (validate !== undefined && !validate(answer.json()))
      faults.push(`${status} with ${ajv.errorsText(validate.errors)}`);
  }
  return faults;
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < items.length) await work(items[next++] as T);
  };
  await Promise.all(Array.from({ length: connections }, worker));
}

describe('requests as the document permits them, and others', () => {
  const perRoute = Math.ceil(requests / routes.length);
  const counted = new Map<number, number>();

  it.each(routes.map((route): [string, Route] => [`${route.method} ${route.path}`, route]))(
    'of %s are answered as the document says',
    async (_, route) => {
      const drawn = fc.sample(plans(route), { numRuns: perRoute, seed });
      const faults = new Map<string, HttpRequest>();
      await inParallel(drawn, async (plan) => {
        const answer = await client.send(plan.request);
        counted.set(answer.status, (counted.get(answer.status) ?? 0) + 1);
        for (const fault of faultsOf(route, plan, answer)) faults.set(fault, plan.request);
        await keepIds(answer);
      });
      expect(Object.fromEntries(faults)).toEqual({});
    },
    180_000,
  );

  it('come to both kinds of answers, and none of them is in the log', async () => {
    const total = [...counted.values()].reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThanOrEqual(requests);
    const kinds = new Set([...counted.keys()].map((status) => Math.floor(status / 100)));
    expect(kinds).toEqual(new Set([2, 3, 4]));
    // Each kind of refusal was met, so that what is asserted of them was.
    for (const status of [200, 201, 400, 401, 403, 404, 412, 415, 422, 428]) {
      expect([status, (counted.get(status) ?? 0) > 0]).toEqual([status, true]);
    }
    expect(service.logged).not.toMatch(/zq[a-z]{10}/);
    expect(service.errors.split('\n').filter((line) => /error|warn/i.test(line))).toEqual([]);
    const figures = { requests: total, statuses: Object.fromEntries([...counted].sort()) };
    if (testConfig.figuresFile !== undefined) writeFileSync(testConfig.figuresFile, JSON.stringify(figures));
  });
});

describe('the check itself', () => {
  const [route] = routes.filter(({ path, method }) => path === '/v1/patients' && method === 'POST') as [
    Route,
  ];
  const plan: Planned = { mark: 'zqabcdefghij', request: { method: 'POST', path: '/v1/patients' } };
  const answer = (status: number, body: unknown, type = 'application/problem+json'): HttpAnswer => ({
    status,
    headers: { 'content-type': type },
    text: JSON.stringify(body),
    json: <T>() => body as T,
  });
  const told = { type: '/problems/x', title: 'x', status: 400, instance: 'x' };

  it.each([
    ['a failure', answer(500, { ...told, status: 500 }), /answered 500/],
    ['a status that is not named', answer(418, { ...told, status: 418 }), /418, which/],
    ['a problem that is none', answer(400, { message: 'x' }), /400 with/],
    ['an echo', answer(400, { ...told, detail: 'zqabcdefghij' }), /repeats/],
    ['a stack', answer(400, { ...told, detail: 'at x (file.js:1:2)' }), /tells of the code/],
    ['another type', answer(400, told, 'application/json'), /with the type/],
    ['a body of another shape', answer(201, { id: 7 }, 'application/json'), /201 with/],
  ])('finds %s', (_, given, fault) => {
    expect(faultsOf(route, plan, given).join('\n')).toMatch(fault);
  });

  it('lets a problem pass that is one', () => {
    expect(faultsOf(route, plan, answer(400, told))).toEqual([]);
  });
});
