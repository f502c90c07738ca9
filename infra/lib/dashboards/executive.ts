import { complianceMetrics, complianceMetricsEveryHours, riskBands } from '../compliance-metrics.js';
import type { Names } from '../names.js';
import { type Colour, colours, type DashboardDefinition, type Row, type Series } from './definition.js';
import { maximum, ofCompliance, seriesOf } from './phi-metrics.js';

/** States are published this often; a longer period would still be right, a shorter one empty. */
const periodSeconds = complianceMetricsEveryHours * 3600;

const severityColours: Record<string, Colour> = {
  CRITICAL: colours.vermilion,
  HIGH: colours.orange,
  MEDIUM: colours.sky,
  LOW: colours.grey,
};
const ageColours: Record<string, Colour> = {
  'under-1-day': colours.sky,
  '1-to-7-days': colours.blue,
  '7-to-30-days': colours.orange,
  'over-30-days': colours.vermilion,
};
/** `7-to-30-days` is a dimension's value. */
const words = (value: string) => value.replaceAll('-', ' ').toLowerCase();

/** For whoever signs: where the account stands, which way it goes, and what is late (45 CFR 164.308(a)(1)(ii)(A), 164.308(a)(1)(ii)(B)). Everything in it is a state, published four times a day. */
export function executiveDashboard(names: Names, moreRows: readonly Row[] = []): DashboardDefinition {
  return {
    name: `${names.prefix}-hipaa-executive`,
    timeRange: 'P30D',
    rows: [heading(names), figures(names), courses(names), repair(names), details(names), ...moreRows],
  };
}

const heading = ({ prefix }: Names): Row => ({
  height: 2,
  widgets: [
    {
      view: 'text',
      title: `HIPAA compliance of ${prefix}`,
      width: 24,
      markdown:
        '**Risk score**: 0 is nothing open, 100 the worst. It rises with what is open, how sensitive and exposed it is, and how long: ' +
        `one unencrypted volume with PHI is above ${riskBands.watch}, a public bucket with PHI at ${riskBands.act} or more. ` +
        '**Forecast**: where the last days lead to in a week. Figures come four times a day from AWS Config; an alert comes in minutes.',
    },
  ],
});

const figures = (names: Names): Row => {
  const state = (metric: keyof typeof complianceMetrics) => maximum(ofCompliance(names, metric));
  const number = (title: string, unit: string, width: number, series: Series[]) =>
    ({ view: 'singleValue', title, unit, width, series, periodSeconds }) as const;
  const severe = ['CRITICAL', 'HIGH'].map((severity) => ofCompliance(names, 'openViolations', severity));
  return {
    height: 5,
    widgets: [
      {
        view: 'gauge',
        title: 'Risk score',
        unit: '0 to 100',
        width: 6,
        periodSeconds,
        series: [{ ...state('riskScore'), label: 'Risk score', color: colours.blue }],
        axis: { min: 0, max: 100 },
        thresholds: [
          { value: riskBands.watch, label: 'watch', color: colours.orange, fill: 'above' },
          { value: riskBands.act, label: 'act', color: colours.vermilion, fill: 'above' },
        ],
      },
      number('In seven days', 'score', 4, [
        { ...state('riskScoreForecast'), label: 'Forecast', color: colours.purple },
      ]),
      number('Rules that hold', '%', 4, [
        {
          expression: '100 * good / (good + bad)',
          using: { good: state('compliantRules'), bad: state('nonCompliantRules') },
          label: 'Compliant',
          color: colours.green,
        },
      ]),
      number(
        'Open and severe',
        'violations',
        6,
        seriesOf('Maximum', [
          ['Critical', severe[0]!, colours.vermilion],
          ['High', severe[1]!, colours.orange],
        ]),
      ),
      number('Repaired after', 'hours, mean', 4, [
        { ...state('meanTimeToRepairHours'), label: 'Last 30 days', color: colours.blue },
      ]),
    ],
  };
};

const courses = (names: Names): Row => ({
  height: 6,
  widgets: [
    {
      view: 'timeSeries',
      title: 'Risk score and its forecast',
      unit: 'score, 0 to 100',
      width: 12,
      periodSeconds,
      axis: { min: 0, max: 100 },
      series: seriesOf('Maximum', [
        ['Score', ofCompliance(names, 'riskScore'), colours.blue],
        ['Forecast for seven days later', ofCompliance(names, 'riskScoreForecast'), colours.purple],
      ]),
      thresholds: [
        { value: riskBands.watch, label: 'watch', color: colours.orange },
        { value: riskBands.act, label: 'act', color: colours.vermilion },
      ],
    },
    {
      view: 'timeSeries',
      title: 'Open violations by severity',
      unit: 'violations',
      width: 12,
      periodSeconds,
      isStacked: true,
      axis: { min: 0 },
      series: bySeverity(names),
    },
  ],
});

const bySeverity = (names: Names): Series[] =>
  complianceMetrics.openViolations.dimension.values.map((severity) => ({
    ...maximum(ofCompliance(names, 'openViolations', severity)),
    label: words(severity),
    color: severityColours[severity] ?? colours.grey,
  }));

const repair = (names: Names): Row => ({
  height: 6,
  widgets: [
    {
      view: 'bar',
      title: 'Open violations by age',
      unit: 'violations',
      width: 8,
      periodSeconds,
      axis: { min: 0 },
      series: complianceMetrics.openViolationsByAge.dimension.values.map((age) => ({
        ...maximum(ofCompliance(names, 'openViolationsByAge', age)),
        label: words(age),
        color: ageColours[age] ?? colours.grey,
      })),
    },
    {
      view: 'timeSeries',
      title: 'Mean time to repair',
      unit: 'hours',
      width: 8,
      periodSeconds,
      axis: { min: 0 },
      series: seriesOf('Maximum', [
        ['Of the last 30 days', ofCompliance(names, 'meanTimeToRepairHours'), colours.blue],
      ]),
      thresholds: [{ value: 72, label: 'three days', color: colours.orange }],
    },
    {
      view: 'timeSeries',
      title: 'Rules that hold, and that do not',
      unit: 'rules',
      width: 8,
      periodSeconds,
      isStacked: true,
      axis: { min: 0 },
      series: seriesOf('Maximum', [
        ['Not compliant', ofCompliance(names, 'nonCompliantRules'), colours.vermilion],
        ['Compliant', ofCompliance(names, 'compliantRules'), colours.green],
      ]),
    },
  ],
});

const details = ({ complianceNamespace: namespace }: Names): Row => {
  const search = (metric: 'compliancePercentByParagraph' | 'ruleCompliant') => ({
    namespace,
    name: complianceMetrics[metric].name,
    dimensions: [complianceMetrics[metric].dimension.name],
    statistic: 'Minimum' as const,
  });
  return {
    height: 9,
    widgets: [
      {
        view: 'bar',
        title: 'Compliance by paragraph of 45 CFR, the lowest first',
        unit: '% of its rules',
        width: 12,
        periodSeconds,
        axis: { min: 0, max: 100 },
        series: [
          { search: search('compliancePercentByParagraph'), order: 'ASC', atMost: 14, label: 'Paragraph' },
        ],
      },
      {
        view: 'bar',
        title: 'Rules, those that were broken longest first',
        unit: 'part of the time compliant',
        width: 12,
        periodSeconds,
        // The mean of 0 and 1 over the time that is looked at.
        isOfWholeTime: true,
        axis: { min: 0, max: 1 },
        series: [
          {
            search: { ...search('ruleCompliant'), statistic: 'Average' },
            order: 'ASC',
            atMost: 14,
            label: 'Rule',
          },
        ],
      },
    ],
  };
};
