import type { Names } from '../../lib/names.js';
import type { Settings } from '../../lib/settings.js';
import { allOf, anyOf } from './conditions.js';
import { found, type MetricAlarm, ofService, type WatchedMetric } from './metric-alarm.js';

/** M6 and what is done with the tables beside the service. */
export function tableAlarms(names: Names, settings: Settings): MetricAlarm[] {
  const ofTable = (table: string, name: string, operation?: string): WatchedMetric => ({
    namespace: 'AWS/DynamoDB',
    name,
    dimensions: { TableName: table, ...(operation !== undefined && { Operation: operation }) },
    statistic: 'Sum',
  });
  const tables = Object.entries(names.tables).map(([name, table]) => ({
    // keyStore becomes key-store.
    name: name.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`),
    table,
  }));
  const operations = ['GetItem', 'BatchGetItem', 'Query', 'PutItem', 'TransactWriteItems'];
  return tables
    .flatMap(({ name, table }): MetricAlarm[] => [
      ...(settings.compliance.anomalyDetection
        ? [
            {
              id: `${name}-reads-unusual`,
              row: 'M6',
              title: `The table ${name} is read far more than in the last weeks`,
              severity: 'HIGH' as const,
              source: { anomalyOf: ofTable(table, 'ConsumedReadCapacityUnits'), deviations: 3 },
              threshold: 3,
              periods: 3,
              first:
                'Compare with the requests of the API; without them somebody reads past it (saved query mass-reads).',
            },
          ]
        : []),
      {
        id: `${name}-scanned`,
        row: 'M6',
        title: `The table ${name} was scanned`,
        severity: name === 'key-store' ? 'MEDIUM' : 'CRITICAL',
        source: { metric: ofTable(table, 'ReturnedItemCount', 'Scan') },
        threshold: 1,
        first:
          'The service never scans; operators walk the key store alone (phi keys). CloudTrail says who it was.',
      },
      {
        id: `${name}-throttled`,
        row: 'M6',
        title: `Calls of the table ${name} were throttled`,
        severity: 'MEDIUM',
        source: { sumOf: [ofTable(table, 'ReadThrottleEvents'), ofTable(table, 'WriteThrottleEvents')] },
        threshold: 10,
        first:
          'One patient or one search token that everybody asks for; or a load that doubled within half an hour.',
      },
      {
        id: `${name}-errors`,
        row: 'M6',
        title: `DynamoDB answered with errors for the table ${name}`,
        severity: 'HIGH',
        source: { sumOf: operations.map((operation) => ofTable(table, 'SystemErrors', operation)) },
        threshold: 5,
        first: 'Look at the AWS health dashboard. The service answers 503 and loses nothing.',
      },
    ])
    .concat(
      {
        id: 'operator-calls',
        row: 'dynamodb',
        title: 'Operators, or whoever took their roles, work on the tables',
        severity: 'MEDIUM',
        source: {
          lines: {
            of: 'trail',
            pattern: allOf([
              '$.eventSource = "dynamodb.amazonaws.com"',
              '$.eventCategory = "Data"',
              anyOf(
                [names.roles.operator, names.roles.auditExpiry].map(
                  (role) => `$.userIdentity.sessionContext.sessionIssuer.userName = "${role}"`,
                ),
              ),
            ]),
          },
        },
        threshold: 1,
        first:
          'Find the change request: phi keys, phi rescreen and phi audit expire are run under these roles, by a person.',
      },
      {
        id: 'table-user-errors',
        row: 'M6',
        title: 'DynamoDB refused calls of this account as wrong',
        severity: 'MEDIUM',
        source: {
          metric: { namespace: 'AWS/DynamoDB', name: 'UserErrors', dimensions: {}, statistic: 'Sum' },
        },
        threshold: 20,
        first: 'A version of the service that asks wrongly, or somebody who tries: CloudTrail has the calls.',
      },
    );
}

/** M7 to M10. */
export const serviceAlarms = (names: Names, settings: Settings): MetricAlarm[] => [
  {
    id: 'api-forbidden',
    row: 'M7',
    title: 'Many requests were refused with 403',
    severity: 'HIGH',
    source: { lines: { of: 'apiAccess', pattern: '$.status = "403"' } },
    threshold: 50,
    first:
      'The saved query refusals-at-the-gateway lists the addresses. 401, 5xx and slow answers have alarms in the api stack.',
  },
  {
    id: 'audit-failures',
    row: 'M8',
    title: 'A request was refused because its audit event could not be written',
    severity: 'CRITICAL',
    source: { metric: ofService(settings, 'AuditFailures') },
    threshold: 1,
    first:
      'The audit table: its key, its permissions, its capacity. Nothing is shown until it can be written.',
  },
  {
    id: 'audit-seal-failures',
    row: 'M8',
    title: 'New audit events could not be sealed',
    severity: 'CRITICAL',
    source: { metric: ofService(settings, 'AuditSealFailures') },
    threshold: 1,
    first:
      'The signing key: enabled, and the task may sign. Events that are not sealed could be removed unnoticed.',
  },
  {
    id: 'integrity-alarms',
    row: 'M8',
    title: 'A record or a row was found altered',
    severity: 'CRITICAL',
    source: { metric: ofService(settings, 'IntegrityAlarms') },
    threshold: 1,
    first: 'phi audit verify names it. Keep the row as evidence, restore the record to the last good minute.',
  },
  ...(settings.api.containerInsights
    ? [
        {
          id: 'tasks-missing',
          row: 'M9',
          title: 'Fewer tasks run than are to run at least',
          severity: 'HIGH' as const,
          source: {
            metric: {
              namespace: 'ECS/ContainerInsights',
              name: 'TaskCount',
              dimensions: { ClusterName: names.prefix },
              statistic: 'Minimum' as const,
            },
          },
          threshold: settings.api.minTasks,
          below: true as const,
          periods: 2,
          first: 'The events of the service in ECS say why none comes up.',
        },
      ]
    : []),
  ...(settings.certificateArn === undefined
    ? []
    : [
        {
          id: 'certificate-expiry',
          row: 'M10',
          title: 'The certificate of the API expires within 30 days',
          severity: 'HIGH' as const,
          source: {
            metric: {
              namespace: 'AWS/CertificateManager',
              name: 'DaysToExpiry',
              dimensions: { CertificateArn: settings.certificateArn },
              statistic: 'Minimum' as const,
            },
          },
          threshold: 30,
          below: true as const,
          // ACM tells it twice a day.
          periodSeconds: 86_400,
          first: 'Renew it: a certificate by DNS renews itself while its record stands.',
        },
      ]),
];

/** The watchers themselves: whether CloudTrail delivers, and whether rules matched what is told by findings alone. */
export const selfAlarms = (names: Names, _: Settings): MetricAlarm[] => [
  {
    id: 'trail-late',
    row: 'P7',
    title: 'CloudTrail does not deliver: to the bucket, to the log stream, its digests, or not at all',
    severity: 'CRITICAL',
    source: { metric: found(names, 'TrailFaults') },
    threshold: 1,
    first:
      'aws cloudtrail get-trail-status says the error: the policy of the bucket, of the key, or the role of the log group.',
  },
  {
    id: 'heartbeat-missing',
    row: 'P7',
    title: 'Nobody looked whether CloudTrail delivers',
    severity: 'CRITICAL',
    source: { metric: found(names, 'TrailChecks') },
    threshold: 1,
    below: true,
    periods: 6,
    silenceIsAlarm: true,
    first: 'The function that looks: its log, its schedule.',
  },
  {
    id: 'findings-matched',
    row: 'P5',
    title:
      'A finding that must not wait was sent to the alerter: GuardDuty 9 and above, Macie, access from outside',
    severity: 'CRITICAL',
    source: {
      sumOf: ['guardduty-finding-critical', 'sensitive-data-found', 'external-access'].map((rule) => ({
        namespace: 'AWS/Events',
        name: 'MatchedEvents',
        dimensions: { RuleName: `${names.prefix}-${rule}` },
        statistic: 'Sum' as const,
      })),
    },
    threshold: 1,
    first:
      'If no alert came with it, look at the dead-letter queue of the alerter; the finding is in the console of its service.',
  },
];
