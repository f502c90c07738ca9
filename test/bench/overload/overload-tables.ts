import { type OperationName, operations } from '../http/operations.js';
import { percentile } from '../statistics.js';
import type { FigureTable } from '../suite.js';
import type { OverloadResult } from './overload-load.js';

export interface Saturation {
  operation: OperationName;
  connections: number;
  requestsPerSecond: number;
  calmMilliseconds: number;
}

export interface Latency {
  p50Milliseconds: number;
  p99Milliseconds: number;
}

export interface Overload {
  operation: OperationName;
  /** Of the saturating load. */
  multiple: number;
  requestsPerSecond: number;
  side: string;
  acceptedPerSecond: number;
  shed: number;
  unanswered: number;
  ofAccepted: Latency;
  ofShed: Latency;
  ofProbes: Latency;
  recoveredAfterMilliseconds?: number;
  failures: Record<string, number>;
}

export interface OverloadFigures {
  saturations: Saturation[];
  overloads: Overload[];
}

const left = (name: string) => ({ name, align: 'left' as const });
const right = (name: string) => ({ name, align: 'right' as const });
const whole = (value: number) => (Number.isNaN(value) ? '' : Math.round(value).toLocaleString('en-US'));

export function overloadTables({ saturations, overloads }: OverloadFigures): FigureTable[] {
  return [
    {
      title: 'Saturating load',
      columns: [left('Operation'), ...['Connections', 'req/s', 'calm within ms'].map(right)],
      rows: saturations.map(({ operation, connections, requestsPerSecond, calmMilliseconds }) => [
        operations[operation].title,
        String(connections),
        whole(requestsPerSecond),
        calmMilliseconds.toFixed(1),
      ]),
    },
    {
      title: 'Loads that do not wait',
      columns: [
        left('Operation'),
        right('Times'),
        right('offered/s'),
        left('Service'),
        ...['accepted/s', 'turned away', 'unanswered', 'accepted p50 ms', 'accepted p99 ms'].map(right),
        ...['turned away p50 ms', 'turned away p99 ms', 'probes p99 ms', 'recovered after ms'].map(right),
      ],
      rows: overloads.map(rowOf),
    },
  ];
}

/** @returns the figures of a load in place of each answer's time */
export function summarized(
  { accepted, shed, probes, seconds, ...rest }: OverloadResult,
  load: Pick<Overload, 'operation' | 'multiple' | 'requestsPerSecond' | 'side'>,
): Overload {
  return {
    ...load,
    ...rest,
    acceptedPerSecond: accepted.length / seconds,
    shed: shed.length,
    ofAccepted: latencyOf(accepted),
    ofShed: latencyOf(shed),
    ofProbes: latencyOf(probes),
  };
}

function latencyOf(milliseconds: Float64Array): Latency {
  const sorted = Float64Array.from(milliseconds).sort();
  return { p50Milliseconds: percentile(sorted, 0.5), p99Milliseconds: percentile(sorted, 0.99) };
}

function rowOf(load: Overload): string[] {
  const { ofAccepted, ofShed, ofProbes, recoveredAfterMilliseconds: recovered } = load;
  return [
    operations[load.operation].title,
    String(load.multiple),
    whole(load.requestsPerSecond),
    load.side,
    whole(load.acceptedPerSecond),
    whole(load.shed),
    whole(load.unanswered),
    ...[ofAccepted, ofShed].flatMap((times) =>
      [times.p50Milliseconds, times.p99Milliseconds].map((value) => whole(value)),
    ),
    whole(ofProbes.p99Milliseconds),
    recovered === undefined ? 'not' : whole(recovered),
  ];
}
