import { afterEach, describe, expect, it } from '@jest/globals';
import { reported, startBedrockServer } from '../../../../test/support/bedrock-server.js';
import { type BedrockOptions, resolveBedrockOptions } from './bedrock-options.js';
import { openBedrockDetector } from './open-bedrock-detector.js';

const right: BedrockOptions = {
  region: 'eu-central-1',
  guardrailId: 'abc123def456',
  guardrailVersion: 'DRAFT',
  modelId: 'eu.anthropic.claude-haiku-4-5-20251001-v1:0',
  onFailure: 'reject',
};

describe('the options', () => {
  it.each<[string, Partial<BedrockOptions>]>([
    ['a region of the government', { region: 'us-gov-west-1' }],
    ['a guardrail by its ARN', { guardrailId: 'arn:aws:bedrock:us-east-1:111122223333:guardrail/abc123' }],
    ['a version', { guardrailVersion: '12' }],
    [
      'an inference profile by its ARN',
      { modelId: 'arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.anthropic.claude-sonnet-4-5' },
    ],
    ['no retries and no queue', { limits: { retries: 0, queuedCalls: 0 } }],
    ['an endpoint of a VPC', { endpoint: 'https://vpce-1.bedrock-runtime.us-east-1.vpce.amazonaws.com' }],
  ])('take %s', (_name, given) => {
    expect(resolveBedrockOptions({ ...right, ...given })).toMatchObject(given);
  });

  it('are refused whole, every wrong one by name and none by value', () => {
    const wrong: BedrockOptions = {
      region: 'secret value',
      endpoint: 'ftp://user:secret@host',
      guardrailId: 'Secret!',
      guardrailVersion: '0',
      modelId: '',
      onFailure: JSON.parse('"secret"') as 'reject',
      timeouts: { modelMs: 0, overallMs: Number.NaN },
      limits: { retries: -1, failuresToOpen: 1.5 },
    };
    const names = ['region', 'endpoint', 'guardrailId', 'guardrailVersion', 'modelId', 'onFailure'];
    const numbers = ['modelMs', 'overallMs', 'retries', 'failuresToOpen'];
    try {
      resolveBedrockOptions(wrong);
      throw new Error('was taken');
    } catch (error) {
      const { message, name } = error as Error;
      expect(name).toBe('ConfigurationError');
      for (const option of [...names, ...numbers]) expect(message).toContain(`- ${option} must be`);
      expect(message.toLowerCase()).not.toContain('secret');
    }
  });

  it('that are wrong open no detector', async () => {
    await expect(openBedrockDetector({ ...right, modelId: '' })).rejects.toThrow('- modelId must be');
  });

  it('let one request make fewer calls at once than failures open a breaker', () => {
    const { limits, timeouts } = resolveBedrockOptions(right);
    expect(limits.concurrentCallsPerRequest).toBeLessThan(limits.failuresToOpen);
    expect(timeouts.overallMs).toBeGreaterThan(timeouts.guardrailMs + timeouts.modelMs);
    expect(timeouts.overallMs).toBeLessThan(29_000);
  });
});

describe('the endpoint', () => {
  const set = (name: string, value: string) => {
    process.env[name] = value;
  };
  const names = ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_BEDROCK_RUNTIME'];
  afterEach(() => {
    for (const name of names) delete process.env[name];
  });

  it.each(names)('of the environment is honoured: %s', async (name) => {
    const server = await startBedrockServer();
    server.model = () => reported([['zorblat', 'NAME']]);
    set(name, server.endpoint);
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const detector = await openBedrockDetector({ ...right, credentials });
    expect(await detector.detect('by zorblat')).toMatchObject([{ type: 'NAME', start: 3, end: 10 }]);
    detector.close();
    await server.close();
  });
});
