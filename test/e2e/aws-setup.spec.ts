import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeTableCommand, DescribeTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import { fixedConfiguration } from '@app/configuration';
import { openPlatform, type Platform, type SetUpStep } from '@app/platform';
import { Problem } from '@app/problem-details';
import { administrator, type AwsAccount, startAwsAccount } from '../support/aws/aws-account.js';
import { changeEnvironment } from '../support/aws/environment.config.js';
import { javaIsInstalled } from '../support/dynamodb-local.js';
import { phi } from '../support/phi-in-process.js';

interface SetupReport {
  outcome: string;
  steps: SetUpStep[];
}

let account: AwsAccount;
let admin: ReturnType<typeof administrator>;
let folder: string;
let restoreEnvironment: () => void;

async function start(): Promise<void> {
  account = await startAwsAccount();
  admin = administrator(account);
  folder = mkdtempSync(join(tmpdir(), 'phi-aws-setup-'));
  restoreEnvironment = changeEnvironment({
    ...account.environment,
    PHI_PLATFORM: 'aws',
    PHI_STAGE: 'dev',
    PHI_KEY_STORE_BACKUP_DAYS: '1',
    // Key jobs wait for as long as another instance may hold a key.
    PHI_PARAMETER_REFRESH_SECONDS: '1',
    PHI_KEY_CACHE_TTL_SECONDS: '1',
  });
}

/** Runs on a stage of its own, so that each test has an empty account. */
const onStage = (stage: string) => changeEnvironment({ PHI_STAGE: stage });
const setup = (...args: string[]) => phi('setup', '--development-issuer', folder, ...args);
const reportOf = (stdout: string) => JSON.parse(stdout) as SetupReport;
const outcomes = ({ steps }: SetupReport) => new Set(steps.map(({ outcome }) => outcome));
const changes = (counts: Record<string, number>) =>
  Object.keys(counts).filter((operation) => /^(Create|Put|Update|Enable|Delete|Schedule)/.test(operation));

async function opened<T>(stage: string, work: (platform: Platform) => Promise<T>): Promise<T> {
  const { config } = await fixedConfiguration({
    PHI_PLATFORM: 'aws',
    PHI_STAGE: stage,
    PHI_KEY_STORE_BACKUP_DAYS: '1',
  });
  const platform = await openPlatform(config);
  try {
    return await work(platform);
  } finally {
    await platform.close();
  }
}

const isRunnable = javaIsInstalled();
if (isRunnable) {
  beforeAll(start, 90_000);
  afterAll(async () => {
    restoreEnvironment();
    admin.close();
    await account.close();
    rmSync(folder, { recursive: true });
  });
}

describe('phi setup', () => {
  if (!isRunnable) {
    it.todo('NOT TESTED: DynamoDB Local needs Java 17, which is not installed');
    return;
  }

  it('only says what is missing with --check, and makes nothing', async () => {
    account.reset();
    const { exitCode, stdout, stderr } = await phi('setup', '--check', '--json');
    expect(exitCode).toBe(1);
    expect(outcomes(reportOf(stdout))).toEqual(new Set(['missing']));
    expect(stderr).toContain('11 missing');
    for (const { endpoint } of [account.kms, account.ssm, account.dynamoDb])
      expect(changes(endpoint.counts())).toEqual([]);
  });

  it('makes everything once, a line for each thing, and shows no secret', async () => {
    const first = await setup();
    expect(first.exitCode).toBe(0);
    expect(first.stdout).toMatch(/^table phi-dev-records: created$/m);
    expect(first.stdout).toMatch(/^KMS key alias\/phi-dev-signing: created$/m);
    expect(first.stdout).toMatch(/^parameter \/phi\/dev\/index-root: created$/m);
    const { parameter, version } = account.ssm.parameters.find('/phi/dev/index-root');
    expect(parameter.type).toBe('SecureString');
    const text = account.ssm.parameters.plaintext(parameter, version);
    const root = (JSON.parse(text) as { roots: Record<string, string> }).roots['1'] ?? '';
    expect(Buffer.from(root, 'base64')).toHaveLength(32);
    expect(first.stdout + first.stderr).not.toContain(root);

    account.reset();
    const second = await setup('--json');
    expect(second.exitCode).toBe(0);
    expect(second.stdout.trim().split('\n')).toHaveLength(1);
    // DynamoDB Local has no point-in-time recovery.
    expect(outcomes(reportOf(second.stdout))).toEqual(new Set(['there', 'unsupported']));
    for (const { endpoint } of [account.kms, account.ssm, account.dynamoDb])
      expect(changes(endpoint.counts())).toEqual([]);
    const again = account.ssm.parameters.find('/phi/dev/index-root');
    expect(account.ssm.parameters.plaintext(again.parameter, again.version)).toBe(text);
    expect((await phi('setup', '--check')).exitCode).toBe(0);
  });

  it('makes tables as the stacks do', async () => {
    const describeTable = async (TableName: string) =>
      (await admin.dynamoDb.send(new DescribeTableCommand({ TableName }))).Table;
    expect((await describeTable('phi-dev-audit'))?.StreamSpecification).toMatchObject({
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    });
    const expiry = new DescribeTimeToLiveCommand({ TableName: 'phi-dev-records' });
    expect((await admin.dynamoDb.send(expiry)).TimeToLiveDescription).toMatchObject({
      AttributeName: 'expiresAt',
      TimeToLiveStatus: 'ENABLED',
    });
    for (const key of ['records', 'parameters'])
      expect(account.kms.keys.find(`alias/phi-dev-${key}`).rotationPeriodDays).toBe(365);
  });

  it('makes one of each when two run at the same time', async () => {
    const restore = onStage('twice');
    try {
      const runs = await Promise.all([setup(), setup(), setup()]);
      for (const { exitCode, stderr } of runs) {
        expect(stderr).toBe('phi: setup of stage twice: everything is there\n');
        expect(exitCode).toBe(0);
      }
      const usable = account.kms.keys.keys().filter(({ state }) => state === 'Enabled');
      const behind = ['dev', 'twice'].flatMap((stage) =>
        ['records', 'parameters', 'signing'].map((name) =>
          account.kms.keys.find(`alias/phi-${stage}-${name}`),
        ),
      );
      expect(new Set(usable)).toEqual(new Set(behind));
      await opened('twice', (platform) => platform.table.ping());
    } finally {
      restore();
    }
  });

  it('leaves what is there, and writes over an issuer that is named', async () => {
    const oidc = [
      '--oidc-issuer',
      'https://login.example.org',
      '--oidc-jwks',
      join(folder, 'issuer-jwks.json'),
    ];
    const report = reportOf((await phi('setup', '--json', ...oidc)).stdout);
    const changed = report.steps.filter(({ outcome }) => outcome === 'changed').map(({ thing }) => thing);
    expect(changed).toEqual(['parameter /phi/dev/oidc-issuer']);
    const back = reportOf((await setup('--json')).stdout);
    expect(back.steps.filter(({ outcome }) => outcome === 'changed')).toHaveLength(1);
  });

  it.each([
    ['with an issuer twice', ['--development-issuer', '.', '--oidc-issuer', 'https://x.example.org']],
    ['with half of Bedrock', ['--bedrock-guardrail-id', 'g']],
    ['with an issuer without https', ['--oidc-issuer', 'http://x.example.org']],
    ['with keys that are none', ['--oidc-jwks', 'package.json']],
  ])('cannot run %s', async (_, args) => {
    account.reset();
    expect((await phi('setup', ...args)).exitCode).toBe(2);
    expect(account.ssm.endpoint.calls).toEqual([]);
  });

  it('is for aws alone', async () => {
    const restore = changeEnvironment({ PHI_PLATFORM: 'embedded' });
    const { exitCode, stderr } = await phi('setup');
    restore();
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('PHI_PLATFORM=aws')]);
  });
});

describe('a stage that phi setup has made', () => {
  if (!isRunnable) return;
  const stage = 'made';
  let restoreStage: () => void;
  beforeAll(async () => {
    restoreStage = onStage(stage);
    await setup();
  });
  afterAll(() => restoreStage());

  it('accepts tokens of its development issuer, and no others', async () => {
    const minted = await phi('token', '--scope', 'system/*.cruds', '--issuer', folder);
    const stranger = mkdtempSync(join(folder, 'stranger-'));
    await phi('setup', '--check', '--development-issuer', stranger);
    const unknown = await phi('token', '--scope', 'system/*.cruds', '--issuer', stranger);
    expect(unknown).toMatchObject({ exitCode: 2, stdout: '' });
    await opened(stage, async ({ tokenVerifier }) => {
      expect(await tokenVerifier.verify(minted.stdout.trim())).toMatchObject({ subject: 'developer' });
      await expect(tokenVerifier.verify(`${minted.stdout.trim().slice(0, -4)}AAAA`)).rejects.toThrow(Problem);
    });
  });

  it.each([
    [['keys', 'status'], /patients/],
    [['keys', 'rotate', '--rate', '1000'], /done/],
    [['keys', 're-encrypt'], /done/],
    [['keys', 'compact'], /DynamoDB keeps no freed pages/],
    [['audit', 'verify'], /intact/],
    [['audit', 'expire', '--dry-run'], /0 events/],
    [['audit', 'public-key'], /BEGIN PUBLIC KEY/],
    [['rescreen', '--all'], /done/],
    [
      ['audit', 'reconcile', '--from', new Date(Date.now() - 3_600_000).toISOString()],
      /every call is explained/,
    ],
  ])('runs phi %j', async (args, told) => {
    const { exitCode, stdout, stderr } = await phi(...args);
    expect([exitCode, stderr]).toEqual([0, expect.anything()]);
    expect(stdout).toMatch(told);
  });

  it('exports its trail, which an auditor verifies with the public key alone', async () => {
    const out = join(folder, 'trail.ndjson');
    expect((await phi('audit', 'export', '--out', out)).exitCode).toBe(0);
    const header = JSON.parse(readFileSync(out, 'utf8').split('\n')[0] ?? '') as { publicKeys: string[] };
    expect(header.publicKeys[0]).toContain('BEGIN PUBLIC KEY');
    expect((await phi('audit', 'verify', '--export', out)).exitCode).toBe(0);
  });

  it('gets a new KMS key, and every branch key under it; rows of before stay readable all the while', async () => {
    const patientId = randomUUID();
    await opened(stage, ({ keyStore }) => keyStore.create(patientId));
    const nothing = await phi('keys', 'rotate', '--kms-key');
    expect(nothing).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('phi setup --new-kms-key'),
    });

    const before = account.kms.keys.find(`alias/phi-${stage}-records`);
    expect((await phi('setup', '--new-kms-key')).stdout).toMatch(/alias\/phi-made-records: changed/);
    const after = account.kms.keys.find(`alias/phi-${stage}-records`);
    expect(after.arn).not.toBe(before.arn);
    // A process that starts now has never seen the key of before.
    await opened(stage, async ({ keyStore }) => {
      expect(await keyStore.kmsKeyUse()).toEqual(new Map([[before.arn, 3]]));
      await keyStore.fetchActive(patientId);
    });
    expect((await phi('keys', 'rotate', '--kms-key')).exitCode).toBe(0);
    before.state = 'Disabled';
    await opened(stage, async ({ keyStore }) => {
      expect(await keyStore.kmsKeyUse()).toEqual(new Map([[after.arn, 3]]));
      await keyStore.fetchActive(patientId);
    });
  }, 60_000);
});
