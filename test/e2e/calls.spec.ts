import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { operations, type OperationName } from '../../infra/cost/operations.js';
import type { AwsAccount } from '../support/aws/aws-account.js';
import { bedrockVariables } from '../support/bedrock-settings.js';
import { testAccount } from '../support/deployment.js';
import { erasureBody, officerScope } from '../support/erasable-patient.js';
import { type Answer, clientOf, type PhiClient, startListening, succeeded } from '../support/phi-client.js';
import { mrn, wholePatient } from '../support/sample-patient.js';
import type { Service } from '../support/service.js';

type Counts = Record<string, number>;

interface Calls {
  dynamoDb: Counts;
  kms: Counts;
  bedrock: { guardrail: number; model: number };
}

interface Counted {
  name: string;
  use: (at: Subject) => Promise<Answer>;
  /** With the patient's key in memory. */
  warm: Calls;
  /** How the table of units names it. */
  operation: OperationName;
}

/** Whom the operations are about. */
interface Subject {
  client: PhiClient;
  path: string;
  recordPath: string;
}

const record = { recordType: 'Observation', content: { text: 'seen today' }, notes: 'He is well.' };
const batch = { records: Array.from({ length: 10 }, () => record) };
const none: Counts = {};
const unasked = { guardrail: 0, model: 0 };
/** One text is asked about once each. */
const asked = { guardrail: 1, model: 1 };
/** Two data keys and one ReEncrypt make the key, one Decrypt opens it for the first time. */
const newKey: Counts = { GenerateDataKeyWithoutPlaintext: 2, ReEncrypt: 1, Decrypt: 1 };

/**
 * Heads come with what access is decided by in one BatchGetItem; an event is put before plaintext leaves, or rides in the
 * transaction of a write.
 */
const counted: Counted[] = [
  {
    name: 'read a patient',
    use: ({ client, path }) => client.get(path),
    warm: { dynamoDb: { BatchGetItem: 1, PutItem: 1 }, kms: none, bedrock: unasked },
    operation: 'patientRead',
  },
  {
    name: 'change a patient',
    use: ({ client, path }) => client.patch(path, { gender: 'other' }, { 'if-match': '*' }),
    warm: { dynamoDb: { BatchGetItem: 1, TransactWriteItems: 1 }, kms: none, bedrock: asked },
    operation: 'patientUpdate',
  },
  {
    name: 'search by identifier',
    use: ({ client }) => client.post('/v1/patients/search', { identifier: mrn('calls') }),
    warm: { dynamoDb: { Query: 1, BatchGetItem: 1, PutItem: 1 }, kms: none, bedrock: unasked },
    operation: 'patientSearch',
  },
  {
    name: 'create a record',
    use: ({ client, path }) => client.post(`${path}/records`, record),
    warm: { dynamoDb: { BatchGetItem: 1, TransactWriteItems: 1 }, kms: none, bedrock: asked },
    operation: 'recordCreate',
  },
  {
    name: 'create ten records',
    use: ({ client, path }) => client.post(`${path}/records/batch`, batch),
    warm: { dynamoDb: { BatchGetItem: 1, TransactWriteItems: 1 }, kms: none, bedrock: asked },
    operation: 'recordBatch',
  },
  {
    name: 'read a record',
    use: ({ client, recordPath }) => client.get(recordPath),
    warm: { dynamoDb: { BatchGetItem: 1, PutItem: 1 }, kms: none, bedrock: unasked },
    operation: 'recordRead',
  },
  {
    name: 'list records',
    use: ({ client, path }) => client.get(`${path}/records`),
    warm: { dynamoDb: { BatchGetItem: 1, Query: 1, PutItem: 1 }, kms: none, bedrock: unasked },
    operation: 'recordList',
  },
  {
    name: "read a patient's history",
    use: ({ client, path }) => client.get(`${path}/history`),
    warm: { dynamoDb: { BatchGetItem: 1, Query: 1, PutItem: 1 }, kms: none, bedrock: unasked },
    operation: 'patientHistory',
  },
  {
    name: 'export a patient',
    use: ({ client, path }) => client.get(`${path}/export`),
    warm: { dynamoDb: { BatchGetItem: 2, Query: 1, PutItem: 1 }, kms: none, bedrock: unasked },
    operation: 'patientExport',
  },
];

const sum = (counts: Counts) => Object.values(counts).reduce((total, count) => total + count, 0);

describe('calls of DynamoDB and KMS', () => {
  let account: AwsAccount;
  let service: Service;
  let subject: Subject;
  let patientId: string;

  beforeAll(async () => {
    account = await testAccount();
    Object.assign(process.env, { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: account.bedrock.endpoint });
    // What goes on by itself must not fall into an operation: sealing, leases, parameters, metrics.
    service = await startListening({
      PHI_AUDIT_SEAL_SECONDS: '60',
      PHI_AUDIT_LEASE_SECONDS: '600',
      PHI_PARAMETER_REFRESH_SECONDS: '3600',
      PHI_METRICS_SECONDS: '0',
      ...bedrockVariables('calls00000'),
    });
    const client = await clientOf(service, { scope: `system/*.cruds ${officerScope}` });
    // The first request opens the chain of the trail, and the first new key looks where the alias points.
    await succeeded(client.post('/v1/patients', { active: true }));
    patientId = (await succeeded(client.post('/v1/patients', wholePatient('calls')))).body.id;
    const path = `/v1/patients/${patientId}`;
    const { id } = (await succeeded(client.post(`${path}/records`, record))).body;
    subject = { client, path, recordPath: `${path}/records/${id}` };
  }, 60_000);
  afterAll(() => service.stop());

  async function during(work: () => Promise<unknown>): Promise<Calls> {
    account.reset();
    await work();
    const bedrock = { ...unasked };
    for (const { operation } of account.bedrock.requests) bedrock[operation] += 1;
    return { dynamoDb: account.dynamoDb.endpoint.counts(), kms: account.kms.endpoint.counts(), bedrock };
  }

  /** The estimate of costs and the figures of docs/scaling.md rest on that table. */
  function expectInTable(operation: OperationName, { dynamoDb, kms, bedrock }: Calls): void {
    const { dynamoDbCalls, kmsCalls, screeningCalls } = operations[operation];
    expect([sum(dynamoDb), sum(kms)]).toEqual([dynamoDbCalls, kmsCalls]);
    expect(bedrock).toEqual({ guardrail: screeningCalls, model: screeningCalls });
  }

  it('to create a patient: one transaction for his key and one for him, 3 + 1 calls of KMS', async () => {
    const { client } = subject;
    const create = (name: string, headers = {}) =>
      during(() => succeeded(client.post('/v1/patients', wholePatient(name), headers)));
    const made = await create('created');
    // The GetItem looks whether his id is taken; his key is written, and not read back for its first use.
    expect(made).toEqual({ dynamoDb: { GetItem: 1, TransactWriteItems: 2 }, kms: newKey, bedrock: asked });
    expectInTable('patientCreate', made);
    expect(await create('created-once', { 'idempotency-key': 'calls' })).toEqual({
      dynamoDb: { BatchGetItem: 1, GetItem: 1, TransactWriteItems: 2 },
      kms: newKey,
      bedrock: asked,
    });
  });

  it.each(counted)('to $name, with his key in memory and without', async ({ use, warm, operation }) => {
    const run = () => succeeded(use(subject));
    await run();
    const found = await during(run);
    expect(found).toEqual(warm);
    expectInTable(operation, found);
    // A key that is not in memory is one row of the key store and one Decrypt.
    service.platform.cipher.evict(patientId);
    expect(await during(run)).toEqual({
      ...warm,
      dynamoDb: { ...warm.dynamoDb, GetItem: 1 },
      kms: { Decrypt: 1 },
    });
  });

  it('to read what is in memory: at most two of DynamoDB and none of KMS; to write it: one transaction', () => {
    for (const { name, warm } of counted.filter((one) => /^read a (patient|record)$/.test(one.name)))
      expect([name, sum(warm.dynamoDb) <= 2, sum(warm.kms)]).toEqual([name, true, 0]);
    for (const { name, warm } of counted.filter((one) => /^(change|create) /.test(one.name)))
      expect([name, warm.dynamoDb['TransactWriteItems']]).toEqual([name, 1]);
  });

  it('to erase a patient of one document: no call of KMS', async () => {
    const { client } = subject;
    const { id } = (await succeeded(client.post('/v1/patients', { notes: 'short' }))).body;
    const erased = await during(() => succeeded(client.post(`/v1/patients/${id}/erase`, erasureBody(id))));
    expect(erased).toEqual({
      dynamoDb: { GetItem: 8, Query: 5, TransactWriteItems: 5 },
      kms: none,
      bedrock: unasked,
    });
    expectInTable('patientErase', erased);
  });

  it('of every operation that has units', () => {
    const names: OperationName[] = ['patientCreate', 'patientErase', ...counted.map((one) => one.operation)];
    expect(names.toSorted()).toEqual(Object.keys(operations).toSorted());
  });
});
