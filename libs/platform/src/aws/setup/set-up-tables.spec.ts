import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { keyStoreTableDefinition } from '@app/encryption';
import {
  AwsEndpoint,
  type JsonObject,
  testCredentials,
  testRegion,
} from '../../../../../test/support/aws/aws-endpoint.js';
import { SetUpConflict, SetUpSteps } from './set-up-steps.js';
import { TableSetUp } from './set-up-tables.js';

const definition = keyStoreTableDefinition('phi-dev-key-store');
/** What DynamoDB has: of point-in-time recovery, which DynamoDB Local does not know. */
let table: JsonObject;
let recovery: JsonObject;
let endpoint: AwsEndpoint;
let client: DynamoDBClient;

/** @see DynamoDB API Reference, "DescribeContinuousBackups", "UpdateContinuousBackups" */
function answer(operation: string, input: JsonObject): JsonObject {
  switch (operation) {
    case 'DescribeTable':
      return { Table: table };
    case 'UpdateContinuousBackups': {
      const { PointInTimeRecoveryEnabled, ...settings } = input[
        'PointInTimeRecoverySpecification'
      ] as JsonObject;
      recovery = {
        PointInTimeRecoveryStatus: PointInTimeRecoveryEnabled ? 'ENABLED' : 'DISABLED',
        ...settings,
      };
    }
  }
  return {
    ContinuousBackupsDescription: {
      ContinuousBackupsStatus: 'ENABLED',
      PointInTimeRecoveryDescription: recovery,
    },
  };
}

beforeAll(async () => {
  endpoint = await AwsEndpoint.start({
    signingName: 'dynamodb',
    targetPrefix: 'DynamoDB_20120810',
    contentType: 'application/x-amz-json-1.0',
    answer: async ({ operation, input }) => answer(operation, input),
  });
  client = new DynamoDBClient({ endpoint: endpoint.url, region: testRegion, credentials: testCredentials });
});
beforeEach(() => {
  table = { ...definition, TableStatus: 'ACTIVE' };
  recovery = { PointInTimeRecoveryStatus: 'DISABLED' };
  endpoint.reset();
});
afterAll(async () => {
  client.destroy();
  await endpoint.close();
});

async function ensured(recoveryDays: number, checkOnly = false) {
  const steps = new SetUpSteps(checkOnly, () => undefined);
  await new TableSetUp(client, steps).ensure(definition, recoveryDays);
  return steps.steps.map(({ outcome }) => outcome);
}

describe('point-in-time recovery', () => {
  it('is switched on with the window that receipts of erasures promise', async () => {
    expect(await ensured(7)).toEqual(['there', 'created']);
    expect(recovery).toEqual({ PointInTimeRecoveryStatus: 'ENABLED', RecoveryPeriodInDays: 7 });
    expect(await ensured(7)).toEqual(['there', 'there']);
    expect(endpoint.counts()['UpdateContinuousBackups']).toBe(1);
  });

  it('gets another window where it keeps a destroyed key for longer', async () => {
    recovery = { PointInTimeRecoveryStatus: 'ENABLED', RecoveryPeriodInDays: 35 };
    expect(await ensured(1, true)).toEqual(['there', 'missing']);
    expect(await ensured(1)).toEqual(['there', 'created']);
    expect(recovery).toMatchObject({ RecoveryPeriodInDays: 1 });
  });
});

describe('a table that is there', () => {
  it.each([
    [
      'keys',
      { KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }] },
      /its keys are id .* must be branch-key-id/,
    ],
    [
      'types of keys',
      {
        AttributeDefinitions: [
          { AttributeName: 'branch-key-id', AttributeType: 'B' },
          { AttributeName: 'type', AttributeType: 'S' },
        ],
      },
      /branch-key-id \(HASH, B\).* must be branch-key-id \(HASH, S\)/,
    ],
  ])('is left alone and named when it has other %s', async (_, change, told) => {
    table = { ...table, ...change };
    const refused = ensured(1);
    await expect(refused).rejects.toThrow(SetUpConflict);
    await expect(refused).rejects.toThrow(told);
    await expect(refused).rejects.toThrow(/table phi-dev-key-store has another schema/);
    expect(endpoint.counts()).toEqual({ DescribeTable: 1 });
  });
});
