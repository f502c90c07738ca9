import { Writable } from 'node:stream';
import { describe, expect, it, jest } from '@jest/globals';
import { faultsOfMetrics, metricsLines, metricsOf } from '../../../test/support/embedded-metrics.js';
import { createLog } from './log.js';
import { type Metric, MetricsLog } from './metrics-log.js';

const dimensions = { service: 'phi-api', stage: 'test' };

function metricsLog(level = 'info') {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString('utf8'));
      done();
    },
  });
  const log = createLog(level, sink);
  return { log, metrics: new MetricsLog(log, dimensions), written: () => lines.join('') };
}

const counts = (count: number): Metric[] =>
  Array.from({ length: count }, (_, index) => ({ name: `Metric${index}`, unit: 'Count', value: index }));

describe('MetricsLog', () => {
  it('writes one log line in the embedded metric format of CloudWatch', () => {
    const { metrics, written } = metricsLog();
    metrics.write(
      [
        { name: 'Requests', unit: 'Count', value: 3 },
        { name: 'RequestLatencyP99', unit: 'Milliseconds', value: 1.25 },
      ],
      'metrics',
    );

    const [line, ...others] = metricsLines(written());
    expect(others).toEqual([]);
    expect(line).toMatchObject({
      level: 'info',
      message: 'metrics',
      service: 'phi-api',
      Stage: 'test',
      _aws: {
        CloudWatchMetrics: [
          {
            Namespace: 'HealthcareSecurityPlatform',
            Dimensions: [['service', 'Stage']],
            Metrics: [
              { Name: 'Requests', Unit: 'Count' },
              { Name: 'RequestLatencyP99', Unit: 'Milliseconds' },
            ],
          },
        ],
      },
      Requests: 3,
      RequestLatencyP99: 1.25,
    });
  });

  it('has properties in the line that are no dimensions', () => {
    const { metrics, written } = metricsLog();
    metrics.write(counts(1), 'metrics of an agent', { agent: 'token' });
    const [line] = metricsLines(written());
    expect(line).toMatchObject({ agent: 'token' });
    expect(line?._aws.CloudWatchMetrics[0]?.Dimensions).toEqual([['service', 'Stage']]);
  });

  it('keeps nothing of a document for the next one', () => {
    const { metrics, written } = metricsLog();
    metrics.write(counts(2), 'metrics', { agent: 'token' });
    metrics.write([{ name: 'Requests', unit: 'Count', value: 0 }], 'metrics');
    const second = metricsLines(written())[1];
    expect(second && metricsOf(second)).toEqual({ Requests: 0 });
    expect(second).not.toHaveProperty('agent');
  });

  it('takes 100 metrics, and refuses more than a document may hold', () => {
    const { metrics, written } = metricsLog();
    metrics.write(counts(100), 'metrics');
    expect(metricsLines(written()).map((line) => Object.keys(metricsOf(line)).length)).toEqual([100]);
    expect(() => metrics.write(counts(101), 'metrics')).toThrow(RangeError);
  });

  it.each(['silent', 'error'])(
    'writes at the log level %s as well, and lets nothing else through',
    (level) => {
      const { log, metrics, written } = metricsLog(level);
      log.info('not this');
      metrics.write(counts(1), 'metrics');
      log.info('nor this');
      expect(written().trim().split('\n')).toHaveLength(1);
      expect(metricsLines(written())).toHaveLength(1);
    },
  );

  it('writes nothing past the log', () => {
    const output = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    const errors = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      const { metrics } = metricsLog();
      metrics.write(counts(100), 'metrics');
      metrics.write([], 'metrics');
      metrics.write([...counts(1), ...counts(1)], 'metrics', { service: 'other' });
      expect([output.mock.calls, errors.mock.calls]).toEqual([[], []]);
    } finally {
      output.mockRestore();
      errors.mockRestore();
    }
  });
});

describe('the check of documents', () => {
  const right = () => {
    const { metrics, written } = metricsLog();
    metrics.write(counts(2), 'metrics');
    return JSON.parse(written()) as ReturnType<typeof metricsLines>[number];
  };

  it('finds nothing wrong with a right one', () => {
    expect(faultsOfMetrics(right())).toEqual([]);
  });

  it.each<[string, (line: ReturnType<typeof right>) => unknown]>([
    ['without metadata', ({ _aws: _, ...line }) => line],
    ['with a metric that has no value', ({ Metric1: _, ...line }) => line],
    ['with a metric that is null', (line) => ({ ...line, Metric1: null })],
    ['with a dimension that has no value', ({ Stage: _, ...line }) => line],
    ['with an unknown unit', (line) => JSON.parse(JSON.stringify(line).replace('"Count"', '"count"'))],
    [
      'with 31 dimensions',
      (line) => {
        line._aws.CloudWatchMetrics[0]!.Dimensions = [Array.from({ length: 31 }, (_, n) => `d${n}`)];
        return line;
      },
    ],
    [
      'with 101 metrics',
      (line) => {
        line._aws.CloudWatchMetrics[0]!.Metrics = counts(101).map(({ name }) => ({
          Name: name,
          Unit: 'Count',
        }));
        return line;
      },
    ],
  ])('finds one %s', (_, spoil) => {
    expect(faultsOfMetrics(spoil(right()))).not.toEqual([]);
  });
});
