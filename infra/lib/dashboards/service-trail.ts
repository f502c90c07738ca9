import type { Names } from '../names.js';
import { colours, type MetricWidget, type Row } from './definition.js';
import { ofService, seriesOf } from './phi-metrics.js';

const FIVE_MINUTES = 300;

export const screeningRow = (names: Names, hasBedrock: boolean): Row => ({
  height: 6,
  widgets: [
    {
      view: 'timeSeries',
      title: 'Screening: texts',
      unit: 'in 5 minutes',
      width: hasBedrock ? 8 : 16,
      periodSeconds: FIVE_MINUTES,
      axis: { min: 0 },
      series: seriesOf('Sum', [
        ['Anonymized', ofService(names, 'ScreeningAnonymized'), colours.sky],
        ['Refused', ofService(names, 'ScreeningBlocked'), colours.vermilion],
        ['On the local detector alone', ofService(names, 'ScreeningDegraded'), colours.orange],
      ]),
    },
    ...(hasBedrock ? [bedrockCalls(names)] : []),
    {
      view: 'timeSeries',
      title: 'Screening: patients who wait to be screened again',
      unit: 'patients',
      width: 8,
      periodSeconds: FIVE_MINUTES,
      axis: { min: 0 },
      series: seriesOf('Maximum', [['Queue', ofService(names, 'RescreenQueue'), colours.blue]]),
    },
  ],
});

const bedrockCalls = (names: Names): MetricWidget => ({
  view: 'timeSeries',
  title: 'Screening: calls of Bedrock',
  unit: 'in 5 minutes',
  width: 8,
  periodSeconds: FIVE_MINUTES,
  axis: { min: 0 },
  series: seriesOf('Sum', [
    ['Guardrail', ofService(names, 'BedrockGuardrailCalls'), colours.blue],
    ['Model', ofService(names, 'BedrockModelCalls'), colours.purple],
    ['Guardrail failed', ofService(names, 'BedrockGuardrailFailures'), colours.vermilion],
    ['Model failed', ofService(names, 'BedrockModelFailures'), colours.orange],
  ]),
});

export const auditRow = (names: Names): Row => ({
  height: 6,
  widgets: [
    {
      view: 'timeSeries',
      title: 'Audit: age of the oldest event without a seal',
      unit: 's',
      width: 6,
      periodSeconds: FIVE_MINUTES,
      axis: { min: 0 },
      series: seriesOf('Maximum', [['Unsealed', ofService(names, 'AuditUnsealedAge'), colours.blue]]),
      thresholds: [{ value: 60, label: 'look into it', color: colours.orange }],
    },
    {
      view: 'timeSeries',
      title: 'Audit: how far the archive lags behind',
      unit: 'ms',
      width: 6,
      periodSeconds: FIVE_MINUTES,
      axis: { min: 0 },
      series: [
        {
          search: {
            namespace: 'AWS/Lambda',
            name: 'IteratorAge',
            dimensions: ['FunctionName'],
            // Its name is CloudFormation's, and begins with the stack's.
            terms: `"${names.stacks.data}"`,
            statistic: 'Maximum',
          },
          order: 'DESC',
          atMost: 1,
          label: 'Archiver',
        },
      ],
      thresholds: [{ value: 900_000, label: 'alarm: 15 minutes', color: colours.vermilion, isAlarm: true }],
    },
    {
      view: 'timeSeries',
      title: 'Audit: what a request waits for its events',
      unit: 'ms, 99th percentile',
      width: 6,
      periodSeconds: FIVE_MINUTES,
      axis: { min: 0 },
      series: seriesOf('Maximum', [['Slowest task', ofService(names, 'AuditAppendP99'), colours.blue]]),
    },
    {
      view: 'timeSeries',
      title: 'Audit: failures',
      unit: 'in 5 minutes',
      width: 6,
      periodSeconds: FIVE_MINUTES,
      axis: { min: 0 },
      series: seriesOf('Sum', [
        ['Requests without event, refused', ofService(names, 'AuditFailures'), colours.vermilion],
        ['Seals and leases', ofService(names, 'AuditSealFailures'), colours.orange],
      ]),
    },
  ],
});
