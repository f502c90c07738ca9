import { assumptions } from './assumptions.js';
import { byRequest, type CostContext, type PricedType, standing } from './positions.js';
import { listOf, objectOf, type PlacedResource, textOf } from './template.js';
import { HOURS_PER_MONTH, type TableRole } from './usage.js';

/** What the data stack is charged for: keys, tables, backups, users. */
export const stateCosts: Record<string, PricedType> = {
  'AWS::KMS::Key': ({ properties, id }, { usage }) => {
    const isSigning = properties['KeyUsage'] === 'SIGN_VERIFY';
    return [
      standing('Keys', 'customer-managed key', 1, 'kmsKey'),
      ...(isSigning ? [byRequest('Keys', 'checkpoints signed', usage.kms.signatures, 'kmsSignature')] : []),
      ...(id.includes('Records')
        ? [byRequest('Keys', 'patient keys unwrapped and made', usage.kms.requests, 'kmsRequest')]
        : []),
    ];
  },
  'AWS::DynamoDB::Table': (resource, { usage }) => {
    // What the alerter remembers: two rows an alert in a transaction, and a mark.
    if (textOf(resource.properties['TableName']).endsWith('-alerts'))
      return [standing('Compliance', 'alerts told: writes', 5 * assumptions.alerts.value, 'dynamoDbWrite')];
    const role = tableRole(resource);
    const { readUnits, writeUnits, gigabytes } = usage.tables[role];
    const isPointInTime = objectOf(resource.properties['PointInTimeRecoverySpecification'])[
      'PointInTimeRecoveryEnabled'
    ];
    return [
      byRequest('Tables', `${role}: writes`, writeUnits, 'dynamoDbWrite'),
      byRequest('Tables', `${role}: reads`, readUnits, 'dynamoDbRead'),
      standing('Tables', `${role}: storage`, gigabytes, 'dynamoDbStorage'),
      ...(isPointInTime === true
        ? [standing('Backups', `${role}: point-in-time recovery`, gigabytes, 'dynamoDbPointInTime')]
        : []),
    ];
  },
  'AWS::Backup::BackupPlan': ({ properties }, context) =>
    listOf(objectOf(properties['BackupPlan'])['BackupPlanRule']).map((rule) =>
      // Each copy of a table is a whole one.
      standing(
        'Backups',
        `${textOf(rule['RuleName'])} copies in the locked vault, ${Math.round(copiesKept(rule))} of each table`,
        copiesKept(rule) * sizeOfBackedUp(context),
        'dynamoDbBackup',
      ),
    ),
  'AWS::Cognito::UserPool': ({ properties }, { usage }) => {
    const isPlus = properties['UserPoolTier'] === 'PLUS';
    return [
      standing(
        'Users',
        'people who sign in',
        isPlus ? usage.users : Math.max(0, usage.users - 10_000),
        isPlus ? 'userPlus' : 'userEssentials',
      ),
    ];
  },
  'AWS::Cognito::UserPoolClient': ({ properties }, { usage }) =>
    textOf(properties['AllowedOAuthFlows']).includes('client_credentials')
      ? [
          standing('Users', 'client for machines', 1, 'machineClient'),
          standing(
            'Users',
            'tokens for machines',
            (assumptions.tokensPerClient.value * usage.hours) / HOURS_PER_MONTH,
            'machineToken',
          ),
        ]
      : [],
  'AWS::SSM::Parameter': ({ id, properties }) => {
    // Advanced ones cost; none of ours needs to be.
    if (properties['Tier'] === 'Advanced') throw new Error(`${id}: advanced parameters have no price here`);
    return [];
  },
};

function tableRole({ properties }: PlacedResource): TableRole {
  const name = textOf(properties['TableName']);
  if (name.endsWith('-key-store')) return 'keyStore';
  return name.endsWith('-audit') ? 'audit' : 'records';
}

/** How many copies a rule of a backup plan keeps: daily ones unless the schedule names a day of the month. */
function copiesKept(rule: Record<string, unknown>): number {
  const days = Number(objectOf(rule['Lifecycle'])['DeleteAfterDays'] ?? 0);
  const dayOfMonth = textOf(rule['ScheduleExpression']).split(' ')[2] ?? '*';
  return /^\d+$/.test(dayOfMonth) ? days / 30.4 : days;
}

const sizeOfBackedUp = ({ usage: { tables } }: CostContext) =>
  tables.records.gigabytes + tables.audit.gigabytes;
