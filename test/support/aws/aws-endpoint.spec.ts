import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  KMSClient,
  type KMSClientConfig,
} from '@aws-sdk/client-kms';
import { testCredentials, testRegion } from './aws-endpoint.js';
import { accessDenied, type Fault, internalError, throttling } from './faults.js';
import { type KmsServer, startKmsServer } from './kms-server.js';

let server: KmsServer;
const clients: KMSClient[] = [];
/** The error of the socket, which the SDK puts into one of its own. */
const broken = expect.stringMatching(/ECONNRE(FUSED|SET)|socket hang up/);

function clientWith(config: KMSClientConfig = {}): KMSClient {
  const { url: endpoint } = server.endpoint;
  const client = new KMSClient({
    endpoint,
    region: testRegion,
    credentials: testCredentials,
    maxAttempts: 1,
    ...config,
  });
  clients.push(client);
  return client;
}

const post = (headers: Record<string, string>, body = '{}', path = '/') =>
  fetch(`${server.endpoint.url}${path}`, { method: 'POST', headers, body });

const scope = (text: string) =>
  `AWS4-HMAC-SHA256 Credential=local/20260101/${text}/aws4_request, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`;
const signed = {
  'content-type': 'application/x-amz-json-1.1',
  'x-amz-target': 'TrentService.ListKeys',
  'x-amz-date': '20260101T000000Z',
  authorization: scope('us-east-1/kms'),
};

beforeAll(async () => {
  server = await startKmsServer();
});
afterEach(() => server.endpoint.reset());
afterAll(async () => {
  for (const client of clients) client.destroy();
  await server.endpoint.close();
});

describe('an endpoint', () => {
  it('answers what is signed for it, with a request id', async () => {
    const answer = await post(signed);
    expect([answer.status, await answer.json()]).toEqual([200, { Keys: [], Truncated: false }]);
    expect(answer.headers.get('content-type')).toBe('application/x-amz-json-1.1');
    expect(answer.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each<[string, Partial<Record<keyof typeof signed, string | undefined>>, string]>([
    ['no signature', { authorization: undefined }, 'MissingAuthenticationTokenException'],
    ['another scheme', { authorization: 'Bearer token' }, 'IncompleteSignatureException'],
    ['no date', { 'x-amz-date': undefined }, 'IncompleteSignatureException'],
    ['the region of somebody else', { authorization: scope('eu-west-1/kms') }, 'InvalidSignatureException'],
    ['another service', { authorization: scope('us-east-1/ssm') }, 'InvalidSignatureException'],
    ['another day', { 'x-amz-date': '20260102T000000Z' }, 'InvalidSignatureException'],
    [
      'a stranger',
      { authorization: scope('us-east-1/kms').replace('=local', '=stranger') },
      'UnrecognizedClientException',
    ],
    ['another protocol', { 'content-type': 'application/json' }, 'UnknownOperationException'],
    ['another API', { 'x-amz-target': 'AmazonSSM.ListKeys' }, 'UnknownOperationException'],
    ['an unknown operation', { 'x-amz-target': 'TrentService.Guess' }, 'UnknownOperationException'],
  ])('refuses %s', async (_, change, name) => {
    const headers = Object.entries({ ...signed, ...change }).filter(([, value]) => value !== undefined);
    const answer = await post(Object.fromEntries(headers) as Record<string, string>);
    expect([answer.status, await answer.json()]).toEqual([400, expect.objectContaining({ __type: name })]);
  });

  it.each([
    ['[]', 'SerializationException'],
    ['{', 'SerializationException'],
    ['{"Limit": "2"}', 'SerializationException'],
    ['{"Limit": 0}', 'ValidationException'],
    ['{"Limits": 2}', 'ValidationException'],
  ])('refuses the body %s', async (body, name) => {
    const answer = await post(signed, body);
    expect([answer.status, await answer.json()]).toEqual([400, expect.objectContaining({ __type: name })]);
  });

  it('shows the SDK a wrong region and wrong credentials for what they are', async () => {
    const list = new DescribeKeyCommand({ KeyId: 'alias/any' });
    await expect(clientWith({ region: 'eu-central-1' }).send(list)).rejects.toMatchObject({
      name: 'InvalidSignatureException',
      message: 'Credential should be scoped to a valid region.',
    });
    const credentials = { accessKeyId: 'other', secretAccessKey: 'other' };
    await expect(clientWith({ credentials }).send(list)).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
    });
  });
});

describe('faults of an endpoint', () => {
  const Plaintext = Buffer.from('secret');
  const keyArn = () => server.keys.create('SYMMETRIC_DEFAULT', '').arn;

  it.each<[string, Fault, object]>([
    ['throttling', throttling, { name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } }],
    [
      'denial',
      accessDenied,
      {
        name: 'AccessDeniedException',
        message: expect.stringContaining(' is not authorized to perform: kms:Encrypt on resource: '),
        $metadata: { httpStatusCode: 400 },
      },
    ],
    ['an error', internalError, { name: 'InternalServerError', $metadata: { httpStatusCode: 500 } }],
    ['a broken connection', { kind: 'reset' }, { message: broken }],
    ['a lost answer', { kind: 'lost-answer' }, { message: broken }],
  ])('%s hits the operation that it is for, so often, and is counted', async (_, fault, error) => {
    const client = clientWith();
    const KeyId = keyArn();
    server.endpoint.faults.inject(fault, { operation: 'Encrypt', times: 1 });
    await client.send(new DescribeKeyCommand({ KeyId }));
    await expect(client.send(new EncryptCommand({ KeyId, Plaintext }))).rejects.toMatchObject(error);
    await client.send(new EncryptCommand({ KeyId, Plaintext }));
    expect(server.endpoint.counts()).toEqual({ DescribeKey: 1, Encrypt: 2 });
  });

  it('last until they are taken back', async () => {
    const client = clientWith();
    const KeyId = keyArn();
    const takeBack = server.endpoint.faults.inject(throttling);
    for (let round = 0; round < 3; round++)
      await expect(client.send(new DescribeKeyCommand({ KeyId }))).rejects.toThrow('Rate exceeded');
    takeBack();
    await client.send(new DescribeKeyCommand({ KeyId }));
  });

  it('are repeated by the SDK as its retries say', async () => {
    server.endpoint.faults.inject(throttling, { times: 2 });
    await clientWith({ maxAttempts: 3 }).send(new DescribeKeyCommand({ KeyId: keyArn() }));
    expect(server.endpoint.calls.map(({ refusal }) => refusal)).toEqual([
      'ThrottlingException',
      'ThrottlingException',
      undefined,
    ]);
  });

  it('make answers late, and let a client time out that does not wait for ever', async () => {
    const KeyId = keyArn();
    server.endpoint.faults.inject({ kind: 'latency', milliseconds: 150 }, { times: 1 });
    const begun = performance.now();
    await clientWith().send(new DescribeKeyCommand({ KeyId }));
    expect(performance.now() - begun).toBeGreaterThan(140);
    server.endpoint.faults.inject({ kind: 'silence' });
    const impatient = clientWith({ requestHandler: { requestTimeout: 100, throwOnRequestTimeout: true } });
    await expect(impatient.send(new DescribeKeyCommand({ KeyId }))).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  });

  it('refuse connections while the endpoint is down, and keep its address', async () => {
    const client = clientWith();
    const KeyId = keyArn();
    const { url } = server.endpoint;
    await client.send(new DescribeKeyCommand({ KeyId }));
    await server.endpoint.down();
    await expect(client.send(new DescribeKeyCommand({ KeyId }))).rejects.toMatchObject({
      message: broken,
    });
    await server.endpoint.up();
    expect(server.endpoint.url).toBe(url);
    await client.send(new DescribeKeyCommand({ KeyId }));
  });

  it('are seen with the context and the exception of each call', async () => {
    const client = clientWith();
    const EncryptionContext = { tablename: 'key-store' };
    const KeyId = keyArn();
    const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext }));
    await expect(client.send(new DecryptCommand({ CiphertextBlob }))).rejects.toMatchObject({
      name: 'InvalidCiphertextException',
    });
    expect(server.endpoint.calls).toMatchObject([
      { operation: 'Encrypt', input: { KeyId, EncryptionContext } },
      { operation: 'Decrypt', refusal: 'InvalidCiphertextException' },
    ]);
  });
});
