import { figuresOf } from './compliance-costs.js';
import { assumptions } from './assumptions.js';
import { byRequest, type CostContext, type PricedType, shareOfMonth, standing } from './positions.js';
import { alarmsCharged, hoursWithMatches } from './threat-costs.js';
import { objectOf, type PlacedResource, textOf } from './template.js';
import { HOURS_PER_MONTH, type LogRole } from './usage.js';

/** What watching is charged for: trail, logs, archives, queries, alarms. */
export const trailCosts: Record<string, PricedType> = {
  'AWS::CloudTrail::Trail': (_, { usage: { trail } }) => [
    byRequest('Trail and logs', 'CloudTrail: data events', trail.dataEvents, 'trailDataEvent'),
  ],
  'AWS::Logs::LogGroup': (resource, context) => {
    const role = logRole(resource);
    // The many small groups share one figure, counted at the archiver's.
    if (role === 'other' && !textOf(resource.properties['LogGroupName']).includes('archiver')) return [];
    const written =
      context.usage.logs[role] * (role === 'firewall' && logsBlockedAlone(context) ? BLOCKED_SHARE : 1);
    const months = Math.min(
      context.usage.months,
      Number(resource.properties['RetentionInDays'] ?? 3650) / 30.4,
    );
    const kept = written * months * assumptions.logCompression.value;
    const position = role === 'flows' ? standing : byRequest;
    return [
      position('Trail and logs', `log group: ${role}`, written, 'logIngestion'),
      standing('Trail and logs', `log group: ${role}, kept`, kept, 'logStorage'),
    ];
  },
  'AWS::KinesisFirehose::DeliveryStream': ({ properties }, { usage }) => {
    const isService = textOf(properties['DeliveryStreamName']).endsWith('-service');
    const written = isService ? usage.logs.service : usage.logs.apiAccess;
    return [
      byRequest(
        'Trail and logs',
        `log archive: ${isService ? 'service' : 'access log'}`,
        written,
        'firehoseIngestion',
      ),
      byRequest('Trail and logs', 'its decompression', written, 'firehoseDecompression'),
    ];
  },
  'AWS::S3::Bucket': ({ properties }, { usage }) => {
    if (!/audit-archive/.test(textOf(properties['BucketName']))) return [];
    const warmMonths = Math.min(usage.months, 3);
    const monthly = usage.archivedGigabytesPerMonth;
    return [
      standing('Trail and logs', 'archive: the last three months', monthly * warmMonths, 's3Storage'),
      standing('Trail and logs', 'archive: older', monthly * (usage.months - warmMonths), 's3GlacierInstant'),
      byRequest(
        'Trail and logs',
        'archive: files written',
        usage.archiverCalls + 3 * HOURS_PER_MONTH * 12,
        's3Put',
      ),
    ];
  },
  'AWS::Athena::WorkGroup': () => [
    standing('Trail and logs', 'saved queries', assumptions.queriedGigabytes.value, 'athenaScan'),
  ],
  'AWS::CloudWatch::Alarm': (resource, context) => [
    standing('Alarms', 'alarms', shareOfMonth(resource, context, alarmsCharged(resource)), 'alarm'),
  ],
  'AWS::Logs::MetricFilter': (resource, context) => [
    standing(
      'Alarms',
      'metrics of log filters',
      shareOfMonth(resource, context, hoursWithMatches(resource)),
      'customMetric',
    ),
  ],
  'AWS::Lambda::Function': ({ id, properties }, { usage }) => {
    // Each day's files, three times: events, calls, and events once more.
    if (id.startsWith('DailyAsker'))
      return [
        byRequest('Trail and logs', 'daily queries', 3 * usage.archivedGigabytesPerMonth, 'athenaScan'),
      ];
    if (id.includes('Alerter'))
      return [
        standing('Compliance', 'alerter and canary: calls', 2 * assumptions.alerts.value, 'lambdaRequest'),
      ];
    if (id.startsWith('FiguresPublisher')) return figuresOf(properties);
    if (!id.includes('Archiver')) return [];
    const seconds = usage.archiverCalls * 0.2;
    return [
      byRequest('Trail and logs', 'archiver: calls', usage.archiverCalls, 'lambdaRequest'),
      byRequest(
        'Trail and logs',
        'archiver: time',
        (seconds * Number(properties['MemorySize'])) / 1024,
        'lambdaTime',
      ),
    ];
  },
  'AWS::SQS::Queue': () => [standing('Trail and logs', 'queue of undelivered events', 0, 'queueRequest')],
};

function logRole({ properties }: PlacedResource): LogRole {
  const name = textOf(properties['LogGroupName']);
  const roles: [string, LogRole][] = [
    ['/service', 'service'],
    ['/api-access', 'apiAccess'],
    ['aws-waf-logs', 'firewall'],
    ['/flows', 'flows'],
    ['/cloud-trail', 'trail'],
  ];
  return roles.find(([part]) => name.includes(part))?.[1] ?? 'other';
}

/** A firewall whose log keeps what it blocked alone. */
const logsBlockedAlone = ({ resources }: CostContext) =>
  resources.some(
    ({ type, properties }) =>
      type === 'AWS::WAFv2::LoggingConfiguration' &&
      objectOf(properties['LoggingFilter'])['DefaultBehavior'] === 'DROP',
  );
const BLOCKED_SHARE = 0.01;
