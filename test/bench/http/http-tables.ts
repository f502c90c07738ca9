import type { Column, FigureTable } from '../suite.js';
import { median } from '../statistics.js';
import type { HttpFigures } from './http-figures.js';
import { operations } from './operations.js';

const left = (name: string): Column => ({ name, align: 'left' });
const right = (name: string): Column => ({ name, align: 'right' });
const whole = (value: number) => Math.round(value).toLocaleString('en-US');
const fixed = (value: number, digits = 2) => value.toFixed(digits);

export function httpTables(figures: HttpFigures): FigureTable[] {
  return [throughput(figures), cost(figures), process(figures)];
}

function throughput({ loads }: HttpFigures): FigureTable {
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

function cost({ loads }: HttpFigures): FigureTable {
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

function process({ memory, startMilliseconds }: HttpFigures): FigureTable {
  const starts = startMilliseconds.map((value) => fixed(value / 1000)).join(', ');
  return {
    title: 'Process',
    columns: [left('Figure'), right('Value'), left('Remark')],
    rows: [
      ['RSS at rest', `${whole(memory.atRestMegabytes)} MB`, 'ready, no request yet'],
      ['RSS under load', `${whole(memory.underLoadMegabytes)} MB`, 'the most that was seen'],
      [
        'of it without files',
        `${whole(memory.withoutFilesMegabytes)} MB`,
        'after the load; the rest is mapped: the program, the data file',
      ],
      [
        'Start',
        `${fixed(median(startMilliseconds) / 1000)} s`,
        `to the first 200 of /health/ready; ${starts}`,
      ],
    ],
  };
}
