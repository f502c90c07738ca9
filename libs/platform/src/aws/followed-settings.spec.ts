import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { LocalIssuer, RevokedTokens } from '@app/authentication';
import { ConfigurationError, fixedConfiguration, openSsmParameterSource } from '@app/configuration';
import { LmdbPhiTable, type PhiTable } from '@app/phi-table';
import { Problem } from '@app/problem-details';
import { testCredentials, testRegion } from '../../../../test/support/aws/aws-endpoint.js';
import { type KmsServer, startKmsServer } from '../../../../test/support/aws/kms-server.js';
import { type SsmServer, startSsmServer } from '../../../../test/support/aws/ssm-server.js';
import { readAwsSettings } from './aws-settings.js';
import { FollowedPiiDetector, FollowedSettings, FollowedTokenVerifier } from './followed-settings.js';

const keyArn = (name: string) => `arn:aws:kms:us-east-1:111122223333:${name}`;
let kms: KmsServer;
let ssm: SsmServer;
let client: SSMClient;
let folder: string;
let table: PhiTable;
let issuers: LocalIssuer[];
beforeAll(async () => {
  kms = await startKmsServer();
  ssm = await startSsmServer(kms.keys);
  client = new SSMClient({ endpoint: ssm.endpoint.url, region: testRegion, credentials: testCredentials });
  folder = mkdtempSync(join(tmpdir(), 'phi-settings-'));
  table = LmdbPhiTable.open({ path: join(folder, 'records.lmdb') });
  issuers = await Promise.all(['a', 'b'].map((name) => LocalIssuer.open(join(folder, name), 'phi-api')));
});
afterAll(async () => {
  client.destroy();
  await ssm.endpoint.close();
  await kms.endpoint.close();
  await table.close();
  rmSync(folder, { recursive: true });
});

let settings: FollowedSettings;
const put = (name: string, Value: string) =>
  client.send(new PutParameterCommand({ Name: `/phi/dev/${name}`, Type: 'String', Overwrite: true, Value }));
const jwksOf = (issuer: LocalIssuer | undefined) => JSON.stringify(issuer?.jwks);
const mint = async (issuer: LocalIssuer | undefined) =>
  issuer?.mint({ subject: 'tester', scope: '', expiresInSeconds: 60 }) ?? '';

async function open(variables: Record<string, string> = {}): Promise<FollowedSettings> {
  const { config } = await fixedConfiguration({
    PHI_PLATFORM: 'aws',
    PHI_KEY_STORE_BACKUP_DAYS: '1',
    ...variables,
  });
  const parameters = await openSsmParameterSource({ client, prefix: '/phi/dev', keyId: 'alias/none' });
  return FollowedSettings.open(config, new RevokedTokens(table), () =>
    readAwsSettings(config, parameters, '/phi/dev', testRegion),
  );
}

beforeEach(async () => {
  await put('kms-key-arn', keyArn('alias/phi-dev-records'));
  await put('oidc-issuer', LocalIssuer.issuer);
  await put('oidc-jwks', jwksOf(issuers[0]));
  settings = await open();
});

describe('settings in Parameter Store', () => {
  it("are followed: an issuer's key that is replaced verifies nothing any more, without a restart", async () => {
    const verifier = new FollowedTokenVerifier(settings);
    const [old, next] = [await mint(issuers[0]), await mint(issuers[1])];
    expect(await verifier.verify(old)).toMatchObject({ subject: 'tester' });
    await expect(verifier.verify(next)).rejects.toThrow(Problem);
    await put('oidc-jwks', jwksOf(issuers[1]));
    await settings.refresh();
    expect(await verifier.verify(next)).toMatchObject({ subject: 'tester' });
    await expect(verifier.verify(old)).rejects.toThrow(Problem);
  });

  it('are followed: the KMS key, those before it, and the guardrail', async () => {
    const detector = new FollowedPiiDetector(settings);
    expect(detector.figures).toBeUndefined();
    expect(settings.current).toMatchObject({ earlierKmsKeyArns: [], bedrock: undefined });
    await put('kms-key-arn', keyArn('key/2'));
    await put('earlier-kms-key-arns', `${keyArn('key/0')},${keyArn('key/1')}`);
    await put('bedrock-guardrail-id', 'guardrail1');
    await put('bedrock-guardrail-version', '3');
    await put('bedrock-model-id', 'us.anthropic.model-v1:0');
    await settings.refresh();
    expect(settings.current).toMatchObject({
      kmsKeyArn: keyArn('key/2'),
      earlierKmsKeyArns: [keyArn('key/0'), keyArn('key/1')],
      bedrock: { region: testRegion, guardrailId: 'guardrail1', guardrailVersion: '3' },
    });
    expect(detector.figures).toMatchObject({ guardrail: { calls: 0 } });
    settings.close();
  });

  it.each([
    ['wrong', () => put('oidc-jwks', '{}')],
    ['out of reach', () => ssm.endpoint.down()],
  ])('keep what was good when something is %s', async (_, happening) => {
    const verifier = new FollowedTokenVerifier(settings);
    await happening();
    await expect(settings.refresh()).rejects.toThrow(ConfigurationError);
    await ssm.endpoint.close();
    await ssm.endpoint.up();
    expect(await verifier.verify(await mint(issuers[0]))).toMatchObject({ subject: 'tester' });
  });

  it('come from the environment where it has them', async () => {
    const PHI_OIDC_ISSUER = 'https://login.example.org';
    const own = await open({ PHI_OIDC_ISSUER });
    expect(own.current.issuer).toBe(PHI_OIDC_ISSUER);
    const token = await mint(issuers[0]);
    await expect(own.verifier.verify(token)).rejects.toThrow(Problem);
  });
});
