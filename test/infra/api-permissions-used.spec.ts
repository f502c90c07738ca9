import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CreateTableCommand, DeleteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { AuditTrail, type CheckpointSigner } from '@app/audit';
import { LocalKmsClient, PatientKeyStore, RecordCipher } from '@app/encryption';
import { type MaintenanceJobRun, openPatientRecords } from '@app/patient-records';
import { DynamoDbPhiTable, type PhiTable, tableDefinitions } from '@app/phi-table';
import { openBedrockDetector } from '@app/pii-screening';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBedrockServer } from '../support/bedrock-server.js';
import { type DynamoDbLocal, javaIsInstalled, startDynamoDbLocal } from '../support/dynamodb-local.js';
import { erasablePatient, erasureBody, officerScope } from '../support/erasable-patient.js';
import { clientOf, startListening, succeeded } from '../support/phi-client.js';
import { mrn } from '../support/sample-patient.js';
import type { Service } from '../support/service.js';
import { deployed } from './policy-evaluation.js';
import { type Asked, RecordedCalls } from './support/recorded-calls.js';
import { statementsOf, synthesized, type Synthesized } from './synthesized.js';

const stage = 'dev';
const names = {
  records: `phi-${stage}-records`,
  audit: `phi-${stage}-audit`,
  keyStore: `phi-${stage}-key-store`,
};

/**
 * What the policy allows and this version of the service does not ask for yet, each with who will. The test fails as soon as it is
 * asked for, and when the list holds anything else.
 */
const awaited: Record<Asked, string> = {
  'ssm:GetParameter parameters': 'the aws platform reads roots, ARNs and keys of the issuer at its start',
  'kms:Sign signingKey': 'the aws platform signs checkpoints by KMS',
  'kms:GetPublicKey signingKey': 'and verifies them with its public half',
};

/** Allowed to DynamoDB and Parameter Store in the caller's name: the service never asks for it itself. */
const throughServices = new Set(['TablesUnderKey', 'ParametersUnderKey', 'IndexRootUnderKey']);

let dev: Synthesized;
let local: DynamoDbLocal;
let folder: string;
let service: Service;
let recorded: RecordedCalls;
/** What was asked by the service, and by operators' commands. */
let asked: { service: Set<Asked>; operator: Set<Asked> };

/** The service as it is on AWS, as far as that runs on one machine: tables on DynamoDB Local, keys in this process. */
async function startRecorded(): Promise<void> {
  dev = synthesized('dev');
  local = await startDynamoDbLocal();
  folder = mkdtempSync(join(tmpdir(), 'phi-permissions-'));
  recorded = new RecordedCalls(new Map(Object.entries(names).map(([what, name]) => [name, what])));
  const admin = local.client();
  for (const input of Object.values(tableDefinitions(names))) await admin.send(new CreateTableCommand(input));
  await admin.send(
    new CreateTableCommand({
      TableName: names.keyStore,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'branch-key-id', AttributeType: 'S' },
        { AttributeName: 'type', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'branch-key-id', KeyType: 'HASH' },
        { AttributeName: 'type', KeyType: 'RANGE' },
      ],
    }),
  );
  const client = recorded.watchDynamoDb(local.client());
  const localKms = LocalKmsClient.open(join(folder, 'kms-root-key'));
  const keyStore = new PatientKeyStore({
    dynamoDbClient: client,
    kmsClient: recorded.watchKms(localKms),
    kmsKeyArn: localKms.aliasArn,
    earlierKmsKeyArns: () => localKms.keyArns,
    tableName: names.keyStore,
    logicalName: names.keyStore,
  });
  const table = new DynamoDbPhiTable({ client, tables: names });
  const bedrock = await startBedrockServer();
  const detector = await openBedrockDetector({
    region: 'us-east-1',
    endpoint: bedrock.endpoint,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    guardrailId: 'guardrail1',
    guardrailVersion: '1',
    modelId: 'us.anthropic.model-v1:0',
    onFailure: 'reject',
  });
  service = await startListening({}, undefined, (platform) => ({
    ...platform,
    table,
    keyStore,
    detector,
    cipher: new RecordCipher({ keyStore, cacheMaxEntries: 2, cacheTtlSeconds: 1 }),
    ...trailOn(table, platform.checkpointSigner),
    async close() {
      detector.close();
      await bedrock.close();
      await platform.close();
    },
  }));
  await useEverything();
  await resumeErasure(admin, keyStore);
  for (const { operation } of bedrock.requests)
    recorded.asked.add(
      operation === 'guardrail' ? 'bedrock:ApplyGuardrail guardrail' : 'bedrock:InvokeModel models',
    );
  const byService = new Set(recorded.asked);
  recorded.asked.clear();
  await replaceKeys();
  asked = { service: byService, operator: new Set(recorded.asked) };
}

function trailOn(table: PhiTable, signer: CheckpointSigner) {
  const audit = new AuditTrail({ table, signer, instance: randomUUID() });
  return { audit, checkpoints: audit.checkpoints };
}

/** Each route at least once. */
async function useEverything(): Promise<void> {
  const client = await clientOf(service);
  const officer = await clientOf(service, { scope: `${officerScope} user/AuditEvent.rs` });
  const person = await clientOf(service, { scope: 'user/*.cruds', subject: 'nurse' });
  const { id, path, records } = await erasablePatient(service, client, 'permissions');
  const get = async (...paths: string[]) => {
    for (const one of paths) await succeeded(client.get(one));
  };
  const observation = { recordType: 'Observation', content: { text: 'seen today' }, notes: 'Feels well.' };
  await succeeded(client.post(`${path}/records`, observation, { 'idempotency-key': randomUUID() }));
  await succeeded(client.post(`${path}/records/batch`, { records: [observation, observation] }));
  await succeeded(client.patch(path, { gender: 'other' }, { 'if-match': '*' }));
  await get(
    '/v1/patients',
    path,
    `${path}/history`,
    `${path}/history/1`,
    `${path}/care-team`,
    `${path}/export`,
  );
  await get(`${path}/records`, `${path}/records?type=Observation`, `${path}/records/${records.observation}`);
  await get(
    `${path}/records/${records.observation}/history`,
    `${path}/records/${records.observation}/history/1`,
  );
  await succeeded(client.post('/v1/patients/search', { identifier: mrn('permissions') }));
  await succeeded(client.post('/v1/pii/detect', { texts: ['Call 202-555-0143.'] }));
  await succeeded(client.post('/v1/pii/deidentify', { texts: ['Call 202-555-0143.'] }));
  await succeeded(client.get('/health/ready'));
  await succeeded(person.get(path));
  const other = await erasablePatient(service, client, 'permissions-other');
  await succeeded(client.delete(other.path, { 'if-match': '*' }));
  const erase = () => succeeded(officer.post(`${path}/erase`, erasureBody(id)));
  await erase();
  // Once more, as after an answer that was lost.
  await erase();
  await service.platform.audit.seal();
  const { items } = (await succeeded(officer.get('/v1/audit/events'))).body;
  const event = `/v1/audit/events/${items.at(-1)?.id}`;
  for (const one of [event, `${event}/proof`, '/v1/audit/checkpoints', `${path}/disclosures?include=access`])
    await succeeded(officer.get(one));
  for (const filter of [`patient=${id}`, 'agent=tester'])
    await succeeded(officer.get(`/v1/audit/events?${filter}`));
}

/** An erasure that was cut short after the active row of a key was gone: the rest goes on condition that it stayed gone. */
async function resumeErasure(admin: DynamoDBClient, keyStore: PatientKeyStore): Promise<void> {
  const patientId = randomUUID();
  await keyStore.create(patientId);
  const Key = { 'branch-key-id': { S: patientId }, type: { S: 'branch:ACTIVE' } };
  await admin.send(new DeleteItemCommand({ TableName: names.keyStore, Key }));
  await keyStore.destroy(patientId);
}

/** `phi keys` rotate, re-encrypt, reindex and status, as operators run them beside the service. */
async function replaceKeys(): Promise<void> {
  let ahead = 0;
  const run: MaintenanceJobRun = {
    origin: { networkAddress: '', requestId: randomUUID() },
    ratePerSecond: 100_000,
    signal: new AbortController().signal,
    clock: { now: () => Date.now() + (ahead += 1000) * 1000, wait: async () => undefined },
    keyCacheSeconds: 1,
    parameterRefreshSeconds: 3600,
    onProgress: () => undefined,
  };
  const terms = { keyCacheTtlSeconds: 1, keyStoreBackupDays: 1 };
  const { keyMaintenance } = openPatientRecords(service.platform, [], terms);
  const done = { outcome: 'done' };
  expect(await keyMaintenance.rotate(run)).toMatchObject(done);
  expect(await keyMaintenance.reEncrypt(run)).toMatchObject(done);
  expect(await keyMaintenance.reindex(run)).toMatchObject(done);
  await keyMaintenance.status(run, () => undefined);
}

/** A policy as pairs of action and resource, with short names of resources. */
function allowed(policyId: 'ServiceTaskPolicy' | 'ServiceOperatorPolicy'): Map<Asked, string> {
  const policy = dev.ofType('AWS::IAM::ManagedPolicy').find(({ id }) => id.startsWith(policyId));
  const pairs = new Map<Asked, string>();
  for (const { sid, effect, actions, resources } of statementsOf(policy?.Properties?.['PolicyDocument'])) {
    if (effect === 'Deny' || throughServices.has(sid)) continue;
    for (const action of actions)
      for (const resource of resources)
        pairs.set(`${action} ${shortName(JSON.stringify(deployed(resource)))}`, sid);
  }
  return pairs;
}

const shortNames: [RegExp, string][] = [
  [/:table\/phi-dev-records/, 'records'],
  [/:table\/phi-dev-audit/, 'audit'],
  [/:table\/phi-dev-key-store/, 'keyStore'],
  [/KeysRecords/, 'recordsKey'],
  [/KeysSigning/, 'signingKey'],
  [/:parameter\/phi\//, 'parameters'],
  [/Guardrail/, 'guardrail'],
  [/:inference-profile\/|:foundation-model\//, 'models'],
];

function shortName(arn: string): string {
  const [pattern, name] = shortNames.find(([one]) => one.test(arn)) ?? [];
  if (pattern === undefined) throw new Error(`a resource that the test does not know: ${arn}`);
  return `${name}${/\/index\/\w+/.exec(arn)?.[0] ?? ''}`;
}

describe("the task's policy", () => {
  if (!javaIsInstalled()) {
    it.todo('NOT TESTED: DynamoDB Local needs Java 17, which is not installed');
    return;
  }
  beforeAll(startRecorded, 120_000);
  afterAll(async () => {
    await service?.stop();
    await local?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('allows everything that the service asks for', () => {
    const permitted = allowed('ServiceTaskPolicy');
    expect([...asked.service].filter((one) => !permitted.has(one))).toEqual([]);
  });

  it('allows nothing else', () => {
    const unasked = [...allowed('ServiceTaskPolicy').keys()].filter((one) => !asked.service.has(one));
    expect(unasked.sort()).toEqual(Object.keys(awaited).sort());
  });

  it('is, with what operators get beside, what their commands ask for', () => {
    const [ofTask, beside] = [allowed('ServiceTaskPolicy'), allowed('ServiceOperatorPolicy')];
    expect([...asked.operator].filter((one) => !ofTask.has(one) && !beside.has(one))).toEqual([]);
    const unasked = [...beside.keys()].filter((one) => !asked.operator.has(one));
    // The parameter is a file here; on AWS a reindex puts it.
    expect(unasked).toEqual(['ssm:PutParameter parameters']);
  });

  it('asks of KMS that every use of the records key names our key store and a branch key, and so each does', () => {
    const uses = recorded.kms.filter(({ action }) => action !== 'kms:DescribeKey');
    expect(uses.length).toBeGreaterThan(5);
    for (const { context } of uses) {
      expect(context).toMatchObject({ tablename: names.keyStore });
      expect(context['branch-key-id']).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});
