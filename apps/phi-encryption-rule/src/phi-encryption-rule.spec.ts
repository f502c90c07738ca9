import { ConfigServiceClient } from '@aws-sdk/client-config-service';
import { EC2Client } from '@aws-sdk/client-ec2';
import { KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { localClient } from '../../../test/infra/http-endpoint.js';
import { type ConfigServer, startConfigServer } from '../../../test/support/config-server.js';
import { phiEncryptionRule } from './phi-encryption-rule.js';

interface TableRow {
  name: string;
  item: Record<string, unknown> & { resourceType: string; resourceId: string };
  recorded: Record<string, unknown>[];
  expected: 'COMPLIANT' | 'NON_COMPLIANT' | 'NOT_APPLICABLE';
}

const table = readFileSync('test/fixtures/config/phi-encryption.jsonl', 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as TableRow);
const keys: ConfigServer['keys'] = {
  '0f3a7c52': 'CUSTOMER',
  aaaaaaaa: 'AWS',
  bbbbbbbb: 'AccessDeniedException',
  cccccccc: 'NotFoundException',
};

let aws: ConfigServer;
let logged: unknown[] = [];
let evaluate: (
  messageType: string,
  event: Record<string, unknown>,
  more?: { eventLeftScope?: boolean },
) => Promise<void>;

beforeAll(async () => {
  aws = await startConfigServer();
  const client = localClient(aws.endpoint.url);
  const rule = phiEncryptionRule({
    config: new ConfigServiceClient(client),
    kms: new KMSClient(client),
    ec2: new EC2Client(client),
    log: (...line) => logged.push(line),
  });
  evaluate = (messageType, event, more = {}) =>
    rule({
      invokingEvent: JSON.stringify({
        ...event,
        messageType,
        notificationCreationTime: '2026-11-03T10:00:00.000Z',
        recordVersion: '1.3',
      }),
      resultToken: 'token',
      ...more,
    });
});
afterAll(() => aws.close());
beforeEach(() => {
  aws.reset();
  aws.keys = keys;
  logged = [];
});

const changed = (item: unknown) =>
  evaluate('ConfigurationItemChangeNotification', { configurationItem: item });
const rowNamed = (name: string): TableRow => {
  const row = table.find((one) => one.name === name);
  if (row === undefined) throw new Error(`no row of the table is named so: ${name}`);
  return row;
};

describe('the verdicts on the table of configuration items', () => {
  const reached = new Map<string, unknown>();

  beforeAll(async () => {
    for (const { name, item, recorded } of table) {
      aws.reset();
      aws.keys = keys;
      aws.history = recorded;
      await changed(item);
      const [evaluation, ...others] = aws.evaluations();
      if (others.length > 0) throw new Error('one item, more than one evaluation');
      reached.set(name, evaluation);
    }
  });

  it('are many and of every kind', () => {
    expect(table.length).toBeGreaterThanOrEqual(120);
    expect(new Set(table.map(({ item }) => item.resourceType)).size).toBeGreaterThanOrEqual(9);
  });

  it('have no false positive and no false negative', () => {
    const of = (name: string) =>
      (reached.get(name) as { ComplianceType?: string } | undefined)?.ComplianceType;
    const verdicts = ['NON_COMPLIANT', 'COMPLIANT', 'NOT_APPLICABLE'] as const;
    const lines = verdicts.map((expected) => {
      const rows = table.filter((row) => row.expected === expected);
      const counts = verdicts.map((verdict) => rows.filter(({ name }) => of(name) === verdict).length);
      return `${expected.padEnd(15)}${counts.map((count) => String(count).padStart(15)).join('')}`;
    });
    process.stdout.write(
      `\nphi-encryption, ${table.length} configuration items: expected below, reached beside\n${' '.repeat(15)}${verdicts.map((one) => one.padStart(15)).join('')}\n${lines.join('\n')}\n`,
    );
    expect(table.filter(({ name, expected }) => of(name) !== expected).map(({ name }) => name)).toEqual([]);
  });

  it('are told of the item as it was recorded, with a reason that repeats no value of a tag', () => {
    for (const { name, item } of table) {
      expect(reached.get(name)).toMatchObject({
        ComplianceResourceType: item.resourceType,
        ComplianceResourceId: item.resourceId,
        OrderingTimestamp: Date.parse('2026-11-03T09:15:27.384Z') / 1000,
      });
      const { Annotation } = reached.get(name) as { Annotation: string };
      expect(Annotation.length).toBeGreaterThan(10);
      expect(Annotation.length).toBeLessThanOrEqual(256);
      expect(Annotation).not.toMatch(/cardiology|ledger|restricted/i);
    }
  });
});

describe('the rule', () => {
  it('says why', async () => {
    await changed(rowNamed('volume under aws/ebs').item);
    expect(aws.evaluations()).toMatchObject([
      {
        ComplianceType: 'NON_COMPLIANT',
        Annotation:
          'Holds PHI (its tag DataClassification); is encrypted under a key of AWS, not under a customer-managed key',
      },
    ]);
    expect(logged).toEqual([
      [
        'evaluated',
        { trigger: 'ConfigurationItemChangeNotification', COMPLIANT: 0, NON_COMPLIANT: 1, NOT_APPLICABLE: 0 },
      ],
    ]);
  });

  it('asks for no tags of others where its own decide', async () => {
    const { item, recorded } = rowNamed('volume without PHI of an instance with PHI');
    aws.history = recorded;
    await changed(item);
    expect(aws.calls.map(({ operation }) => operation)).toEqual(['PutEvaluations']);
  });

  it.each(['volume under the alias of AWS', 'bucket with PHI under alias/aws/s3'])(
    'knows the aliases of AWS without asking KMS: %s',
    async (name) => {
      await changed(rowNamed(name).item);
      expect(aws.evaluations()).toMatchObject([
        { Annotation: expect.stringContaining('under a key of AWS, not under a customer-managed key') },
      ]);
      expect(aws.calls.map(({ operation }) => operation)).toEqual(['PutEvaluations']);
    },
  );

  it('takes a resource out of its results that left its scope', async () => {
    await evaluate(
      'ConfigurationItemChangeNotification',
      { configurationItem: rowNamed('bucket with PHI without a rule').item },
      { eventLeftScope: true },
    );
    expect(aws.evaluations()).toMatchObject([{ ComplianceType: 'NOT_APPLICABLE' }]);
  });

  it.each([
    ['table with PHI under a customer key', 'COMPLIANT'],
    ['database with PHI', 'NON_COMPLIANT'],
    ['bucket with PHI under two layers of a customer key', 'COMPLIANT'],
  ])('fetches what was too large for the event: %s, %s', async (name, ComplianceType) => {
    const { item } = rowNamed(name);
    aws.history = [item];
    const { configurationItemCaptureTime, configurationItemStatus, resourceType, resourceId } = item;
    const summary = { configurationItemCaptureTime, configurationItemStatus, resourceType, resourceId };
    await evaluate('OversizedConfigurationItemChangeNotification', {
      configurationItemSummary: { ...summary, changeType: 'UPDATE', awsAccountId: '111122223333' },
    });
    expect(aws.evaluations()).toMatchObject([{ ComplianceResourceId: resourceId, ComplianceType }]);
  });

  it('fails at an oversized change that Config does not know yet, so that it is asked again', async () => {
    const { resourceType, resourceId, configurationItemCaptureTime } = rowNamed('database with PHI').item;
    const summary = { resourceType, resourceId, configurationItemCaptureTime };
    await expect(
      evaluate('OversizedConfigurationItemChangeNotification', { configurationItemSummary: summary }),
    ).rejects.toThrow('no item of an oversized change');
    expect(aws.evaluations()).toEqual([]);
  });

  it('takes the summary of a deletion as it is', async () => {
    const { resourceType, resourceId, configurationItemCaptureTime } = rowNamed('database with PHI').item;
    const summary = { resourceType, resourceId, configurationItemCaptureTime };
    await evaluate('OversizedConfigurationItemChangeNotification', {
      configurationItemSummary: { ...summary, configurationItemStatus: 'ResourceDeleted' },
    });
    expect(aws.evaluations()).toMatchObject([{ ComplianceType: 'NOT_APPLICABLE' }]);
  });

  it('refuses a trigger that it was not made for', async () => {
    await expect(evaluate('ConfigurationSnapshotDeliveryCompleted', {})).rejects.toThrow('was not made for');
  });
});

describe('on schedule', () => {
  const recordedRows = table.filter(({ item }) => item.resourceType !== 'AWS::EC2::Snapshot');
  /** A row of `SelectResourceConfig`: tags as a list, its account by another name. */
  const selectedRow = ({ awsAccountId, tags, ...item }: TableRow['item']) => ({
    ...item,
    accountId: awsAccountId,
    tags: Array.isArray(tags)
      ? tags
      : Object.entries(tags ?? {}).map(([key, value]) => ({ key, value, tag: `${key}=${String(value)}` })),
  });
  const snapshotXml = (id: string, encrypted: boolean, tag: string) =>
    `<item><snapshotId>${id}</snapshotId><volumeId>vol-1</volumeId><status>completed</status><ownerId>111122223333</ownerId><encrypted>${encrypted}</encrypted>${encrypted ? '<kmsKeyId>arn:aws:kms:us-east-1:111122223333:key/0f3a7c52</kmsKeyId>' : ''}<tagSet><item><key>PHI</key><value>${tag}</value></item></tagSet></item>`;

  it('judges everything that Config records, in the pages in which it comes, at most 100 verdicts a call', async () => {
    const rows = recordedRows.filter(({ recorded }) => recorded.length === 0);
    aws.selected = [rows.slice(0, 100), rows.slice(100)].map((page) =>
      page.map(({ item }) => selectedRow(item)),
    );
    await evaluate('ScheduledNotification', { awsAccountId: '111122223333' });
    const told = new Map(
      aws.evaluations().map((one) => [one['ComplianceResourceId'], one['ComplianceType']] as const),
    );
    expect(rows.length).toBeGreaterThan(100);
    expect(
      rows.filter(({ item, expected }) => told.get(item.resourceId) !== expected).map(({ name }) => name),
    ).toEqual([]);
    const batches = aws.calls.filter(({ operation }) => operation === 'PutEvaluations');
    expect(batches.map(({ input }) => (input['Evaluations'] as unknown[]).length)).toEqual([
      100,
      rows.length - 100,
    ]);
    // Whose a key is was asked once for each.
    const asked = aws.calls
      .filter(({ operation }) => operation === 'DescribeKey')
      .map(({ input }) => input['KeyId']);
    expect(new Set(asked).size).toBe(asked.length);
  });

  it('asks EC2 for the snapshots of this account, which Config does not record', async () => {
    aws.snapshots = [
      snapshotXml('snap-1', false, 'yes') + snapshotXml('snap-2', true, 'yes'),
      snapshotXml('snap-3', false, 'no'),
    ];
    await evaluate('ScheduledNotification', {});
    expect(aws.evaluations().map((one) => [one['ComplianceResourceId'], one['ComplianceType']])).toEqual([
      ['snap-1', 'NON_COMPLIANT'],
      ['snap-2', 'COMPLIANT'],
      ['snap-3', 'NOT_APPLICABLE'],
    ]);
    expect(aws.evaluations()[0]).toMatchObject({
      ComplianceResourceType: 'AWS::EC2::Snapshot',
      OrderingTimestamp: Date.parse('2026-11-03T10:00:00.000Z') / 1000,
    });
    const question = aws.calls.find(({ operation }) => operation === 'DescribeSnapshots');
    expect(question?.input).toMatchObject({ 'Owner.1': 'self' });
  });

  it('tells at most 100 verdicts a call, though EC2 has longer pages', async () => {
    aws.snapshots = [
      Array.from({ length: 150 }, (_, index) => snapshotXml(`snap-${index}`, false, 'no')).join(''),
    ];
    await evaluate('ScheduledNotification', {});
    const batches = aws.calls.filter(
      ({ operation, input }) => operation === 'PutEvaluations' && input['Evaluations'],
    );
    expect(batches.map(({ input }) => (input['Evaluations'] as unknown[]).length)).toEqual([100, 50]);
  });

  it('tells verdicts again that Config did not take, and fails in the end', async () => {
    aws.selected = [[selectedRow(rowNamed('volume under a customer key').item)]];
    aws.failures['PutEvaluations'] = {
      FailedEvaluations: [
        {
          ComplianceResourceType: 'AWS::EC2::Volume',
          ComplianceResourceId: 'vol-1',
          ComplianceType: 'COMPLIANT',
          OrderingTimestamp: 1,
        },
      ],
    };
    await expect(evaluate('ScheduledNotification', {})).rejects.toThrow('did not take all evaluations');
    expect(aws.calls.filter(({ operation }) => operation === 'PutEvaluations')).toHaveLength(3);
  });

  it('fails when KMS fails, rather than to call encrypted unencrypted', async () => {
    aws.failures['DescribeKey'] = { exception: 'KMSInternalException' };
    await expect(changed(rowNamed('volume under a customer key').item)).rejects.toThrow('no reason given');
    expect(aws.evaluations()).toEqual([]);
  });
});
