import { SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { secureParameterHandler } from '../../infra/lambda/secure-parameter/secure-parameter.js';
import { type HttpEndpoint, httpEndpoint, localClient } from './http-endpoint.js';
import { account, deployed } from './policy-evaluation.js';
import { dataStack } from './synthesized.js';

const NAME = '/phi/dev/index-root';

interface Stored {
  Type: string;
  Value: string;
  KeyId: string;
}

/** Parameter Store as far as the function needs it; anything else is refused. */
class ParameterStore {
  readonly parameters = new Map<string, Stored>();
  failure: string | undefined;

  answer(target: string, input: Record<string, unknown>): { status: number; body: string } {
    const refuse = (type: string) => ({
      status: 400,
      body: JSON.stringify({ __type: type, message: `with ${JSON.stringify(input)}` }),
    });
    if (this.failure !== undefined) return refuse(this.failure);
    const name = String(input['Name']);
    const stored = this.parameters.get(name);
    switch (target) {
      case 'AmazonSSM.PutParameter':
        if (stored !== undefined && input['Overwrite'] !== true) return refuse('ParameterAlreadyExists');
        this.parameters.set(name, {
          Type: String(input['Type']),
          Value: String(input['Value']),
          KeyId: String(input['KeyId']),
        });
        return { status: 200, body: JSON.stringify({ Version: 1, Tier: 'Standard' }) };
      case 'AmazonSSM.GetParameter':
        if (input['WithDecryption'] !== false) return refuse('AccessDeniedException');
        return stored === undefined
          ? refuse('ParameterNotFound')
          : {
              status: 200,
              body: JSON.stringify({ Parameter: { Name: name, Type: stored.Type, Value: 'AQIC' } }),
            };
      case 'AmazonSSM.DeleteParameter':
        return this.parameters.delete(name) ? { status: 200, body: '{}' } : refuse('ParameterNotFound');
      default:
        return refuse('UnknownOperationException');
    }
  }
}

let store: ParameterStore;
let ssm: HttpEndpoint;
let cloudFormation: HttpEndpoint;
let refusedAnswers: number;

beforeEach(async () => {
  store = new ParameterStore();
  refusedAnswers = 0;
  ssm = await httpEndpoint(({ headers, body }) => ({
    ...store.answer(String(headers['x-amz-target']), JSON.parse(body.toString()) as Record<string, unknown>),
    headers: { 'content-type': 'application/x-amz-json-1.1' },
  }));
  cloudFormation = await httpEndpoint(() => ({ status: refusedAnswers-- > 0 ? 503 : 200 }));
});
afterEach(() => Promise.all([ssm.close(), cloudFormation.close()]));

type Change = { RequestType: 'Create' } | { RequestType: 'Update' | 'Delete'; PhysicalResourceId: string };

async function send(change: Change, properties: Record<string, string> = {}) {
  const event = {
    ...change,
    ServiceToken: 'arn:aws:lambda:us-east-1:111122223333:function:secure-parameter',
    ResponseURL: `${cloudFormation.url}/answer?Signature=secret`,
    StackId: 'arn:aws:cloudformation:us-east-1:111122223333:stack/phi-dev-data/1',
    RequestId: 'request-1',
    LogicalResourceId: 'IndexRoot',
    ResourceType: 'Custom::SecureParameter',
    ResourceProperties: {
      ServiceToken: 'arn:aws:lambda:us-east-1:111122223333:function:secure-parameter',
      Name: NAME,
      KeyId: 'alias/phi-dev-parameters',
      Tags: '{"Environment":"dev"}',
      Retain: 'false',
      ...properties,
    },
  } as CloudFormationCustomResourceEvent;
  const result = await secureParameterHandler(new SSMClient(localClient(ssm.url)))(event);
  expect(result).toBeUndefined();
  return answerOf();
}

function answerOf() {
  const text = cloudFormation.requests.at(-1)?.body.toString() ?? '';
  return { ...(JSON.parse(text) as { Status: string; Reason: string; PhysicalResourceId: string }), text };
}

const root = () => store.parameters.get(NAME);

describe('a secure parameter', () => {
  it('is a SecureString under our key with a root of 256 random bits, as the service reads it', async () => {
    const { Status, PhysicalResourceId } = await send({ RequestType: 'Create' });
    expect([Status, PhysicalResourceId]).toEqual(['SUCCESS', `created:${NAME}`]);
    expect(root()).toMatchObject({ Type: 'SecureString', KeyId: 'alias/phi-dev-parameters' });
    const { active, roots } = JSON.parse(root()?.Value ?? '') as {
      active: number;
      roots: Record<string, string>;
    };
    expect(active).toBe(1);
    expect(Object.keys(roots)).toEqual(['1']);
    expect(Buffer.from(roots['1'] ?? '', 'base64')).toHaveLength(32);
    const put = JSON.parse(ssm.requests.at(-1)?.body.toString() ?? '') as Record<string, unknown>;
    expect(put).toMatchObject({ Overwrite: false, Tags: [{ Key: 'Environment', Value: 'dev' }] });
  });

  it('is another one each time', async () => {
    await send({ RequestType: 'Create' });
    const first = root()?.Value;
    store.parameters.clear();
    await send({ RequestType: 'Create' });
    expect(root()?.Value).not.toBe(first);
  });

  it('is told to nobody: neither CloudFormation nor the log', async () => {
    const written: string[] = [];
    const streams = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write }));
    for (const { stream } of streams) stream.write = (text) => written.push(String(text)) > 0;
    try {
      await send({ RequestType: 'Create' });
    } finally {
      for (const { stream, write } of streams) stream.write = write;
    }
    const secret =
      (JSON.parse(root()?.Value ?? '') as { roots: Record<string, string> }).roots['1'] ?? 'none';
    expect(secret).toHaveLength(44);
    expect(answerOf().text).not.toContain(secret);
    expect(answerOf().text).toContain('"NoEcho":true');
    expect(answerOf().text).not.toContain('"Data"');
    expect(written).toEqual([]);
  });

  it('is never replaced: one that is there is adopted, and not deleted with the stack', async () => {
    store.parameters.set(NAME, { Type: 'SecureString', Value: 'theirs', KeyId: 'k' });
    const { Status, PhysicalResourceId } = await send({ RequestType: 'Create' });
    expect([Status, PhysicalResourceId]).toEqual(['SUCCESS', `adopted:${NAME}`]);
    expect(root()?.Value).toBe('theirs');
    await send({ RequestType: 'Delete', PhysicalResourceId });
    expect(root()?.Value).toBe('theirs');
  });

  it('refuses one that is there in plain text: whoever made it may know its value', async () => {
    store.parameters.set(NAME, { Type: 'String', Value: 'planted', KeyId: '' });
    const { Status, Reason, PhysicalResourceId } = await send({ RequestType: 'Create' });
    expect(Status).toBe('FAILED');
    expect(Reason).toMatch(/no SecureString/);
    // CloudFormation now deletes what it failed to create.
    await send({ RequestType: 'Delete', PhysicalResourceId });
    expect(root()?.Value).toBe('planted');
  });

  it('stays the same through updates of its stack', async () => {
    const { PhysicalResourceId } = await send({ RequestType: 'Create' });
    const before = root()?.Value;
    const update = await send({ RequestType: 'Update', PhysicalResourceId }, { Tags: '{"Environment":"x"}' });
    expect([update.Status, update.PhysicalResourceId]).toEqual(['SUCCESS', PhysicalResourceId]);
    expect(root()?.Value).toBe(before);
  });

  it('is made anew under a new name, and CloudFormation is told that it is another one', async () => {
    const { PhysicalResourceId } = await send({ RequestType: 'Create' });
    const update = await send(
      { RequestType: 'Update', PhysicalResourceId },
      { Name: '/phi/blue/index-root' },
    );
    expect(update.PhysicalResourceId).toBe('created:/phi/blue/index-root');
    expect([...store.parameters.keys()]).toEqual([NAME, '/phi/blue/index-root']);
  });

  it('goes with its stack in dev, and a repetition of that is no error', async () => {
    const { PhysicalResourceId } = await send({ RequestType: 'Create' });
    expect((await send({ RequestType: 'Delete', PhysicalResourceId })).Status).toBe('SUCCESS');
    expect(root()).toBeUndefined();
    expect((await send({ RequestType: 'Delete', PhysicalResourceId })).Status).toBe('SUCCESS');
  });

  it('stays when it is to be retained', async () => {
    const { PhysicalResourceId } = await send({ RequestType: 'Create' }, { Retain: 'true' });
    expect((await send({ RequestType: 'Delete', PhysicalResourceId }, { Retain: 'true' })).Status).toBe(
      'SUCCESS',
    );
    expect(root()).toBeDefined();
  });

  it("tells CloudFormation an error's name alone: its message may hold what was sent", async () => {
    store.failure = 'AccessDeniedException';
    const { Status, Reason, text } = await send({ RequestType: 'Create' });
    expect([Status, Reason]).toEqual(['FAILED', 'Parameter Store: AccessDeniedException']);
    expect(text).not.toContain('alias/phi-dev-parameters');
  });

  it.each([
    ['a name outside of /phi', { Name: '/other/index-root' }],
    ['no key', { KeyId: '' }],
    ['retention that is neither true nor false', { Retain: 'maybe' }],
  ])('refuses %s before it asks for anything', async (_what, properties) => {
    expect((await send({ RequestType: 'Create' }, properties)).Status).toBe('FAILED');
    expect(ssm.requests).toEqual([]);
  });

  it('answers again when CloudFormation does not take the answer, without a content type, which the address is not signed for', async () => {
    refusedAnswers = 2;
    expect((await send({ RequestType: 'Create' })).Status).toBe('SUCCESS');
    expect(cloudFormation.requests).toHaveLength(3);
    expect(cloudFormation.requests.map(({ method, headers }) => [method, headers['content-type']])).toEqual(
      Array.from({ length: 3 }, () => ['PUT', undefined]),
    );
  });

  it('fails without naming the address when nobody takes the answer', async () => {
    refusedAnswers = 9;
    await expect(send({ RequestType: 'Create' })).rejects.toThrow(/^CloudFormation did not take the answer$/);
  });
});

describe('in the template', () => {
  it.each(['dev', 'prod'] as const)(
    'of %s stands everything about the parameter but its value',
    (environment) => {
      const { ofType, settings } = dataStack(environment);
      const [resource, ...others] = ofType('Custom::SecureParameter');
      expect(others).toEqual([]);
      expect(Object.keys(resource?.Properties ?? {}).sort()).toEqual(
        ['KeyId', 'Name', 'Retain', 'ServiceTimeout', 'ServiceToken', 'Tags'].sort(),
      );
      expect(resource?.Properties?.['Name']).toBe(`/phi/${settings.stage}/index-root`);
      expect(resource?.Properties?.['Retain']).toBe(String(settings.retainsData));
      expect(resource?.DeletionPolicy).toBe(settings.retainsData ? 'Retain' : 'Delete');
    },
  );

  it('of prod the function may not delete it either', () => {
    const policy = (environment: 'dev' | 'prod') =>
      JSON.stringify(
        dataStack(environment)
          .ofType('AWS::IAM::ManagedPolicy')
          .filter(({ id }) => id.includes('SecureParameter')),
      );
    expect(policy('dev')).toContain('ssm:DeleteParameter');
    expect(policy('prod')).toContain('ssm:PutParameter');
    expect(policy('prod')).not.toContain('ssm:DeleteParameter');
  });

  it('stand the parameters that are no secrets, under the names that the service reads', () => {
    const { ofType } = dataStack('dev');
    const parameters = new Map(
      ofType('AWS::SSM::Parameter').map(({ Properties }) => [
        Properties?.['Name'],
        deployed(Properties?.['Value']),
      ]),
    );
    expect([...parameters.keys()].sort()).toEqual([
      '/phi/dev/kms-key-arn',
      '/phi/dev/oidc-issuer',
      '/phi/dev/signing-key-arn',
    ]);
    // By its alias, so that the key behind it can be replaced beside a running service.
    expect(parameters.get('/phi/dev/kms-key-arn')).toBe(
      `arn:aws:kms:us-east-1:${account}:alias/phi-dev-records`,
    );
    expect(parameters.get('/phi/dev/signing-key-arn')).toMatch(/^<KeysSigning/);
    expect(JSON.stringify(ofType('AWS::SSM::Parameter'))).not.toContain('SecureString');
  });
});
