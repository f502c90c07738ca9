import { beforeAll, describe, expect, it } from '@jest/globals';
import { accessLogFields } from '../../infra/lib/access-log-fields.js';
import { synthesized, type Synthesized } from './synthesized.js';

let prod: Synthesized;
let alarms: Alarm[];
beforeAll(() => {
  prod = synthesized('prod');
  alarms = prod
    .ofType('AWS::CloudWatch::Alarm')
    .filter(({ stack }) => stack === 'Api')
    .map(({ Properties }) => Properties as unknown as Alarm);
});

interface Alarm {
  AlarmName: string;
  Namespace: string;
  MetricName: string;
  Dimensions?: { Name: string; Value: unknown }[];
  Statistic?: 'Sum' | 'Average' | 'Minimum' | 'Maximum';
  ExtendedStatistic?: string;
  Unit?: string;
  Threshold: number;
  Period: number;
  ComparisonOperator: string;
  TreatMissingData: string;
  ActionsEnabled?: boolean;
  AlarmActions: unknown[];
  OKActions: unknown[];
}

const repeated = (times: number, value: number): number[] => Array.from({ length: times }, () => value);

/**
 * What each metric reports within a period, one number a request, a check or a run, when there is trouble and on a normal day.
 * @see Amazon API Gateway Developer Guide, "Amazon API Gateway dimensions and metrics"; Elastic Load Balancing, "CloudWatch metrics
 *   for your Application Load Balancer"
 */
const reports: Record<string, { trouble: number[]; normal: number[] }> = {
  '5XXError': {
    trouble: [...repeated(6, 1), ...repeated(994, 0)],
    normal: [...repeated(2, 1), ...repeated(998, 0)],
  },
  Latency: { trouble: [...repeated(95, 80), ...repeated(5, 29_000)], normal: [...repeated(999, 80), 21_000] },
  ApiThrottled: { trouble: repeated(60, 1), normal: repeated(3, 1) },
  ApiUnauthorized: { trouble: repeated(300, 1), normal: repeated(20, 1) },
  UnHealthyHostCount: { trouble: [0, 1], normal: [0, 0] },
  HealthyHostCount: { trouble: [2, 1], normal: [2, 3] },
  TargetTLSNegotiationErrorCount: { trouble: repeated(6, 1), normal: [1] },
  Errors: { trouble: [1], normal: [0] },
};

function statisticOf({ Statistic, ExtendedStatistic }: Alarm, values: number[]): number {
  const sum = values.reduce((all, one) => all + one, 0);
  const sorted = [...values].sort((a, b) => a - b);
  if (ExtendedStatistic !== undefined) {
    const percent = Number(/^p(\d+)$/.exec(ExtendedStatistic)?.[1]);
    return sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? Number.NaN;
  }
  switch (Statistic) {
    case 'Sum':
      return sum;
    case 'Average':
      return sum / values.length;
    case 'Minimum':
      return sorted[0] ?? Number.NaN;
    case 'Maximum':
      return sorted.at(-1) ?? Number.NaN;
    default:
      throw new Error(`the alarm has no statistic`);
  }
}

function isBreaching(alarm: Alarm, values: number[]): boolean {
  const value = statisticOf(alarm, values);
  switch (alarm.ComparisonOperator) {
    case 'GreaterThanOrEqualToThreshold':
      return value >= alarm.Threshold;
    case 'LessThanThreshold':
      return value < alarm.Threshold;
    default:
      throw new Error(`${alarm.ComparisonOperator} is not known here`);
  }
}

describe('alarms of the API', () => {
  it('are one for each metric that is known to say something', () => {
    expect(alarms.map(({ MetricName }) => MetricName).sort()).toEqual(Object.keys(reports).sort());
  });

  // 45 CFR 164.308(a)(6)(i), 164.308(a)(1)(i).
  it('fire when there is trouble, and not on a normal day', () => {
    for (const alarm of alarms) {
      const { trouble, normal } = reports[alarm.MetricName]!;
      expect([alarm.AlarmName, isBreaching(alarm, trouble)]).toEqual([alarm.AlarmName, true]);
      expect([alarm.AlarmName, isBreaching(alarm, normal)]).toEqual([alarm.AlarmName, false]);
    }
  });

  // The classic that never fires: each match emits 1.
  it('would be seen not to fire if one took an average', () => {
    const throttled = alarms.find(({ MetricName }) => MetricName === 'ApiThrottled');
    const never: Alarm = { ...throttled!, Statistic: 'Average', Threshold: 2 };
    expect(isBreaching(never, reports['ApiThrottled']!.trouble)).toBe(false);
  });

  it('tell somebody, when it begins and when it is over', () => {
    for (const { AlarmName, AlarmActions, OKActions, ActionsEnabled } of alarms) {
      expect([AlarmName, ActionsEnabled ?? true]).toEqual([AlarmName, true]);
      for (const actions of [AlarmActions, OKActions])
        expect([AlarmName, JSON.stringify(actions)]).toEqual([
          AlarmName,
          expect.stringContaining('AlarmsTopic'),
        ]);
    }
  });

  it('take no unit, which would have to be the one that is reported', () => {
    for (const { AlarmName, Unit } of alarms) expect([AlarmName, Unit]).toEqual([AlarmName, undefined]);
  });

  it('look at the dimensions under which API Gateway reports', () => {
    const [api] = prod.ofType('AWS::ApiGateway::RestApi');
    for (const { Dimensions } of alarms.filter(({ Namespace }) => Namespace === 'AWS/ApiGateway'))
      expect(Dimensions).toEqual([
        { Name: 'ApiName', Value: api?.Properties?.['Name'] },
        { Name: 'Stage', Value: 'prod' },
      ]);
  });

  it('take nobody in service for trouble, and no requests for a quiet hour', () => {
    const missing = (metric: string) =>
      alarms.find(({ MetricName }) => MetricName === metric)?.TreatMissingData;
    expect(missing('HealthyHostCount')).toBe('breaching');
    expect(missing('5XXError')).toBe('notBreaching');
  });

  it('on refusals count lines of the access log', () => {
    const filters = prod.ofType('AWS::Logs::MetricFilter').filter(({ stack }) => stack === 'Api');
    for (const { Properties } of filters) {
      const { FilterPattern, MetricTransformations } = Properties as {
        FilterPattern: string;
        MetricTransformations: { MetricName: string; MetricNamespace: string; MetricValue: string }[];
      };
      const field = /^\{ \$\.(\w+) = "(401|429)" \}$/.exec(FilterPattern)?.[1] ?? '';
      expect(Object.keys(accessLogFields)).toContain(field);
      expect(MetricTransformations).toMatchObject([{ MetricValue: '1' }]);
      const [{ MetricName, MetricNamespace }] = MetricTransformations as [
        (typeof MetricTransformations)[number],
      ];
      expect(alarms).toContainEqual(expect.objectContaining({ MetricName, Namespace: MetricNamespace }));
    }
    expect(filters).toHaveLength(2);
  });
});
