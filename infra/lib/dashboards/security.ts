import type { Names } from '../names.js';
import { ofAws } from './aws-metrics.js';
import { colours, type DashboardDefinition, type Row } from './definition.js';
import { ofFilter, ofService, seriesOf } from './phi-metrics.js';

const FIVE_MINUTES = 300;
const inFiveMinutes = (what: string) => `${what} in 5 minutes`;

export interface SecurityDashboardProps {
  names: Names;
  region: string;
  /** Whether text goes to Bedrock: otherwise there is no guardrail that could intervene. */
  hasGuardrail: boolean;
}

/** For whoever is on duty (45 CFR 164.308(a)(1)(ii)(D)): what was refused, what was read, who touched a key. Mean day on the left of the eye, the exception in colour. */
export function securityDashboard(props: SecurityDashboardProps): DashboardDefinition {
  const { names } = props;
  return {
    name: `${names.prefix}-security`,
    timeRange: 'P1D',
    rows: [
      heading(names),
      exceptions(names),
      refusals(props),
      keysAndReads(props),
      texts(props),
      threats(names),
    ],
  };
}

const heading = ({ prefix }: Names): Row => ({
  height: 2,
  widgets: [
    {
      view: 'text',
      title: `Security of ${prefix}`,
      width: 24,
      markdown:
        'A number of the first row that is not 0 wants to be explained. Who it was: `phi audit report`, or the saved queries of Athena.',
    },
  ],
});

/** What should be 0 all day. */
const exceptions = (names: Names): Row => {
  const number = (title: string, ...metrics: Parameters<typeof seriesOf>[1]) => ({
    view: 'singleValue' as const,
    title,
    unit: 'today',
    width: 4,
    periodSeconds: FIVE_MINUTES,
    isOfWholeTime: true,
    series: seriesOf('Sum', metrics),
  });
  return {
    height: 4,
    widgets: [
      number('Integrity alarms', ['Records', ofService(names, 'IntegrityAlarms'), colours.vermilion]),
      number('Emergency accesses', ['Glass broken', ofService(names, 'EmergencyAccesses'), colours.orange]),
      number('Mass reads', ['Agents', ofService(names, 'MassReads'), colours.orange]),
      number('Trail changed', ['Audit rows', ofFilter(names, 'AuditTrailChanges'), colours.vermilion]),
      number('Keys destroyed', ['Erased patients', ofService(names, 'KeyDestructions'), colours.blue]),
      number('Unwritten events', ['Requests refused', ofService(names, 'AuditFailures'), colours.vermilion]),
    ],
  };
};

const refusals = ({ names, region }: SecurityDashboardProps): Row => ({
  height: 6,
  widgets: [
    {
      view: 'timeSeries',
      title: 'Refused by the service',
      unit: inFiveMinutes('requests'),
      width: 12,
      periodSeconds: FIVE_MINUTES,
      isStacked: true,
      axis: { min: 0 },
      series: seriesOf('Sum', [
        ['Token (401)', ofService(names, 'AuthenticationRefusals'), colours.blue],
        ['Scope (403)', ofService(names, 'AuthorizationRefusals'), colours.orange],
        ['Out of reach (404)', ofService(names, 'OutOfReachAttempts'), colours.vermilion],
        ['Too many (429)', ofService(names, 'RateLimitRefusals'), colours.grey],
      ]),
    },
    {
      view: 'timeSeries',
      title: 'Refused before the service',
      unit: inFiveMinutes('requests'),
      width: 12,
      periodSeconds: FIVE_MINUTES,
      axis: { min: 0 },
      series: seriesOf('Sum', [
        ['Gateway: no token (401)', ofFilter(names, 'ApiUnauthorized'), colours.blue],
        ['Gateway: too many (429)', ofFilter(names, 'ApiThrottled'), colours.grey],
        [
          'Firewall',
          ofAws('firewall', 'BlockedRequests', { WebACL: 'WebAcl', Region: region, Rule: 'ALL' }),
          colours.vermilion,
        ],
      ]),
      thresholds: [{ value: 200, label: 'alarm: 401', color: colours.blue, isAlarm: true }],
    },
  ],
});

const keysAndReads = ({ names }: SecurityDashboardProps): Row => ({
  height: 6,
  widgets: [
    {
      view: 'timeSeries',
      title: 'Failed decrypts, and changes of keys, trail and backups',
      unit: inFiveMinutes('calls'),
      width: 12,
      periodSeconds: FIVE_MINUTES,
      axis: { min: 0 },
      series: [
        // Counted by caller for the alarm, drawn here of all together.
        { insightRule: `${names.prefix}-key-refusals`, label: 'Key refused', color: colours.vermilion },
        ...seriesOf('Sum', [
          ['Wrong context', ofFilter(names, 'ThreatKeyWrongContext'), colours.purple],
          ['Calls not permitted', ofFilter(names, 'ThreatCis41'), colours.grey],
          ['Key disabled or deleted', ofFilter(names, 'ThreatCis47'), colours.blue],
          ['Protection changed', ofFilter(names, 'ProtectionChanges'), colours.orange],
        ]),
      ],
      thresholds: [{ value: 1, label: 'alarm at 1', color: colours.orange, isAlarm: true }],
    },
    {
      view: 'timeSeries',
      title: 'Who reads much, and who breaks the glass',
      unit: inFiveMinutes('events'),
      width: 12,
      periodSeconds: FIVE_MINUTES,
      axis: { min: 0 },
      series: seriesOf('Sum', [
        ['Mass reads', ofService(names, 'MassReads'), colours.vermilion],
        ['Emergency accesses', ofService(names, 'EmergencyAccesses'), colours.orange],
        ['Tokens used first', ofService(names, 'Logins'), colours.sky],
      ]),
    },
  ],
});

const texts = ({ names, hasGuardrail }: SecurityDashboardProps): Row => ({
  height: 6,
  widgets: [
    {
      view: 'timeSeries',
      title: 'Texts with identifiers',
      unit: inFiveMinutes('texts'),
      width: 12,
      periodSeconds: FIVE_MINUTES,
      isStacked: true,
      axis: { min: 0 },
      series: seriesOf('Sum', [
        ['Refused', ofService(names, 'ScreeningBlocked'), colours.vermilion],
        ['Anonymized', ofService(names, 'ScreeningAnonymized'), colours.sky],
        ['Stored on the local detector alone', ofService(names, 'ScreeningDegraded'), colours.orange],
      ]),
    },
    hasGuardrail
      ? {
          view: 'timeSeries',
          title: 'Guardrail interventions',
          unit: inFiveMinutes('calls'),
          width: 12,
          periodSeconds: FIVE_MINUTES,
          axis: { min: 0 },
          series: seriesOf('Sum', [
            ['Intervened', guardrail('InvocationsIntervened'), colours.vermilion],
            ['Throttled', guardrail('InvocationThrottles'), colours.orange],
            ['All', guardrail('Invocations'), colours.grey],
          ]),
        }
      : {
          view: 'text',
          title: 'Guardrail interventions',
          width: 12,
          markdown: 'Texts stay in the process in this deployment: no guardrail reads them.',
        },
  ],
});

/** Of the whole account and region: a guardrail of its own in each deployment, and one deployment an account. */
const guardrail = (name: 'Invocations' | 'InvocationsIntervened' | 'InvocationThrottles') =>
  ofAws('guardrails', name, { Operation: 'ApplyGuardrail' });

const threats = (names: Names): Row => ({
  height: 7,
  widgets: [
    {
      view: 'bar',
      title: 'Rules that matched, the busiest first',
      unit: 'events today',
      width: 16,
      periodSeconds: FIVE_MINUTES,
      isOfWholeTime: true,
      axis: { min: 0 },
      series: [
        {
          search: {
            namespace: 'AWS/Events',
            name: 'TriggeredRules',
            dimensions: ['RuleName'],
            terms: `"${names.prefix}"`,
            statistic: 'Sum',
          },
          order: 'DESC',
          atMost: 10,
          label: 'Rule',
        },
      ],
    },
    {
      view: 'singleValue',
      title: 'Notices',
      unit: 'today',
      width: 8,
      periodSeconds: FIVE_MINUTES,
      isOfWholeTime: true,
      series: seriesOf('Sum', [
        ['Sent', topic(names, 'NumberOfMessagesPublished'), colours.blue],
        ['Not delivered', topic(names, 'NumberOfNotificationsFailed'), colours.vermilion],
      ]),
    },
  ],
});

const topic = (names: Names, name: 'NumberOfMessagesPublished' | 'NumberOfNotificationsFailed') =>
  ofAws('topics', name, { TopicName: names.alarmTopic });
