import type { Names } from '../names.js';
import { ofAws } from './aws-metrics.js';
import { colours, type DashboardDefinition, type MetricWidget, type Row } from './definition.js';
import { maximum, ofService, seriesOf, sum } from './phi-metrics.js';
import { costPerThousand, costRow, kmsPerThousand, type Traffic } from './service-cost.js';
import { auditRow, screeningRow } from './service-trail.js';

const FIVE_MINUTES = 300;

/** What CloudFormation names, as far as metrics are found by it; the rest is known by name. */
export interface ServiceDashboardProps {
  names: Names;
  serviceName: string;
  /** `app/name/id`, `targetgroup/name/id`. */
  loadBalancer: string;
  targetGroup: string;
  minTasks: number;
  hasBedrock: boolean;
  /** Of the latency alarm. */
  slowMilliseconds: number;
  alarmArns: readonly string[];
}

/** For whoever runs it: is it fast, is it right, is it full, what does it cost, does the trail keep up. */
export function serviceDashboard(props: ServiceDashboardProps): DashboardDefinition {
  return {
    name: `${props.names.prefix}-service`,
    timeRange: 'PT12H',
    rows: [
      figures(props),
      speedAndErrors(props),
      saturation(props),
      costRow(traffic(props)),
      screeningRow(props.names, props.hasBedrock),
      auditRow(props.names),
      {
        height: 3,
        widgets: [{ view: 'alarms', title: 'Alarms of the API', width: 24, alarmArns: props.alarmArns }],
      },
    ],
  };
}

const ofGateway = (
  { names }: ServiceDashboardProps,
  name: 'Count' | 'Latency' | 'IntegrationLatency' | '4XXError' | '5XXError',
) => ofAws('gateway', name, { ApiName: names.prefix, Stage: names.stage });

const traffic = (props: ServiceDashboardProps): Traffic => ({
  names: props.names,
  requests: sum(ofGateway(props, 'Count')),
});

const ofTargets = (
  { targetGroup, loadBalancer }: ServiceDashboardProps,
  name: 'HealthyHostCount' | 'UnHealthyHostCount',
) => ofAws('targets', name, { TargetGroup: targetGroup, LoadBalancer: loadBalancer });

const figures = (props: ServiceDashboardProps): Row => {
  const requests = sum(ofGateway(props, 'Count'));
  const number = (
    title: string,
    unit: string,
    series: MetricWidget['series'],
    isOfWholeTime = true,
  ): MetricWidget => ({
    view: 'singleValue',
    title,
    unit,
    width: 4,
    periodSeconds: FIVE_MINUTES,
    isOfWholeTime,
    series,
  });
  return {
    height: 4,
    widgets: [
      number('Requests', 'in 12 hours', [{ ...requests, label: 'Requests', color: colours.blue }]),
      number('Latency', 'ms, 99th percentile', [
        { metric: ofGateway(props, 'Latency'), statistic: 'p99', label: 'p99', color: colours.blue },
      ]),
      number('Failed', '% of requests', [
        {
          expression: '100 * failed / requests',
          using: { failed: sum(ofGateway(props, '5XXError')), requests },
          label: '5xx',
          color: colours.vermilion,
        },
      ]),
      number(
        'Tasks in service',
        'now',
        [
          {
            metric: ofTargets(props, 'HealthyHostCount'),
            statistic: 'Minimum',
            label: 'Healthy',
            color: colours.green,
          },
        ],
        false,
      ),
      number('KMS calls', 'per 1,000 requests', [kmsPerThousand(traffic(props))]),
      number('Cost of 1,000 requests', 'USD', [
        { ...costPerThousand(traffic(props)), label: 'List price', color: colours.purple },
      ]),
    ],
  };
};

const speedAndErrors = (props: ServiceDashboardProps): Row => ({
  height: 6,
  widgets: [
    {
      view: 'timeSeries',
      title: 'Latency at the gateway',
      unit: 'ms',
      width: 12,
      periodSeconds: FIVE_MINUTES,
      axis: { min: 0 },
      series: [
        ...(['p50', 'p90', 'p99'] as const).map((statistic, index) => ({
          metric: ofGateway(props, 'Latency'),
          statistic,
          label: statistic,
          color: [colours.sky, colours.blue, colours.purple][index]!,
        })),
        ...seriesOf('Maximum', [
          ['p99 in the service', ofService(props.names, 'RequestLatencyP99'), colours.green],
        ]),
      ],
      thresholds: [
        { value: props.slowMilliseconds, label: 'alarm: p99', color: colours.vermilion, isAlarm: true },
      ],
    },
    {
      view: 'timeSeries',
      title: 'Errors',
      unit: 'answers in 5 minutes',
      width: 12,
      periodSeconds: FIVE_MINUTES,
      axis: { min: 0 },
      series: seriesOf('Sum', [
        ['5xx of the gateway', ofGateway(props, '5XXError'), colours.vermilion],
        ['5xx of the service', ofService(props.names, 'Refusals5xx'), colours.orange],
        ['4xx of the service', ofService(props.names, 'Refusals4xx'), colours.grey],
      ]),
      thresholds: [{ value: 5, label: 'alarm: 5xx', color: colours.vermilion, isAlarm: true }],
    },
  ],
});

const saturation = (props: ServiceDashboardProps): Row => {
  const { names, serviceName, minTasks } = props;
  const ofTasks = (name: 'CPUUtilization' | 'MemoryUtilization') =>
    ofAws('tasks', name, { ClusterName: names.prefix, ServiceName: serviceName });
  return {
    height: 6,
    widgets: [
      {
        view: 'timeSeries',
        title: 'Saturation: processor and memory of the tasks',
        unit: '% of what a task has',
        width: 8,
        periodSeconds: FIVE_MINUTES,
        axis: { min: 0, max: 100 },
        series: seriesOf('Maximum', [
          ['Processor', ofTasks('CPUUtilization'), colours.blue],
          ['Memory', ofTasks('MemoryUtilization'), colours.orange],
        ]),
      },
      {
        view: 'timeSeries',
        title: 'Saturation: delay of the event loop',
        unit: 'ms, 99th percentile',
        width: 8,
        periodSeconds: FIVE_MINUTES,
        axis: { min: 0 },
        series: seriesOf('Maximum', [['Slowest task', ofService(names, 'EventLoopDelayP99'), colours.blue]]),
        thresholds: [{ value: 200, label: 'look into it', color: colours.orange }],
      },
      {
        view: 'timeSeries',
        title: 'Tasks',
        unit: 'tasks',
        width: 8,
        periodSeconds: FIVE_MINUTES,
        axis: { min: 0 },
        series: [
          {
            metric: ofTargets(props, 'HealthyHostCount'),
            statistic: 'Minimum',
            label: 'In service',
            color: colours.green,
          },
          { ...maximum(ofTargets(props, 'UnHealthyHostCount')), label: 'Sick', color: colours.vermilion },
        ],
        thresholds: [
          { value: minTasks, label: 'alarm: fewer', color: colours.vermilion, fill: 'below', isAlarm: true },
        ],
      },
    ],
  };
};
