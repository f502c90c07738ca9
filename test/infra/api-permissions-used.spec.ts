import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DeleteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expireEvents, publicKeysByName } from '@app/audit';
import { LocalIssuer } from '@app/authentication';
import { fixedConfiguration, type PhiConfig } from '@app/configuration';
import type { PatientKeyStore } from '@app/encryption';
import { type MaintenanceJobRun, openPatientRecords } from '@app/patient-records';
import { openTrail, setUpPlatform } from '@app/platform';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AwsAccount, startAwsAccount } from '../support/aws/aws-account.js';
import { issuerOf } from '../support/deployment.js';
import { type DynamoDbLocal, javaIsInstalled, startDynamoDbLocal } from '../support/dynamodb-local.js';
import { erasablePatient, erasureBody, officerScope } from '../support/erasable-patient.js';
import { clientOf, startListening, succeeded } from '../support/phi-client.js';
import { mrn } from '../support/sample-patient.js';
import type { Service } from '../support/service.js';
import { admits, deployed } from './policy-evaluation.js';
import { type Asked, RecordedCalls } from './support/recorded-calls.js';
import { statementsOf, synthesized, type Synthesized } from './synthesized.js';

const stage = 'dev';
const aliases = { recordsKey: `alias/phi-${stage}-records`, signingKey: `alias/phi-${stage}-signing` };
const names = {
  records: `phi-${stage}-records`,
  audit: `phi-${stage}-audit`,
  keyStore: `phi-${stage}-key-store`,
};

/** Allowed to DynamoDB and Parameter Store in the caller's name: the service never asks for it itself. */
const throughServices = new Set(['TablesUnderKey', 'ParametersUnderKey', 'IndexRootUnderKey']);

let dev: Synthesized;
let local: DynamoDbLocal;
let account: AwsAccount;
let folder: string;
let service: Service;
/** What was asked by the service, by operators' commands, and by who works on the trail alone. */
let asked: { service: Set<Asked>; operator: Set<Asked>; trail: Set<Asked> };
let contexts: Record<string, string>[];

const variables = {
  PHI_PLATFORM: 'aws',
  PHI_STAGE: stage,
  PHI_KEY_STORE_BACKUP_DAYS: '1',
  PHI_KEY_CACHE_ENTRIES: '2',
  PHI_KEY_CACHE_TTL_SECONDS: '1',
};

/** The service as it is on AWS, every setting from its parameter. */
async function startRecorded(): Promise<void> {
  dev = synthesized('dev');
  local = await startDynamoDbLocal();
  account = await startAwsAccount(local.endpoint);
  Object.assign(process.env, account.environment);
  folder = mkdtempSync(join(tmpdir(), 'phi-permissions-'));
  const { config } = await fixedConfiguration(variables);
  const { jwks } = await issuerOf(folder);
  await setUpPlatform(config, {
    checkOnly: false,
    newKmsKey: false,
    issuer: { issuer: LocalIssuer.issuer, jwks: JSON.stringify(jwks) },
    guardrail: { id: 'guardrail1', version: '1', modelId: 'us.anthropic.model-v1:0' },
    onStep: () => undefined,
  });
  account.reset();
  const calls = new RecordedCalls(account, { tables: names, aliases });
  service = await startListening(variables, folder);
  await useEverything();
  await resumeErasure(local.client(), service.platform.keyStore);
  const byService = calls.all();
  contexts = calls.contexts();
  account.reset();
  await replaceKeys();
  const byOperator = calls.all();
  contexts.push(...calls.contexts());
  account.reset();
  await expireTrail(config);
  asked = { service: byService, operator: byOperator, trail: calls.all() };
}

/** `phi audit export` as far as its event, and `phi audit expire`, with nothing that is old enough. */
async function expireTrail(config: PhiConfig): Promise<void> {
  const trail = await openTrail(config);
  const origin = { networkAddress: '', requestId: randomUUID() };
  await trail.audit.append([{ type: 'audit-export', outcome: '0', origin }]);
  const report = await expireEvents(
    { ...trail, publicKeys: publicKeysByName([trail.checkpointSigner.publicKey]) },
    { retentionDays: 2192, origin },
  );
  expect(report).toMatchObject({ outcome: 'done', events: 0 });
  await trail.close();
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
  [/:parameter\/phi\//, 'parameter'],
  [/Guardrail/, 'guardrail'],
  [/:inference-profile\/|:foundation-model\//, 'models'],
];

function shortName(arn: string): string {
  const [pattern, name] = shortNames.find(([one]) => one.test(arn)) ?? [];
  if (pattern === undefined) throw new Error(`a resource that the test does not know: ${arn}`);
  if (name === 'parameter') return /[\w-]+(?="?$)/.exec(arn)?.[0] ?? '';
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
    await account?.close();
    await local?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('allows everything that the service asks for', () => {
    const permitted = allowed('ServiceTaskPolicy');
    expect([...asked.service].filter((one) => !permitted.has(one))).toEqual([]);
  });

  it('allows nothing else', () => {
    expect([...allowed('ServiceTaskPolicy').keys()].filter((one) => !asked.service.has(one))).toEqual([]);
  });

  it('is, with what operators get beside, what their commands ask for', () => {
    const [ofTask, beside] = [allowed('ServiceTaskPolicy'), allowed('ServiceOperatorPolicy')];
    expect([...asked.operator].filter((one) => !ofTask.has(one) && !beside.has(one))).toEqual([]);
    expect([...beside.keys()].filter((one) => !asked.operator.has(one))).toEqual([]);
  });

  it.each(['service', 'operator', 'trail'] as const)('is met by the policies of the keys: %s', (who) => {
    const role = { service: 'task', operator: 'operator', trail: 'audit-expiry' }[who];
    const row = {
      'kms:EncryptionContext:tablename': names.keyStore,
      'kms:EncryptionContext:branch-key-id': 'a',
    };
    const refused = [...asked[who]].filter((one) => {
      const [action = '', key] = one.split(' ');
      if (!action.startsWith('kms:')) return false;
      const keys = key === 'signingKey' ? { 'kms:SigningAlgorithm': 'ECDSA_SHA_256' } : row;
      const name = key === 'signingKey' ? 'KeysSigning' : 'KeysRecords';
      const policy = dev.ofType('AWS::KMS::Key').find(({ id }) => id.startsWith(name))?.Properties?.[
        'KeyPolicy'
      ];
      return !admits(statementsOf(policy), { principal: { role: `phi-${stage}-${role}` }, action, keys });
    });
    expect(refused).toEqual([]);
  });

  it('asks of KMS that every use of the records key names our key store and a branch key, and so each does', () => {
    expect(contexts.length).toBeGreaterThan(5);
    for (const context of contexts) {
      expect(context).toMatchObject({ tablename: names.keyStore });
      expect(context['branch-key-id']).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});

describe('who works on the trail alone (`phi audit expire`, `export`)', () => {
  if (!javaIsInstalled()) return;

  it('asks for the trail and its signing key, and for nothing of any patient', () => {
    const actions = [...asked.trail];
    expect(actions.filter((one) => one.startsWith('ssm:'))).toEqual(['ssm:GetParameter signing-key-arn']);
    const ofKms = actions.filter((one) => one.startsWith('kms:')).sort();
    expect(ofKms).toEqual(['kms:GetPublicKey signingKey', 'kms:Sign signingKey']);
    expect(actions.filter((one) => one.includes('keyStore'))).toEqual([]);
  });
});
