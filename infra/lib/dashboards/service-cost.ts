import { prices } from '../../cost/prices.js';
import type { Names } from '../names.js';
import { ofAws } from './aws-metrics.js';
import { colours, type Measured, type Row } from './definition.js';
import { ofFilter, seriesOf, sum } from './phi-metrics.js';

export interface Traffic {
  names: Names;
  /** Requests at the gateway, which is what they are billed by. */
  requests: Measured;
}

const FIVE_MINUTES = 300;

/** Of the trail, which sees the calls that DynamoDB makes for the service as well: what KMS bills. */
const kmsCalls = ({ names }: Traffic): Measured => sum(ofFilter(names, 'KmsCallsOfService'));

export const kmsPerThousand = (props: Traffic) =>
  ({
    expression: '1000 * kms / requests',
    using: { kms: kmsCalls(props), requests: props.requests },
    label: 'KMS calls',
    color: colours.blue,
  }) as const;

/** Dollars for a million: metric math takes no exponents, and a single call costs 0.000003. */
const perMillion = (name: keyof typeof prices): string =>
  (prices[name].dollars * 1_000_000).toFixed(4).replace(/\.?0+$/, '');

/** Of what each request uses by itself: gateway, firewall, KMS, tables. Tasks and endpoints cost the same without requests. */
export function costPerThousand(props: Traffic) {
  const { names } = props;
  const units = (
    kind: 'ConsumedReadCapacityUnits' | 'ConsumedWriteCapacityUnits',
    table: keyof Names['tables'],
  ) => sum(ofAws('tables', kind, { TableName: names.tables[table] }));
  const using = {
    requests: props.requests,
    kms: kmsCalls(props),
    rr: units('ConsumedReadCapacityUnits', 'records'),
    rk: units('ConsumedReadCapacityUnits', 'keyStore'),
    wr: units('ConsumedWriteCapacityUnits', 'records'),
    wa: units('ConsumedWriteCapacityUnits', 'audit'),
    wk: units('ConsumedWriteCapacityUnits', 'keyStore'),
    // The indexes of the audit table, which its own figures leave out.
    wi: {
      namespace: 'AWS/DynamoDB',
      name: 'ConsumedWriteCapacityUnits',
      dimensions: ['TableName', 'GlobalSecondaryIndexName'],
      terms: `TableName="${names.tables.audit}"`,
      statistic: 'Sum',
    },
  } as const;
  const requestPrice = Number(perMillion('restApiRequest')) + Number(perMillion('firewallRequest'));
  const sumOfParts = [
    `${requestPrice} * requests`,
    `${perMillion('kmsRequest')} * kms`,
    `${perMillion('dynamoDbRead')} * (rr + FILL(rk, 0))`,
    `${perMillion('dynamoDbWrite')} * (FILL(wr, 0) + wa + FILL(wk, 0) + wi)`,
  ].join(' + ');
  return { expression: `(${sumOfParts}) / (1000 * requests)`, using };
}

export const costRow = (props: Traffic): Row => ({
  height: 6,
  widgets: [
    {
      view: 'timeSeries',
      title: 'KMS calls per 1,000 requests',
      unit: 'calls',
      width: 8,
      periodSeconds: FIVE_MINUTES,
      axis: { min: 0 },
      series: [kmsPerThousand(props)],
    },
    {
      view: 'timeSeries',
      title: 'Cost per 1,000 requests: gateway, firewall, KMS, tables',
      unit: 'USD, list prices of us-east-1',
      width: 8,
      periodSeconds: FIVE_MINUTES,
      axis: { min: 0 },
      series: [{ ...costPerThousand(props), label: 'All four', color: colours.purple }],
    },
    {
      view: 'timeSeries',
      title: 'Requests and throttling',
      unit: 'in 5 minutes',
      width: 8,
      periodSeconds: FIVE_MINUTES,
      axis: { min: 0 },
      series: seriesOf('Sum', [
        ['At the gateway', props.requests.metric, colours.blue],
        ['Throttled (429)', ofFilter(props.names, 'ApiThrottled'), colours.vermilion],
      ]),
      thresholds: [{ value: 50, label: 'alarm: throttled', color: colours.vermilion, isAlarm: true }],
    },
  ],
});
