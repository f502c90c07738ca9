import { beforeAll, describe, expect, it } from '@jest/globals';
import { metricAlarms } from '../../infra/compliance/threats/alarms.js';
import { SERVICE_NAMESPACE, type WatchedMetric } from '../../infra/compliance/threats/metric-alarm.js';
import { cisFilters, doublingFilters } from '../../infra/compliance/threats/filters.js';
import { exampleAccount, settingsOf } from '../../infra/lib/settings.js';
import { namesOf } from '../../infra/lib/names.js';
import { assumedRole, type CloudTrailRecord, kmsDecrypt } from './support/cloud-trail-records.js';
import { matchesFilter } from './support/filter-pattern.js';
import { call, deployer, root, thief, user } from './support/threat-events.js';
import { examples } from './support/threat-examples.js';
import { roles, threats, threatStack } from './support/threat-stack.js';
import { serviceMetrics } from './support/service-metrics.js';
import type { Placed, Synthesized } from './synthesized.js';

const filters = [...cisFilters, ...doublingFilters(threats, roles.deployers)];
const filterNamed = (id: string) => {
  const filter = filters.find((one) => one.id === id);
  if (filter === undefined) throw new Error(`no filter ${id}`);
  return filter;
};
const counts = (id: string, line: unknown) => matchesFilter(`{ ${filterNamed(id).pattern} }`, line);

let dev: Synthesized;
let prod: Synthesized;
beforeAll(() => {
  dev = threatStack('dev');
  prod = threatStack('prod');
});
const alarmsOf = ({ ofType }: Synthesized) => ofType('AWS::CloudWatch::Alarm');
const property = ({ Properties }: Placed, name: string) => Properties?.[name];

describe('the second path of each critical threat', () => {
  const doubled = threats.filter(({ second }) => second !== undefined);

  it('is there', () => {
    const alarms = new Set([
      ...filters.map(({ id }) => id),
      ...metricAlarms(namesOf('prod'), settingsOf('prod', exampleAccount)).map(({ id }) => id),
    ]);
    for (const { id, second } of doubled) {
      if ('filter' in second!) expect([id, alarms.has(`seen-${second.filter}`)]).toEqual([id, true]);
      if ('alarm' in second!) expect([id, alarms.has(second.alarm)]).toEqual([id, true]);
      // A name of AWS's list of managed rules.
      if ('config' in second!) expect(second.config).toMatch(/^[A-Z][A-Z0-9_]+$/);
    }
    expect(doubled.length).toBeGreaterThan(50);
  });

  it.each(
    doubled.flatMap(({ id, second }) => {
      if ('filter' in second!) return [[id, `seen-${second.filter}`]];
      return 'alarm' in second! && second.alarm.startsWith('cis-') ? [[id, second.alarm]] : [];
    }),
  )('of %s counts the same call in the log stream: %s', (id, filter) => {
    const [hit] = examples[id]!;
    expect(counts(filter, hit.detail)).toBe(true);
  });

  it('counts nothing of what an account does all day', () => {
    const harmless = [
      kmsDecrypt({ name: 'decrypt', at: new Date(0), patientId: '1' }),
      call('ec2', 'DescribeInstances', {}, { readOnly: true }),
      call('s3', 'PutBucketPolicy', { bucketName: 'holiday-pictures' }),
      call('sts', 'AssumeRole', { roleArn: 'arn:aws:iam::111122223333:role/developer' }, { readOnly: true }),
      call('ssm', 'GetParameter', { name: '/aws/service/ami' }, { readOnly: true, who: user }),
    ];
    for (const { id } of filters.filter((one) => !['cis-4.8'].includes(one.id)))
      for (const line of harmless)
        expect([id, line.eventName, counts(id, line)]).toEqual([id, line.eventName, false]);
  });

  it('does not count what a deployment does as a matter of course', () => {
    for (const { id, byDeployments, second } of threats) {
      if (!byDeployments || second === undefined || !('filter' in second)) continue;
      const [hit] = examples[id]!;
      const line = { ...hit.detail, userIdentity: deployer };
      expect([id, counts(`seen-${second.filter}`, line)]).toEqual([id, false]);
    }
  });
});

describe('the filters of the CIS benchmark', () => {
  const signIn = (more: Record<string, unknown>, who = user) =>
    call('signin', 'ConsoleLogin', null, { who, more });
  const lines: Record<string, readonly [hit: CloudTrailRecord, miss: CloudTrailRecord]> = {
    'cis-4.1': [
      call('ec2', 'RunInstances', null, { errorCode: 'Client.UnauthorizedOperation' }),
      call('ec2', 'RunInstances', null, { errorCode: 'Client.InvalidParameterValue' }),
    ],
    'cis-4.2': [
      signIn({ additionalEventData: { MFAUsed: 'No' }, responseElements: { ConsoleLogin: 'Success' } }),
      signIn({ additionalEventData: { MFAUsed: 'Yes' }, responseElements: { ConsoleLogin: 'Success' } }),
    ],
    'cis-4.3': [
      call('iam', 'ListUsers', null, { who: root }),
      call('iam', 'ListUsers', null, { who: { ...root, invokedBy: 'support.amazonaws.com' } }),
    ],
    'cis-4.4': [call('iam', 'PutRolePolicy'), call('iam', 'GetRolePolicy')],
    'cis-4.5': [call('cloudtrail', 'StopLogging'), call('cloudtrail', 'GetTrailStatus')],
    'cis-4.6': [
      signIn({ errorMessage: 'Failed authentication' }),
      signIn({ responseElements: { ConsoleLogin: 'Success' } }),
    ],
    'cis-4.7': [call('kms', 'DisableKey'), call('iot', 'DisableKey')],
    'cis-4.8': [call('s3', 'DeleteBucketPolicy'), call('s3', 'GetBucketPolicy')],
    'cis-4.9': [call('config', 'DeleteDeliveryChannel'), call('config', 'DescribeDeliveryChannels')],
    'cis-4.10': [call('ec2', 'AuthorizeSecurityGroupIngress'), call('ec2', 'DescribeSecurityGroups')],
    'cis-4.11': [call('ec2', 'CreateNetworkAclEntry'), call('ec2', 'DescribeNetworkAcls')],
    'cis-4.12': [call('ec2', 'AttachInternetGateway'), call('ec2', 'DescribeInternetGateways')],
    'cis-4.13': [call('ec2', 'ReplaceRoute'), call('ec2', 'DescribeRouteTables')],
    'cis-4.14': [call('ec2', 'DeleteVpc'), call('ec2', 'DescribeVpcs')],
    'cis-4.15': [call('organizations', 'DetachPolicy'), call('iam', 'DetachPolicy')],
  };

  it('are 4.1 to 4.15, one each', () => {
    expect(cisFilters.map(({ id }) => id)).toEqual(Array.from({ length: 15 }, (_, n) => `cis-4.${n + 1}`));
    expect(Object.keys(lines)).toEqual(cisFilters.map(({ id }) => id));
  });

  it.each(Object.keys(lines))('%s counts what it is for, and nothing beside it', (id) => {
    const [hit, miss] = lines[id]!;
    expect([counts(id, hit), counts(id, miss)]).toEqual([true, false]);
  });
});

describe('metric filters', () => {
  it('fit into what CloudWatch takes: 1,024 characters a pattern, 100 filters a group', () => {
    for (const { ofType } of [dev, prod]) {
      const made = ofType('AWS::Logs::MetricFilter');
      for (const filter of made) {
        const pattern = String(property(filter, 'FilterPattern'));
        expect([filter.id, pattern.length <= 1_024]).toEqual([filter.id, true]);
        // The evaluator understands every one of them.
        matchesFilter(pattern, {});
        expect(property(filter, 'MetricTransformations')).toMatchObject([{ MetricValue: '1' }]);
      }
      expect(made.length).toBeLessThan(95);
    }
  });

  it('of refusals with 403 read the line of the gateway', () => {
    const filter = dev.ofType('AWS::Logs::MetricFilter').find(({ id }) => id.includes('ApiForbidden'));
    const pattern = String(property(filter!, 'FilterPattern'));
    expect(matchesFilter(pattern, { status: '403', resourcePath: '/v1/patients' })).toBe(true);
    expect(matchesFilter(pattern, { status: '401', resourcePath: '/v1/patients' })).toBe(false);
    expect(property(filter!, 'LogGroupName')).toBe('/phi/dev/api-access');
  });

  it('of operators count their calls of tables, and not those of the service', () => {
    const filter = dev.ofType('AWS::Logs::MetricFilter').find(({ id }) => id.includes('OperatorCalls'));
    const pattern = String(property(filter!, 'FilterPattern'));
    const by = (role: string) =>
      call(
        'dynamodb',
        'Query',
        { tableName: 'phi-dev-records' },
        { who: assumedRole(role, 's'), isData: true },
      );
    expect(matchesFilter(pattern, by('phi-dev-operator'))).toBe(true);
    expect(matchesFilter(pattern, by('phi-dev-task'))).toBe(false);
  });
});

/** What a metric becomes within a period when there is trouble, and on a normal day; counts of lines and of the service are 1 a case. */
const reports: Record<string, { trouble: number[]; normal: number[] }> = {
  InvocationsIntervened: { trouble: [60, 70], normal: [3, 1] },
  InvocationServerErrors: { trouble: [1], normal: [0] },
  InvocationClientErrors: { trouble: [1], normal: [0] },
  ReturnedItemCount: { trouble: [900], normal: [0] },
  ReadThrottleEvents: { trouble: [8], normal: [1] },
  WriteThrottleEvents: { trouble: [8], normal: [0] },
  SystemErrors: { trouble: [3], normal: [0] },
  UserErrors: { trouble: [25], normal: [2] },
  TaskCount: { trouble: [1], normal: [2] },
  DaysToExpiry: { trouble: [29], normal: [200] },
  MatchedEvents: { trouble: [1], normal: [0] },
};
const oneEach = { trouble: [1], normal: [0] };

describe('each alarm on a figure', () => {
  const all = (['dev', 'prod'] as const).flatMap((environment) =>
    metricAlarms(namesOf(environment), settingsOf(environment, exampleAccount)).map((alarm) => ({
      name: `${environment} ${alarm.id}`,
      ...alarm,
    })),
  );
  const statistic = ({ statistic: kind }: WatchedMetric, values: number[]) =>
    kind === 'Sum'
      ? values.reduce((sum, value) => sum + value, 0)
      : (kind === 'Minimum' ? Math.min : Math.max)(...values);

  it('can fire, and does not on a normal day', () => {
    for (const { name, source, threshold, below, silenceIsAlarm } of all) {
      const metrics = 'metric' in source ? [source.metric] : 'sumOf' in source ? source.sumOf : [];
      if (metrics.length === 0 || silenceIsAlarm) continue;
      const value = (day: 'trouble' | 'normal') =>
        metrics.reduce((sum, metric) => sum + statistic(metric, (reports[metric.name] ?? oneEach)[day]), 0);
      const breaches = (figure: number) => (below ? figure < threshold : figure >= threshold);
      expect([name, breaches(value('trouble')), breaches(value('normal'))]).toEqual([name, true, false]);
    }
  });

  it('that counts lines needs no more of them than somebody makes in five minutes', () => {
    for (const { name, source, threshold } of all)
      if ('lines' in source) expect([name, threshold >= 1 && threshold <= 50]).toEqual([name, true]);
    for (const { id, threshold } of filters)
      expect([id, threshold >= 1 && threshold <= 5]).toEqual([id, true]);
  });

  it('of the service looks at what the service writes', async () => {
    const written = await serviceMetrics();
    for (const { name, source } of all) {
      const metrics = 'metric' in source ? [source.metric] : 'sumOf' in source ? source.sumOf : [];
      for (const { namespace, name: metric, dimensions } of metrics.filter(
        (one) => one.namespace === SERVICE_NAMESPACE,
      )) {
        expect([name, written.names.includes(metric) ? metric : undefined]).toEqual([name, metric]);
        expect([name, namespace, Object.keys(dimensions)]).toEqual([
          name,
          written.namespace,
          written.dimensions,
        ]);
      }
    }
  });

  it('answers a row of the list', () => {
    const rows = new Set(all.map(({ row }) => row));
    expect([...rows].toSorted()).toEqual(
      ['M1', 'M10', 'M2', 'M3', 'M4', 'M5', 'M6', 'M7', 'M8', 'M9', 'P5', 'P7', 'dynamodb'].toSorted(),
    );
  });
});

describe('each alarm of the template', () => {
  it('tells somebody when it begins and when it is over, looks at five minutes, and takes silence for quiet', () => {
    for (const deployment of [dev, prod]) {
      const alarms = alarmsOf(deployment);
      expect(alarms.length).toBeGreaterThan(40);
      for (const alarm of alarms) {
        const { AlarmActions, OKActions, TreatMissingData, AlarmName, Period, Metrics } =
          alarm.Properties as {
            AlarmActions: unknown[];
            OKActions: unknown[];
            TreatMissingData: string;
            AlarmName: string;
            Period?: number;
            Metrics?: { Period?: number; MetricStat?: { Period: number } }[];
          };
        expect([AlarmName, AlarmActions.length, OKActions.length]).toEqual([AlarmName, 1, 1]);
        const silence = AlarmName.endsWith('heartbeat-missing') ? 'breaching' : 'notBreaching';
        expect([AlarmName, TreatMissingData]).toEqual([AlarmName, silence]);
        const periods = [
          Period,
          ...(Metrics ?? []).map((one) => one.MetricStat?.Period ?? one.Period),
        ].filter((period) => period !== undefined);
        // ACM tells of a certificate twice a day.
        const longest = AlarmName.endsWith('certificate-expiry') ? 86_400 : 300;
        expect([AlarmName, periods.length > 0 && Math.max(...periods) <= longest]).toEqual([AlarmName, true]);
      }
    }
  });

  it('of one caller is told apart from others: three refusals of one, not one of three', () => {
    const rule = dev.ofType('AWS::CloudWatch::InsightRule')[0];
    const body = JSON.parse(String(property(rule!, 'RuleBody'))) as {
      LogGroupNames: string[];
      Contribution: { Keys: string[]; Filters: { Match: string; In?: string[]; StartsWith?: string[] }[] };
    };
    const worst = (records: CloudTrailRecord[]) => {
      const matching = records.filter((record) =>
        body.Contribution.Filters.every(({ Match, In, StartsWith }) => {
          const value = String(record[Match.slice(2) as keyof CloudTrailRecord]);
          return In?.includes(value) ?? StartsWith?.some((beginning) => value.startsWith(beginning)) ?? false;
        }),
      );
      const callers = matching.map(({ userIdentity }) => String(userIdentity['arn']));
      return Math.max(0, ...callers.map((caller) => callers.filter((one) => one === caller).length));
    };
    const denied = (who: Record<string, unknown>, errorCode = 'AccessDenied') =>
      kmsDecrypt({ name: 'd', at: new Date(0), patientId: '1', who, errorCode });
    const alarm = alarmsOf(dev).find(({ Properties }) =>
      String(Properties?.['AlarmName']).endsWith('key-refusals'),
    );
    const threshold = Number(property(alarm!, 'Threshold'));
    expect(JSON.stringify(property(alarm!, 'Metrics'))).toContain(
      `INSIGHT_RULE_METRIC(\\"${String(property(rule!, 'RuleName'))}\\", \\"MaxContributorValue\\")`,
    );
    expect(body.Contribution.Keys).toEqual(['$.userIdentity.arn']);
    expect(body.LogGroupNames).toEqual(['/phi/dev/cloud-trail']);
    // Contributor Insights takes four filters, and ten values in each.
    expect(body.Contribution.Filters.length).toBeLessThanOrEqual(4);
    expect(worst([denied(thief), denied(thief), denied(thief, 'InvalidCiphertextException')])).toBe(
      threshold,
    );
    expect(worst([denied(thief), denied(user), denied(root)])).toBeLessThan(threshold);
    expect(worst(Array.from({ length: 5 }, () => denied(thief, 'ThrottlingException')))).toBe(0);
  });
});
