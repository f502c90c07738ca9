import { tableDefinitions, timeToLive } from '@app/phi-table';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { admits } from './policy-evaluation.js';
import { dataStack, type Statement, statementsOf, type Synthesized } from './synthesized.js';

let dev: Synthesized;
let prod: Synthesized;
beforeAll(() => {
  dev = dataStack('dev');
  prod = dataStack('prod');
});

const table = ({ ofType }: Synthesized, name: string) => {
  const found = ofType('AWS::DynamoDB::Table').find(({ Properties }) => Properties?.['TableName'] === name);
  if (found === undefined) throw new Error(`no table ${name}`);
  return { ...found, Properties: found.Properties ?? {} };
};
/** Of lists whose order means nothing. */
const sorted = (value: unknown): unknown =>
  Array.isArray(value) ? value.map((one) => JSON.stringify(one)).sort() : value;

describe('the tables', () => {
  it.each(['records', 'audit'] as const)(
    'of %s have the schema that the service creates for itself',
    (name) => {
      const wanted = tableDefinitions({ records: 'phi-dev-records', audit: 'phi-dev-audit' })[name];
      const { Properties } = table(dev, `phi-dev-${name}`);
      for (const part of [
        'AttributeDefinitions',
        'LocalSecondaryIndexes',
        'GlobalSecondaryIndexes',
      ] as const) {
        expect({ [part]: sorted(Properties[part]) }).toEqual({ [part]: sorted(wanted[part]) });
      }
      expect(Properties['KeySchema']).toEqual(wanted.KeySchema);
      expect(Properties['BillingMode']).toBe(wanted.BillingMode);
      expect(Properties['StreamSpecification'] !== undefined).toBe(wanted.StreamSpecification !== undefined);
    },
  );

  it('expire where the service says so, and audit events never', () => {
    const { TimeToLiveSpecification } = timeToLive({ records: 'phi-dev-records', audit: 'phi-dev-audit' });
    expect(table(dev, 'phi-dev-records').Properties['TimeToLiveSpecification']).toEqual(
      TimeToLiveSpecification,
    );
    expect(table(dev, 'phi-dev-audit').Properties['TimeToLiveSpecification']).toBeUndefined();
    expect(table(dev, 'phi-dev-key-store').Properties['TimeToLiveSpecification']).toBeUndefined();
  });

  it("have the Encryption SDK's schema for the key store", () => {
    const { Properties } = table(dev, 'phi-dev-key-store');
    expect(Properties['KeySchema']).toEqual([
      { AttributeName: 'branch-key-id', KeyType: 'HASH' },
      { AttributeName: 'type', KeyType: 'RANGE' },
    ]);
  });

  // 45 CFR 164.312(a)(2)(iv), 164.308(a)(7)(ii)(A), 164.310(d)(2)(iv).
  it('lie under the records key, with point-in-time recovery of their window', () => {
    const { settings } = prod;
    for (const [name, days] of [
      ['phi-prod-records', settings.pointInTimeRecoveryDays],
      ['phi-prod-audit', settings.pointInTimeRecoveryDays],
      ['phi-prod-key-store', settings.keyStoreBackupDays],
    ] as const) {
      const { Properties } = table(prod, name);
      expect(Properties['SSESpecification']).toEqual({
        SSEEnabled: true,
        SSEType: 'KMS',
        KMSMasterKeyId: { 'Fn::GetAtt': [expect.stringMatching(/^KeysRecords/), 'Arn'] },
      });
      expect(Properties['PointInTimeRecoverySpecification']).toEqual({
        PointInTimeRecoveryEnabled: true,
        RecoveryPeriodInDays: days,
      });
    }
  });

  it('outlive their stack in prod and refuse to be deleted; in dev they go with it', () => {
    for (const { Properties, DeletionPolicy } of prod.ofType('AWS::DynamoDB::Table')) {
      expect([DeletionPolicy, Properties?.['DeletionProtectionEnabled']]).toEqual(['Retain', true]);
    }
    for (const { Properties, DeletionPolicy } of dev.ofType('AWS::DynamoDB::Table')) {
      expect([DeletionPolicy, Properties?.['DeletionProtectionEnabled']]).toEqual(['Delete', false]);
    }
  });
});

describe('the audit table', () => {
  it('streams both images: the new one to the archive, the old one as evidence of a change', () => {
    expect(table(dev, 'phi-dev-audit').Properties['StreamSpecification']).toMatchObject({
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    });
  });

  /** What IAM allows by itself: the policy only takes away. */
  const admitted = (role: string, action: string) => {
    const { PolicyDocument } = table(dev, 'phi-dev-audit').Properties['ResourcePolicy'] as {
      PolicyDocument: unknown;
    };
    const everything: Statement = {
      sid: '',
      effect: 'Allow',
      principal: '*',
      actions: ['dynamodb:*'],
      resources: [],
      conditions: {},
    };
    const statements = statementsOf(PolicyDocument);
    expect(statements.map(({ effect }) => effect)).toEqual(statements.map(() => 'Deny'));
    return admits([...statements, everything], { principal: { role }, action });
  };

  it.each(['phi-dev-task', 'phi-dev-operator', 'Administrator', 'phi-dev-audit-expiry'])(
    'lets %s add an event and change none, whatever else allows it',
    (role) => {
      expect(admitted(role, 'dynamodb:PutItem')).toBe(true);
      for (const action of ['UpdateItem', 'BatchWriteItem', 'PartiQLUpdate', 'PartiQLDelete']) {
        expect({ action, admitted: admitted(role, `dynamodb:${action}`) }).toEqual({
          action,
          admitted: false,
        });
      }
    },
  );

  it('lets nobody remove an event but the role that does it after six years', () => {
    for (const role of ['phi-dev-task', 'phi-dev-operator', 'Administrator', 'phi-prod-audit-expiry']) {
      expect({ role, admitted: admitted(role, 'dynamodb:DeleteItem') }).toEqual({ role, admitted: false });
    }
    expect(admitted('phi-dev-audit-expiry', 'dynamodb:DeleteItem')).toBe(true);
  });

  it('deploys with nobody who has that role', () => {
    const roles = dev.ofType('AWS::IAM::Role').map(({ Properties }) => Properties?.['RoleName']);
    expect(roles).not.toContain('phi-dev-audit-expiry');
  });
});

describe('backups', () => {
  it('are taken of records and audit table, and of the key store never: it would keep destroyed keys alive', () => {
    const [selection, ...others] = dev.ofType('AWS::Backup::BackupSelection');
    expect(others).toEqual([]);
    const text = JSON.stringify(selection?.Properties);
    expect(text).toContain(table(dev, 'phi-dev-records').id);
    expect(text).toContain(table(dev, 'phi-dev-audit').id);
    expect(text).not.toContain(table(dev, 'phi-dev-key-store').id);
    expect(text).not.toMatch(/"ListOfTags"|table\/\*/);
  });

  it('lie in a locked vault under the records key; in prod nobody can shorten the lock', () => {
    const lock = ({ ofType }: Synthesized) =>
      ofType('AWS::Backup::BackupVault')[0]?.Properties?.['LockConfiguration'];
    expect(lock(prod)).toMatchObject({ MinRetentionDays: 35, ChangeableForDays: 3 });
    expect(lock(dev)).toMatchObject({ MinRetentionDays: 3 });
    expect(lock(dev)).not.toHaveProperty('ChangeableForDays');
    expect(prod.ofType('AWS::Backup::BackupVault')[0]?.Properties?.['EncryptionKeyArn']).toEqual({
      'Fn::GetAtt': [expect.stringMatching(/^KeysRecords/), 'Arn'],
    });
  });

  it('live as long as the lock admits: a job with another retention would fail', () => {
    for (const { ofType } of [dev, prod]) {
      const vault = ofType('AWS::Backup::BackupVault')[0]?.Properties?.['LockConfiguration'] as {
        MinRetentionDays: number;
        MaxRetentionDays: number;
      };
      const plan = ofType('AWS::Backup::BackupPlan')[0]?.Properties?.['BackupPlan'] as {
        BackupPlanRule: { Lifecycle: { DeleteAfterDays: number } }[];
      };
      expect(plan.BackupPlanRule.length).toBeGreaterThan(0);
      for (const { Lifecycle } of plan.BackupPlanRule) {
        expect(Lifecycle.DeleteAfterDays).toBeGreaterThanOrEqual(vault.MinRetentionDays);
        expect(Lifecycle.DeleteAfterDays).toBeLessThanOrEqual(vault.MaxRetentionDays);
      }
    }
  });
});
