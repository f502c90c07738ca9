import { Duration } from 'aws-cdk-lib';
import { BackupPlan, BackupPlanRule, BackupResource, BackupVault } from 'aws-cdk-lib/aws-backup';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Names } from '../names.js';
import { dataRemoval } from '../data-removal.js';
import type { Settings } from '../settings.js';

/**
 * Backups of records and audit table in a locked vault (45 CFR 164.308(a)(7)(ii)(A), 164.308(a)(7)(ii)(B), 164.310(d)(2)(iv)). The key store is not among them: a
 * backup of it would keep destroyed keys alive, and with them what was erased. It has point-in-time recovery alone.
 */
export class TableBackups extends Construct {
  constructor(scope: Construct, id: string, names: Names, settings: Settings, key: IKey, tables: ITable[]) {
    super(scope, id);
    const { dailyRetentionDays, monthlyRetentionDays, vaultLock } = settings.backup;
    const vault = new BackupVault(this, 'Vault', {
      backupVaultName: names.prefix,
      encryptionKey: key,
      lockConfiguration: {
        minRetention: Duration.days(dailyRetentionDays),
        // It must be greater than the least, also where there is one retention alone.
        maxRetention: Duration.days(Math.max(dailyRetentionDays, monthlyRetentionDays) + 1),
        // After three days, the least there is, not even the root user can change the lock.
        ...(vaultLock === 'compliance' && { changeableFor: Duration.days(3) }),
      },
      blockRecoveryPointDeletion: settings.retainsData,
      removalPolicy: dataRemoval(settings),
    });
    const plan = new BackupPlan(this, 'Plan', { backupPlanName: names.prefix, backupVault: vault });
    plan.addRule(
      new BackupPlanRule({
        ruleName: 'daily',
        scheduleExpression: Schedule.cron({ hour: '5', minute: '0' }),
        startWindow: Duration.hours(1),
        completionWindow: Duration.hours(12),
        deleteAfter: Duration.days(dailyRetentionDays),
      }),
    );
    if (monthlyRetentionDays > 0) {
      plan.addRule(
        new BackupPlanRule({
          ruleName: 'monthly',
          scheduleExpression: Schedule.cron({ day: '1', hour: '6', minute: '0' }),
          startWindow: Duration.hours(1),
          completionWindow: Duration.hours(12),
          deleteAfter: Duration.days(monthlyRetentionDays),
        }),
      );
    }
    plan.addSelection('Tables', {
      backupSelectionName: 'tables',
      resources: tables.map((table) => BackupResource.fromDynamoDbTable(table)),
      disableDefaultBackupPolicy: true,
      role: new Role(this, 'Role', {
        roleName: names.roles.backup,
        assumedBy: new ServicePrincipal('backup.amazonaws.com'),
        managedPolicies: [
          ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSBackupServiceRolePolicyForBackup'),
        ],
      }),
    });
  }
}
