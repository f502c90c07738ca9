import { randomUUID } from 'node:crypto';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DynamoDbPhiTable, type PhiTable, tableDefinitions } from '@app/phi-table';
import {
  type DynamoDbLocal,
  javaIsInstalled,
  startDynamoDbLocal,
} from '../../../../test/support/dynamodb-local.js';
import { hour, type Instance, minute, patients, tokenOf, WatchedTrails } from './spec-support.js';

/** @param open a fresh store, or `undefined` for an LMDB file */
function severalInstances(open: () => Promise<PhiTable | undefined>): void {
  let trails: WatchedTrails;
  let instances: Instance[];

  beforeEach(async () => {
    trails = new WatchedTrails(await open());
    instances = Array.from({ length: 5 }, () => trails.instance());
  });
  afterEach(() => trails.close());

  it('report an agent together whom none of them would report alone, once', async () => {
    for (const { reads } of instances) await reads('clerk', patients(11));
    const reported = await trails.reported('clerk');
    expect(reported).toHaveLength(1);
    expect(reported[0]?.count).toBeGreaterThan(50);
    expect(reported[0]?.count).toBeLessThanOrEqual(55);
    expect(instances.flatMap(({ found }) => found)).toHaveLength(1);
  });

  it('report once what all of them notice at the same moment', async () => {
    await Promise.all(instances.map(({ reads }) => reads('clerk', patients(60))));
    await trails.pass(6 * minute);
    const counts = (await trails.reported('clerk')).map(({ count = 0 }) => count);
    // Each report at least doubles the one before it.
    for (let report = 1; report < counts.length; report++) {
      expect(counts[report]).toBeGreaterThanOrEqual(2 * (counts[report - 1] as number));
    }
    expect(counts[0]).toBeGreaterThan(50);
    expect(counts.length).toBeLessThanOrEqual(3);
    expect(instances.flatMap(({ problems }) => problems)).toEqual([]);
  });

  it('count a patient once whom he reads through several of them', async () => {
    const ward = patients(40);
    for (const { reads } of instances) await reads('nurse', ward);
    await trails.pass(10 * minute);
    expect(await trails.reported('nurse')).toEqual([]);
  });

  it('see what was read through one that has ended', async () => {
    const [first, second] = instances as [Instance, Instance];
    await first.reads('clerk', patients(30));
    await first.watch.close();
    await second.reads('clerk', patients(21));
    expect((await trails.reported('clerk')).map(({ count }) => count)).toEqual([51]);
  });

  it('remember together what is usual, an hour as one', async () => {
    const works = async (hours: number) => {
      for (let worked = 0; worked < hours; worked++) {
        for (const { reads } of instances) await reads('bulk', patients(6));
        await trails.pass(hour);
      }
    };
    const [first] = instances as [Instance];
    await works(7);
    const row = await trails.table.get({
      table: 'records',
      partition: `ACTIVITY#${tokenOf('bulk')}`,
      sort: '-',
    });
    expect(row?.attributes).toMatchObject({ hours: 7, mean: 30 });
    await works(1);
    await first.reads('bulk', patients(151));
    expect((await trails.reported('bulk')).map(({ massRead }) => massRead)).toEqual([
      { limit: 150, usual: 30 },
    ]);
    expect(instances.flatMap(({ problems }) => problems)).toEqual([]);
  });
}

describe('several instances on LMDB', () => {
  severalInstances(async () => undefined);
});

describe('several instances on DynamoDB', () => {
  if (!javaIsInstalled()) {
    it.todo('report an agent together (DynamoDB Local needs Java 17, which is not installed)');
    return;
  }
  let local: DynamoDbLocal;
  beforeAll(async () => {
    local = await startDynamoDbLocal();
  });
  afterAll(() => local.stop());

  severalInstances(async () => {
    const client = local.client();
    const tables = { records: `records-${randomUUID()}`, audit: `audit-${randomUUID()}` };
    for (const input of Object.values(tableDefinitions(tables))) {
      await client.send(new CreateTableCommand(input));
    }
    return new DynamoDbPhiTable({ client, tables });
  });
});
