import { type Aim, aimsTable } from '../report/aims.js';
import { fixed, left, right, whole } from '../report/cells.js';
import type { FigureTable } from '../suite.js';
import type { HttpLoad } from './http-figures.js';
import { type OperationName, operations } from './operations.js';

/** Connections at which the aims hold: the load generator shares the processors. */
const aimedAtConnections = 16;
const requestsPerSecondAtLeast: Record<OperationName, number> = {
  get: 3200,
  post: 1460,
  put: 1230,
  search: 2500,
};
const getMillisecondsAtMost = 0.35;

export function httpTables(loads: readonly HttpLoad[]): FigureTable[] {
  return [aimsTable(aimsOf(loads)), throughput(loads), cost(loads)];
}

function aimsOf(loads: readonly HttpLoad[]): Aim[] {
  return loads
    .filter(({ connections }) => connections === aimedAtConnections)
    .flatMap(({ operation, service }): Aim[] => [
      {
        what: operations[operation].title,
        unit: 'req/s',
        measured: service.requestsPerSecond,
        aim: { atLeast: requestsPerSecondAtLeast[operation] },
      },
      ...(operation === 'get'
        ? [
            {
              what: `${operations.get.title}, processor`,
              unit: 'ms a request',
              measured: service.processorMilliseconds,
              aim: { atMost: getMillisecondsAtMost },
            },
          ]
        : []),
    ]);
}

function throughput(loads: readonly HttpLoad[]): FigureTable {
  return {
    title: 'Throughput and latency',
    columns: [
      left('Operation'),
      ...['Connections', 'req/s', 'p50 ms', 'p99 ms', 'plain req/s', 'plain p50 ms', 'plain p99 ms'].map(
        right,
      ),
      right('plain / service'),
    ],
    rows: loads.map(({ operation, connections, service, plain }) => [
      operations[operation].title,
      String(connections),
      whole(service.requestsPerSecond),
      fixed(service.p50Milliseconds),
      fixed(service.p99Milliseconds),
      whole(plain.requestsPerSecond),
      fixed(plain.p50Milliseconds),
      fixed(plain.p99Milliseconds),
      fixed(plain.requestsPerSecond / service.requestsPerSecond, 1),
    ]),
  };
}

function cost(loads: readonly HttpLoad[]): FigureTable {
  return {
    title: 'Processor time and errors',
    columns: [
      left('Operation'),
      ...[
        'Connections',
        'requests',
        'errors',
        'CPU ms/request',
        'plain CPU ms/request',
        'service / plain',
      ].map(right),
    ],
    rows: loads.map(({ operation, connections, service, plain }) => [
      operations[operation].title,
      String(connections),
      whole(service.requests),
      whole(Object.values(service.failures).reduce((sum, count) => sum + count, 0)),
      fixed(service.processorMilliseconds, 3),
      fixed(plain.processorMilliseconds, 3),
      fixed(service.processorMilliseconds / plain.processorMilliseconds, 1),
    ]),
  };
}
