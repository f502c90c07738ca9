import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { CloudFormationCustomResourceEvent, ScheduledEvent } from 'aws-lambda';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { secureContextOf, selfSigned } from '@app/tls';
import { jwksHandler } from '../../infra/lambda/jwks/jwks-copy.js';
import { issuerKeys, KeysRefused, signingKeys } from '../../infra/lambda/jwks/issuer-keys.js';

const jwk = (members: object, key: Record<string, unknown>) => ({ ...key, ...members });
const pairs = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  weak: generateKeyPairSync('rsa', { modulusLength: 1024 }),
  ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
};
const publicJwk = (name: keyof typeof pairs, members: object) =>
  jwk(members, pairs[name].publicKey.export({ format: 'jwk' }) as Record<string, unknown>);
const rsa = publicJwk('rsa', { kid: 'b', alg: 'RS256', use: 'sig' });
const ec = publicJwk('ec', { kid: 'a', alg: 'ES256', use: 'sig' });

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}

describe("an issuer's keys", () => {
  let certificate: string;
  let server: Server;
  let issuer: string;
  let answers: Record<string, RequestListener>;
  const json =
    (value: unknown): RequestListener =>
    (_, response) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify(value));

  beforeAll(async () => {
    const identity = await selfSigned({ hosts: ['localhost'], days: 1 });
    ({ certificate } = identity);
    server = createHttpsServer(secureContextOf(identity), (request, response) => {
      const answer = answers[request.url ?? ''];
      if (answer === undefined) response.writeHead(404).end();
      else answer(request, response);
    });
    issuer = `https://localhost:${await listening(server)}/pool`;
  });
  afterAll(() => closed(server));
  beforeEach(() => {
    answers = {
      '/pool/.well-known/openid-configuration': json({ issuer, jwks_uri: `${issuer}/keys` }),
      '/pool/keys': json({ keys: [rsa, ec] }),
    };
  });
  const read = () => issuerKeys(issuer, { ca: certificate });

  it('are found by its discovery document, and come in order, with public members alone', async () => {
    answers['/pool/keys'] = json({ keys: [{ ...rsa, x5c: ['chain'] }, ec], more: true });
    const { keys } = JSON.parse(await read()) as { keys: Record<string, unknown>[] };
    expect(keys).toEqual([
      {
        kid: 'a',
        kty: 'EC',
        use: 'sig',
        alg: 'ES256',
        crv: 'P-256',
        x: expect.any(String),
        y: expect.any(String),
      },
      { kid: 'b', kty: 'RSA', use: 'sig', alg: 'RS256', n: expect.any(String), e: 'AQAB' },
    ]);
  });

  it('are not taken from a server that its certificate does not name', async () => {
    const elsewhere = issuer.replace('localhost', '127.0.0.1');
    await expect(issuerKeys(elsewhere, { ca: certificate })).rejects.toThrow(KeysRefused);
    await expect(issuerKeys(issuer)).rejects.toThrow('the issuer cannot be reached');
  });

  it('are not taken over plain HTTP', async () => {
    await expect(issuerKeys(issuer.replace('https', 'http'))).rejects.toThrow('not an https address');
    answers['/pool/.well-known/openid-configuration'] = json({ issuer, jwks_uri: 'http://127.0.0.1/keys' });
    await expect(read()).rejects.toThrow('not an https address');
  });

  it.each<[string, string, RequestListener, string]>([
    [
      'a document of another issuer',
      '/pool/.well-known/openid-configuration',
      json({ issuer: 'https://other.example.org', jwks_uri: 'https://other.example.org/keys' }),
      'of another issuer',
    ],
    ['an error', '/pool/keys', (_, response) => response.writeHead(500).end('secret'), 'did not answer 200'],
    [
      'a redirection',
      '/pool/keys',
      (_, response) => response.writeHead(302, { location: '/pool/keys' }).end(),
      'did not answer 200',
    ],
    ['a page', '/pool/keys', (_, response) => response.end('<html>secret</html>'), 'not JSON'],
    ['a list', '/pool/keys', json([rsa]), 'not JSON'],
    ['an answer without end', '/pool/keys', (_, response) => response.end('x'.repeat(70_000)), 'too long'],
    [
      'an answer that is cut off',
      '/pool/keys',
      (_, response) => {
        response.writeHead(200, { 'content-length': 1_000 }).write('{');
        response.socket?.destroySoon();
      },
      'cut off',
    ],
  ])('are not taken from %s, and nothing of it is told', async (_name, path, answer, why) => {
    answers[path] = answer;
    const refusal: unknown = await read().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(KeysRefused);
    expect(String(refusal)).toContain(why);
    expect(String(refusal)).not.toContain('secret');
  });
});

describe('a JWK Set', () => {
  it.each<[string, unknown, string]>([
    ['no list', { keys: {} }, 'not a JWK Set'],
    ['no keys', { keys: [] }, 'no key that signs'],
    ['a text', { keys: ['x'] }, 'not a JWK Set'],
    [
      'a private RSA key',
      { keys: [jwk({ kid: 'p' }, pairs.rsa.privateKey.export({ format: 'jwk' }) as never)] },
      'not public',
    ],
    [
      'a private EC key',
      { keys: [ec, jwk({ kid: 'p' }, pairs.ec.privateKey.export({ format: 'jwk' }) as never)] },
      'not public',
    ],
    ['a symmetric key', { keys: [rsa, { kty: 'oct', kid: 's', k: 'c2VjcmV0' }] }, 'not public'],
    ['a weak key', { keys: [publicJwk('weak', { kid: 'w' })] }, 'weak'],
    ['a key without an id', { keys: [publicJwk('ec', {})] }, 'without an id'],
    ['two keys of one id', { keys: [rsa, { ...ec, kid: rsa['kid'] }] }, 'same id'],
    ['only keys for encryption', { keys: [{ ...rsa, use: 'enc' }] }, 'no key that signs'],
    ['only keys of other algorithms', { keys: [{ ...rsa, alg: 'PS512' }] }, 'no key that signs'],
    [
      'more keys than any issuer has',
      { keys: Array.from({ length: 21 }, (_, n) => ({ ...ec, kid: `k${n}` })) },
      'too many',
    ],
  ])('with %s is refused', (_name, set, why) => {
    expect(() => signingKeys(set as Record<string, unknown>)).toThrow(why);
  });

  it('may hold keys for encryption beside', () => {
    const keys = signingKeys({ keys: [{ ...rsa, kid: 'e', use: 'enc' }, ec] });
    expect(keys.map(({ kid }) => kid)).toEqual(['a']);
  });
});

/** Answers as Parameter Store does, as far as the function asks, and takes CloudFormation's answers. */
describe('the copy in Parameter Store', () => {
  const name = '/phi/dev/oidc-jwks';
  let server: Server;
  let client: SSMClient;
  let stored: string | undefined;
  let calls: { action: string; input: Record<string, unknown> }[];
  let told: Record<string, unknown>[];
  let logged: string;
  let isRefusing: boolean;

  beforeEach(async () => {
    [stored, calls, told, logged, isRefusing] = [undefined, [], [], '', false];
    server = createHttpServer((request, response) => void answer(request, response));
    const endpoint = `http://127.0.0.1:${await listening(server)}`;
    client = new SSMClient({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 1,
    });
  });
  afterEach(async () => {
    client.destroy();
    await closed(server);
  });
  const answer = async (...[request, response]: Parameters<RequestListener>) => {
    const body = JSON.parse(await readText(request)) as Record<string, unknown>;
    const action = String(request.headers['x-amz-target']).replace('AmazonSSM.', '');
    if (request.url === '/cloudformation') {
      told.push(body);
      return response.end();
    }
    calls.push({ action, input: body });
    const fail = (type: string) =>
      response.writeHead(400).end(JSON.stringify({ __type: type, message: 'secret' }));
    if (isRefusing) return fail('AccessDeniedException');
    if (action === 'PutParameter') stored = String(body['Value']);
    if (action === 'GetParameter' && stored === undefined) return fail('ParameterNotFound');
    if (action === 'DeleteParameter') stored = undefined;
    return response.end(JSON.stringify(action === 'GetParameter' ? { Parameter: { Value: stored } } : {}));
  };
  const handlerWith = (read: () => Promise<string>) =>
    jwksHandler({
      client,
      issuer: 'https://issuer.example.org',
      parameterName: name,
      tags: { Environment: 'dev' },
      read,
      log: (line) => (logged += line),
    });
  const scheduled = {} as ScheduledEvent;
  const deployment = (RequestType: 'Create' | 'Update' | 'Delete') =>
    ({
      RequestType,
      ResponseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/cloudformation`,
      StackId: 's',
      RequestId: 'r',
      LogicalResourceId: 'l',
      ...(RequestType === 'Create' ? {} : { PhysicalResourceId: name }),
    }) as CloudFormationCustomResourceEvent;
  const actions = () => calls.map(({ action }) => action);

  it('is written when the keys are new, with tags, and left alone when they are not', async () => {
    const handler = handlerWith(async () => 'keys');
    await handler(scheduled);
    expect(actions()).toEqual(['GetParameter', 'PutParameter', 'AddTagsToResource']);
    expect(calls[1]?.input).toMatchObject({ Name: name, Value: 'keys', Overwrite: true, Type: 'String' });
    await handler(scheduled);
    expect(actions().slice(3)).toEqual(['GetParameter']);
    expect(logged).toBe('{"message":"keys copied"}\n{"message":"keys unchanged"}\n');
  });

  it('stays as it was when the issuer is refused, and the run counts as failed', async () => {
    stored = 'earlier';
    const handler = handlerWith(() => Promise.reject(new KeysRefused('a key that is not public')));
    await expect(handler(scheduled)).rejects.toThrow(KeysRefused);
    expect(stored).toBe('earlier');
    expect(logged).toContain('a key that is not public');
  });

  it('is made during deployment, which fails without keys', async () => {
    await handlerWith(async () => 'keys')(deployment('Create'));
    await handlerWith(() => Promise.reject(new KeysRefused('not JSON')))(deployment('Update'));
    expect(told).toMatchObject([
      { Status: 'SUCCESS', PhysicalResourceId: name },
      { Status: 'FAILED', Reason: 'not JSON' },
    ]);
    expect(stored).toBe('keys');
  });

  it('goes with the stack, also when it is gone already', async () => {
    stored = 'keys';
    await handlerWith(async () => 'keys')(deployment('Delete'));
    expect(stored).toBeUndefined();
    expect(told).toMatchObject([{ Status: 'SUCCESS' }]);
  });

  it("tells of Parameter Store's refusals by their name alone", async () => {
    isRefusing = true;
    await handlerWith(async () => 'keys')(deployment('Create'));
    expect(told).toMatchObject([{ Status: 'FAILED', Reason: 'Parameter Store: AccessDeniedException' }]);
    expect(logged).not.toContain('secret');
  });
});
