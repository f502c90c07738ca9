import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import {
  AwsRefusal,
  openSsmParameterSource,
  ParameterChanged,
  type ParameterSource,
} from '@app/configuration';
import { testCredentials, testRegion } from '../support/aws/aws-endpoint.js';
import { accessDenied } from '../support/aws/faults.js';
import { type KmsServer, startKmsServer } from '../support/aws/kms-server.js';
import { type SsmServer, startSsmServer } from '../support/aws/ssm-server.js';
import { parameterSourceContract } from './parameter-source.contract.js';

const root = JSON.stringify({ active: 1, roots: {} });
let kms: KmsServer;
let ssm: SsmServer;
let client: SSMClient;
let keyId: string;

async function start(): Promise<void> {
  kms = await startKmsServer();
  ssm = await startSsmServer(kms.keys);
  const endpoint = ssm.endpoint.url;
  client = new SSMClient({ endpoint, region: testRegion, credentials: testCredentials });
  keyId = kms.keys.create('SYMMETRIC_DEFAULT', 'parameters').id;
}

async function stop(): Promise<void> {
  client.destroy();
  await ssm.endpoint.close();
  await kms.endpoint.close();
}

/** A stage of its own, whose index root a deployment has made. */
async function newStage(): Promise<string> {
  const prefix = `/phi/stage-${randomUUID().slice(0, 8)}`;
  await overwrite(prefix, root);
  return prefix;
}

const overwrite = (prefix: string, Value: string) =>
  client.send(
    new PutParameterCommand({
      Name: `${prefix}/index-root`,
      Type: 'SecureString',
      KeyId: keyId,
      Overwrite: true,
      Value,
    }),
  );

parameterSourceContract('Parameter Store', async () => {
  await start();
  const prefix = await newStage();
  const sources = await Promise.all(
    Array.from({ length: 80 }, () => openSsmParameterSource({ client, prefix, keyId })),
  );
  let next = 0;
  return { source: () => sources[next++ % sources.length] as ParameterSource, close: stop };
});

describe('Parameter Store', () => {
  let prefix: string;
  let source: ParameterSource;
  beforeAll(start);
  afterAll(stop);
  beforeEach(async () => {
    ssm.endpoint.reset();
    prefix = await newStage();
    source = await openSsmParameterSource({ client, prefix, keyId });
  });
  const get = () => source.get('index-root');
  const put = (text: string, expected: string) => source.put('index-root', text, expected);

  it('keeps every version a SecureString under our key', async () => {
    await put('second', root);
    const { input } = ssm.endpoint.calls.at(-1) ?? { input: {} };
    expect(input).toMatchObject({ Type: 'SecureString', KeyId: keyId, Overwrite: true });
    // The store holds ciphertext.
    expect(JSON.stringify(ssm.parameters.all())).not.toContain('second');
  });

  it('voids a version that another one came before, for every reader, with nothing to be undone', async () => {
    // As two that read version 1: the first is taken, the second stands behind it.
    await overwrite(prefix, 'first\n#after 1');
    await overwrite(prefix, 'second\n#after 1');
    expect(await get()).toBe('first');
    await put('third', 'first');
    expect(await get()).toBe('third');
    await overwrite(prefix, 'late\n#after 1');
    expect(await get()).toBe('third');
  });

  it('counts what an operator or the deployment writes', async () => {
    await put('second', root);
    await overwrite(prefix, 'by hand');
    expect(await get()).toBe('by hand');
    await expect(put('third', 'second')).rejects.toThrow(ParameterChanged);
    await put('third', 'by hand');
    expect(await get()).toBe('third');
  });

  it('has one version where the answer to a write was lost and the SDK asks again', async () => {
    ssm.endpoint.faults.inject({ kind: 'lost-answer' }, { operation: 'PutParameter', times: 1 });
    await put('second', root);
    expect(ssm.endpoint.counts()['PutParameter']).toBeGreaterThan(1);
    expect(await get()).toBe('second');
  });

  it('does not guess when no version counts', async () => {
    const orphan = `${prefix}-orphan`;
    await overwrite(orphan, 'restored from somewhere\n#after 7');
    const other = await openSsmParameterSource({ client, prefix: orphan, keyId });
    await expect(other.get('index-root')).rejects.toThrow(/index-root has no version that counts/);
  });

  it.each([
    ['GetParameter', () => get()],
    ['PutParameter', () => put('a secret text', root)],
  ])('names parameter and permission when %s is denied, and no text', async (operation, work) => {
    ssm.endpoint.faults.inject(accessDenied, { operation });
    const error: unknown = await work().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AwsRefusal);
    expect((error as Error).message).toBe(
      `parameter ${prefix}/index-root: AWS denies it; the permission ssm:${operation} is needed on it`,
    );
  });
});
