import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { DeleteParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { keyStoreTableDefinition } from '@app/encryption';
import { tableDefinitions } from '@app/phi-table';
import { administrator, type AwsAccount, startAwsAccount } from '../support/aws/aws-account.js';
import { changeEnvironment } from '../support/aws/environment.config.js';
import { accessDenied } from '../support/aws/faults.js';
import { javaIsInstalled } from '../support/dynamodb-local.js';
import { phi } from '../support/phi-in-process.js';
import { ServiceProcess } from '../support/service-process.js';

const stage = 'refusals';
const tables = { records: `phi-${stage}-records`, audit: `phi-${stage}-audit` };
const path = (name: string) => `/phi/${stage}/${name}`;
const stackTrace = /^\s+at |node_modules|"frames"/m;

let account: AwsAccount;
let admin: ReturnType<typeof administrator>;
let folder: string;
let html: Server;
let restoreEnvironment: () => void;
/** Puts back what a case has changed, last first. */
let undo: (() => unknown)[] = [];

async function start(): Promise<void> {
  account = await startAwsAccount();
  admin = administrator(account);
  folder = mkdtempSync(join(tmpdir(), 'phi-aws-refusals-'));
  html = createServer((_, response) => response.end('<html>a proxy</html>')).listen(0, '127.0.0.1');
  await once(html, 'listening');
  restoreEnvironment = changeEnvironment({
    ...account.environment,
    PHI_PLATFORM: 'aws',
    PHI_STAGE: stage,
    PHI_KEY_STORE_BACKUP_DAYS: '1',
  });
  expect((await phi('setup', '--development-issuer', folder)).exitCode).toBe(0);
}

const environment = (variables: Record<string, string | undefined>) => async () => {
  undo.push(changeEnvironment(variables));
};
const denied = (service: 'kms' | 'ssm' | 'dynamoDb', operation: string) => async () => {
  undo.push(account[service].endpoint.faults.inject(accessDenied, { operation }));
};
const parameter = (name: string, Value: string) => async () => {
  const Name = path(name);
  const { parameter: known, version } = account.ssm.parameters.find(Name);
  const before = account.ssm.parameters.plaintext(known, version);
  const Type = known.type;
  const put = (text: string) =>
    admin.ssm.send(new PutParameterCommand({ Name, Value: text, Type, Overwrite: true }));
  await put(Value);
  undo.push(() => put(before));
};
const withoutParameter = (name: string) => async () => {
  const Name = path(name);
  const { parameter: known, version } = account.ssm.parameters.find(Name);
  const Value = account.ssm.parameters.plaintext(known, version);
  await admin.ssm.send(new DeleteParameterCommand({ Name }));
  undo.push(() => admin.ssm.send(new PutParameterCommand({ Name, Value, Type: known.type })));
};
const definitions = {
  [tables.records]: tableDefinitions(tables).records,
  [tables.audit]: tableDefinitions(tables).audit,
  [`phi-${stage}-key-store`]: keyStoreTableDefinition(`phi-${stage}-key-store`),
};
const withoutTable = (TableName: string) => async () => {
  await admin.dynamoDb.send(new DeleteTableCommand({ TableName }));
  undo.push(() => admin.dynamoDb.send(new CreateTableCommand(definitions[TableName]!)));
};
const otherTable = (TableName: string, change: object) => async () => {
  await withoutTable(TableName)();
  await admin.dynamoDb.send(new CreateTableCommand({ ...definitions[TableName]!, ...change }));
  undo.push(() => admin.dynamoDb.send(new DeleteTableCommand({ TableName })));
};
const disabled = (alias: string) => async () => {
  const key = account.kms.keys.find(alias);
  key.state = 'Disabled';
  undo.push(() => (key.state = 'Enabled'));
};
const otherKeys = {
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  LocalSecondaryIndexes: undefined,
};
const privateJwks = '{"keys":[{"kty":"EC","crv":"P-256","x":"x","y":"y","d":"zq-private"}]}';

/** What is wrong, and what an operator is told: the thing, and the permission or the setting. */
const cases: [what: string, arrange: () => Promise<void>, told: RegExp][] = [
  [
    'no credentials',
    environment({ AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined }),
    /no AWS credentials were found/,
  ],
  ['no region', environment({ AWS_REGION: undefined }), /no AWS region is set: AWS_REGION/],
  ['the wrong region', environment({ AWS_REGION: 'eu-west-1' }), /in this region.*AWS_REGION/],
  ['unknown credentials', environment({ AWS_ACCESS_KEY_ID: 'foreign' }), /does not accept the credentials/],
  [
    'an endpoint of something else',
    async () =>
      environment({ AWS_ENDPOINT_URL_SSM: `http://127.0.0.1:${(html.address() as AddressInfo).port}` })(),
    /what answers to ssm:GetParameter is not this service of AWS.*AWS_ENDPOINT_URL/,
  ],
  [
    'an endpoint of another service',
    async () => environment({ AWS_ENDPOINT_URL_DYNAMODB: account.kms.endpoint.url })(),
    /what answers to dynamodb:Query is not this service of AWS/,
  ],
  [
    'ssm:GetParameter denied',
    denied('ssm', 'GetParameter'),
    /parameter \/phi\/refusals\/.*ssm:GetParameter is needed/,
  ],
  [
    'kms:DescribeKey denied',
    denied('kms', 'DescribeKey'),
    /alias\/phi-refusals-records.*kms:DescribeKey is needed/,
  ],
  ['kms:GetPublicKey denied', denied('kms', 'GetPublicKey'), /signing key arn.*kms:GetPublicKey is needed/],
  ['dynamodb:Query denied', denied('dynamoDb', 'Query'), /table phi-refusals-.*dynamodb:Query is needed/],
  ...['kms-key-arn', 'signing-key-arn', 'oidc-issuer', 'oidc-jwks', 'index-root'].map(
    (name): (typeof cases)[number] => [
      `no parameter ${name}`,
      withoutParameter(name),
      new RegExp(`parameter ${path(name)} is missing`),
    ],
  ),
  [
    'a key that is no ARN',
    parameter('kms-key-arn', 'zq-key'),
    /kms-key-arn must be the ARN of a KMS alias or key/,
  ],
  ['an issuer without https', parameter('oidc-issuer', 'http://zq'), /oidc-issuer must be an https URL/],
  ['an issuer without keys', parameter('oidc-jwks', '{"zq":1}'), /oidc-jwks must be a JSON Web Key Set/],
  [
    'a private key among those of the issuer',
    parameter('oidc-jwks', privateJwks),
    /oidc-jwks must be .* of public keys/,
  ],
  ['index roots that are none', parameter('index-root', '{"zq":1}'), /index-root must be JSON/],
  ['no table of records', withoutTable(tables.records), /table phi-refusals-records is not there/],
  [
    'no table of branch keys',
    withoutTable(`phi-${stage}-key-store`),
    /table phi-refusals-key-store is not there/,
  ],
  [
    'a table with other keys',
    otherTable(tables.records, otherKeys),
    /table phi-refusals-records has another schema: its keys must be pk \(HASH\), sk \(RANGE\)/,
  ],
  [
    'a table without its indexes',
    otherTable(tables.records, {
      AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      LocalSecondaryIndexes: undefined,
    }),
    /table phi-refusals-records, index recordedAt has another schema/,
  ],
  [
    'a disabled KMS key',
    disabled(`alias/phi-${stage}-records`),
    /KMS key arn.*alias\/phi-refusals-records is disabled/,
  ],
  ['a disabled signing key', disabled(`alias/phi-${stage}-signing`), /signing key arn.* is disabled/],
];

describe('on AWS', () => {
  if (!javaIsInstalled()) {
    it.todo('NOT TESTED: DynamoDB Local needs Java 17, which is not installed');
    return;
  }
  beforeAll(start, 90_000);
  beforeEach(() => {
    undo = [];
  });
  afterEach(async () => {
    for (const step of undo.toReversed()) await step();
  });
  afterAll(async () => {
    restoreEnvironment();
    admin.close();
    html.close();
    await account.close();
    rmSync(folder, { recursive: true });
  });

  const run = () => phi('keys', 'status', '--json');

  it('nothing is told where nothing is wrong', async () => {
    expect((await run()).exitCode).toBe(0);
  });

  it.each(cases)('a command ends with 2 and names it: %s', async (_, arrange, told) => {
    await arrange();
    const { exitCode, stdout, stderr } = await run();
    expect(stderr).toMatch(told);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'could-not-run' });
    // No stack, and nothing of what was stored, sent or answered.
    expect(stderr + stdout).not.toMatch(stackTrace);
    expect(stderr + stdout).not.toMatch(/zq|assumed-role/);
  });

  it('names every parameter that is missing at once', async () => {
    for (const name of ['kms-key-arn', 'oidc-issuer', 'oidc-jwks']) await withoutParameter(name)();
    const { stderr } = await run();
    for (const name of ['kms-key-arn', 'oidc-issuer', 'oidc-jwks']) expect(stderr).toContain(path(name));
  });

  it.each([
    ['dynamodb:Scan', 'dynamoDb', 'Scan'],
    ['dynamodb:GetItem', 'dynamoDb', 'GetItem'],
  ] as const)('a command that is denied %s in its midst names it', async (action, service, operation) => {
    await denied(service, operation)();
    const { exitCode, stderr } = await run();
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`AWS denies ${action}`);
    expect(stderr).not.toMatch(stackTrace);
  });

  it.each([
    [
      'phi setup',
      ['setup', '--check'],
      denied('kms', 'DescribeKey'),
      /alias\/phi-refusals-records.*kms:DescribeKey/,
    ],
    [
      'phi setup',
      ['setup'],
      otherTable(tables.records, otherKeys),
      /its keys are id .*must be pk \(HASH, S\), sk/,
    ],
    ['phi audit expire', ['audit', 'expire'], denied('kms', 'GetPublicKey'), /kms:GetPublicKey is needed/],
    [
      'phi audit verify',
      ['audit', 'verify'],
      withoutTable(tables.audit),
      /table phi-refusals-audit is not there/,
    ],
    ['phi rescreen', ['rescreen'], disabled(`alias/phi-${stage}-records`), /is disabled/],
  ])('%s ends with 2 and says why: %j', async (_, args, arrange, told) => {
    await arrange();
    const { exitCode, stderr } = await phi(...args);
    expect(stderr).toMatch(told);
    expect(stderr).not.toMatch(stackTrace);
    expect(exitCode).toBe(2);
  });

  it.each([
    ['a missing parameter', withoutParameter('signing-key-arn'), {}, /signing-key-arn is missing/],
    [
      'an endpoint that nobody answers at',
      async () => undefined,
      { AWS_ENDPOINT_URL_KMS: 'http://127.0.0.1:9' },
      /AWS does not answer to kms:DescribeKey \(ECONNREFUSED\).*AWS_ENDPOINT_URL/,
    ],
  ])(
    'the service does not start, and says why without a stack trace: %s',
    async (_, arrange, change, told) => {
      await arrange();
      const configuration = { PHI_PLATFORM: 'aws', PHI_STAGE: stage, PHI_KEY_STORE_BACKUP_DAYS: '1' };
      const variables = { ...account.environment, ...configuration, NODE_ENV: 'production', ...change };
      const service = ServiceProcess.spawn(variables, folder);
      const { code } = await service.ended();
      expect(code).toBe(1);
      expect(service.errors).toMatch(told);
      expect(service.errors + service.logged).not.toMatch(stackTrace);
      await service.remove();
    },
  );
});
