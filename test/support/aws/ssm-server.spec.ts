import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  DeleteParameterCommand,
  DescribeParametersCommand,
  GetParameterCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  LabelParameterVersionCommand,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { testCredentials, testRegion } from './aws-endpoint.js';
import { unseal } from './kms-ciphertext.js';
import { KmsKeyRing } from './kms-key-ring.js';
import { type SsmServer, startSsmServer } from './ssm-server.js';

const keys = new KmsKeyRing();
let server: SsmServer;
let ssm: SSMClient;

beforeAll(async () => {
  server = await startSsmServer(keys);
  ssm = new SSMClient({ endpoint: server.endpoint.url, region: testRegion, credentials: testCredentials });
});
afterAll(async () => {
  ssm.destroy();
  await server.endpoint.close();
});

type Put = Partial<PutParameterCommand['input']>;
const put = (Name: string, Value: string, more: Put = {}) =>
  ssm.send(new PutParameterCommand({ Name, Value, Type: 'String', ...more }));
const get = async (Name: string, WithDecryption = false) =>
  (await ssm.send(new GetParameterCommand({ Name, WithDecryption }))).Parameter;
const refuses = (work: Promise<unknown>, name: string, message = /^/) =>
  expect(work).rejects.toMatchObject({ name, message: expect.stringMatching(message) });

describe('parameters of the SSM endpoint', () => {
  it('are made once, and replaced on demand as a new version', async () => {
    expect(await put('/phi/one/issuer', 'a')).toMatchObject({ Version: 1, Tier: 'Standard' });
    await refuses(put('/phi/one/issuer', 'b'), 'ParameterAlreadyExists', /overwrite/);
    expect(await put('/phi/one/issuer', 'b', { Overwrite: true, Type: undefined })).toMatchObject({
      Version: 2,
    });
    expect(await get('/phi/one/issuer')).toMatchObject({
      Name: '/phi/one/issuer',
      ARN: 'arn:aws:ssm:us-east-1:111122223333:parameter/phi/one/issuer',
      Type: 'String',
      Value: 'b',
      Version: 2,
      DataType: 'text',
      LastModifiedDate: expect.any(Date),
    });
    expect(await get('/phi/one/issuer:1')).toMatchObject({ Value: 'a', Version: 1, Selector: ':1' });
    await refuses(get('/phi/one/issuer:3'), 'ParameterVersionNotFound');
    await refuses(get('/phi/one/other'), 'ParameterNotFound');
  });

  it.each<[string, string, Put, string]>([
    ['/phi/two/untyped', 'a', { Type: undefined }, 'ValidationException'],
    ['/aws/taken', 'a', {}, 'ValidationException'],
    ['phi/no/slash', 'a', {}, 'ValidationException'],
    ['/phi/with space', 'a', {}, 'ValidationException'],
    [`/${'a/'.repeat(15)}b`, 'a', {}, 'HierarchyLevelLimitExceededException'],
    ['/phi/two/keyed', 'a', { KeyId: 'alias/aws/ssm' }, 'ValidationException'],
    ['/phi/two/pattern', 'abc', { AllowedPattern: '^\\d+$' }, 'ParameterPatternMismatchException'],
    ['/phi/two/large', 'x'.repeat(4097), {}, 'ValidationException'],
    ['/phi/two/larger', 'x'.repeat(8193), { Tier: 'Advanced' }, 'ValidationException'],
    ['/phi/two/secret', 'a', { Type: 'SecureString', KeyId: 'alias/none' }, 'InvalidKeyId'],
    [
      '/phi/two/tagged',
      'a',
      { Overwrite: true, Tags: [{ Key: 'Stage', Value: 'dev' }] },
      'ValidationException',
    ],
  ])('refuse %s', async (name, value, more, exception) => {
    await refuses(put(name, value, more), exception);
    expect(server.parameters.all().map((one) => one.name)).not.toContain(name);
  });

  it('hold 4 KB, or 8 KB in the advanced tier, which is not left again', async () => {
    await put('/phi/three/jwks', 'x'.repeat(4096));
    await put('/phi/three/large', 'x'.repeat(8192), { Tier: 'Advanced' });
    expect(await put('/phi/three/either', 'x'.repeat(5000), { Tier: 'Intelligent-Tiering' })).toMatchObject({
      Tier: 'Advanced',
    });
    await refuses(
      put('/phi/three/large', 'x', { Tier: 'Standard', Overwrite: true }),
      'ValidationException',
      /downgrade/,
    );
    await refuses(
      put('/phi/three/jwks', 'x', { Type: 'StringList', Overwrite: true }),
      'HierarchyTypeMismatchException',
    );
  });

  it('are read by many names, each once', async () => {
    await put('/phi/four/a', '1');
    const Names = ['/phi/four/a', '/phi/four/b', '/phi/four/a:9'];
    const found = await ssm.send(new GetParametersCommand({ Names }));
    expect(found.Parameters).toMatchObject([{ Name: '/phi/four/a', Value: '1' }]);
    expect(found.InvalidParameters).toEqual(Names.slice(1));
    await refuses(
      ssm.send(new GetParametersCommand({ Names: ['/phi/four/a', '/phi/four/a'] })),
      'ValidationException',
    );
    const eleven = Array.from({ length: 11 }, (_, n) => `/phi/four/${n}`);
    await refuses(
      ssm.send(new GetParametersCommand({ Names: eleven })),
      'ValidationException',
      /equal to 10/,
    );
  });

  it('are read by path, page by page, with or without what lies deeper', async () => {
    for (const name of ['a', 'b', 'c', 'deep/d']) await put(`/phi/five/${name}`, name);
    const read = async (Recursive: boolean) => {
      const names: string[] = [];
      let NextToken: string | undefined;
      do {
        const page = await ssm.send(
          new GetParametersByPathCommand({ Path: '/phi/five', Recursive, MaxResults: 2, NextToken }),
        );
        names.push(...(page.Parameters ?? []).map(({ Name = '' }) => Name));
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
      return names;
    };
    expect(await read(false)).toEqual(['/phi/five/a', '/phi/five/b', '/phi/five/c']);
    expect(await read(true)).toHaveLength(4);
    const first = await ssm.send(new GetParametersByPathCommand({ Path: '/phi/five', MaxResults: 1 }));
    const { NextToken } = first;
    await refuses(
      ssm.send(new GetParametersByPathCommand({ Path: '/phi', MaxResults: 1, NextToken })),
      'InvalidNextToken',
    );
    await refuses(
      ssm.send(new GetParametersByPathCommand({ Path: '/phi/five', MaxResults: 11 })),
      'ValidationException',
    );
  });

  it('are described without their values, and deleted', async () => {
    await put('/phi/six/a', 'value');
    const ParameterFilters = [{ Key: 'Name', Option: 'BeginsWith', Values: ['/phi/six/'] }];
    const described = () => ssm.send(new DescribeParametersCommand({ ParameterFilters }));
    const { Parameters } = await described();
    expect(Parameters).toMatchObject([{ Name: '/phi/six/a', Version: 1, Tier: 'Standard' }]);
    expect(JSON.stringify(Parameters)).not.toContain('value');
    await ssm.send(new DeleteParameterCommand({ Name: '/phi/six/a' }));
    expect((await described()).Parameters).toEqual([]);
    await refuses(ssm.send(new DeleteParameterCommand({ Name: '/phi/six/a' })), 'ParameterNotFound');
  });

  it('carry labels, each on one version', async () => {
    await put('/phi/seven/a', '1');
    await put('/phi/seven/a', '2', { Overwrite: true });
    const label = (ParameterVersion: number, ...Labels: string[]) =>
      ssm.send(new LabelParameterVersionCommand({ Name: '/phi/seven/a', ParameterVersion, Labels }));
    expect(await label(1, 'live', '1st')).toMatchObject({ InvalidLabels: ['1st'] });
    expect(await get('/phi/seven/a:live')).toMatchObject({ Value: '1', Selector: ':live' });
    await label(2, 'live');
    expect(await get('/phi/seven/a:live')).toMatchObject({ Value: '2' });
    await refuses(label(3, 'live'), 'ParameterVersionNotFound');
  });
});

describe('secrets of the SSM endpoint', () => {
  const secret = (name: string, value: string, more: Put = {}) =>
    put(name, value, { Type: 'SecureString', ...more });

  it('come encrypted unless decryption is asked for', async () => {
    const key = keys.create('SYMMETRIC_DEFAULT', '');
    await secret('/phi/eight/root', 'the secret', { KeyId: key.arn });
    const stored = await get('/phi/eight/root');
    const bytes = Buffer.from(stored?.Value ?? '', 'base64');
    expect(stored?.Value).not.toContain('secret');
    const context = { PARAMETER_ARN: stored?.ARN ?? '' };
    expect(unseal(keys, bytes, context).plaintext.toString()).toBe('the secret');
    expect(await get('/phi/eight/root', true)).toMatchObject({ Value: 'the secret', Type: 'SecureString' });
  });

  it('go under the default key of the account where none is named, also when they were under another', async () => {
    const key = keys.create('SYMMETRIC_DEFAULT', '');
    await secret('/phi/nine/root', '1', { KeyId: key.id });
    await secret('/phi/nine/root', '2', { Overwrite: true });
    const { Parameters = [] } = await ssm.send(
      new DescribeParametersCommand({ ParameterFilters: [{ Key: 'Name', Values: ['/phi/nine/root'] }] }),
    );
    expect(Parameters).toMatchObject([{ KeyId: 'alias/aws/ssm' }]);
    key.state = 'Disabled';
    expect(await get('/phi/nine/root', true)).toMatchObject({ Value: '2' });
    await refuses(get('/phi/nine/root:1', true), 'InvalidKeyId', /DisabledException/);
  });
});
