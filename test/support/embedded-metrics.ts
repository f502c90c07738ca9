import { Ajv } from 'ajv';

const units =
  'Seconds|Microseconds|Milliseconds|Bytes|Kilobytes|Megabytes|Gigabytes|Terabytes|Bits|Kilobits|Megabits|Gigabits|Terabits|Percent|Count|' +
  'Bytes/Second|Kilobytes/Second|Megabytes/Second|Gigabytes/Second|Terabytes/Second|Bits/Second|Kilobits/Second|Megabits/Second|' +
  'Gigabits/Second|Terabits/Second|Count/Second|None';

const name = (longest: number) => ({ type: 'string', minLength: 1, maxLength: longest });

/**
 * What the specification asks of a document, sections "MetricDirective object", "DimensionSet array" and "MetricDefinition object".
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
const schema = {
  type: 'object',
  required: ['_aws'],
  properties: {
    _aws: {
      type: 'object',
      required: ['Timestamp', 'CloudWatchMetrics'],
      additionalProperties: false,
      properties: {
        Timestamp: { type: 'integer', minimum: 1_500_000_000_000 },
        CloudWatchMetrics: {
          type: 'array',
          minItems: 1,
          items: {
            type: 'object',
            required: ['Namespace', 'Dimensions', 'Metrics'],
            additionalProperties: false,
            properties: {
              Namespace: { ...name(1024), pattern: '^[^:]' },
              Dimensions: {
                type: 'array',
                minItems: 1,
                items: { type: 'array', maxItems: 30, items: name(250), uniqueItems: true },
              },
              Metrics: {
                type: 'array',
                maxItems: 100,
                uniqueItems: true,
                items: {
                  type: 'object',
                  required: ['Name', 'Unit'],
                  additionalProperties: false,
                  properties: {
                    Name: name(1024),
                    Unit: { type: 'string', pattern: `^(${units})$` },
                    StorageResolution: { enum: [1, 60] },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
};

interface Directive {
  Namespace: string;
  Dimensions: string[][];
  Metrics: { Name: string; Unit: string }[];
}

/** A log line that is a document of metrics. */
export interface MetricsLine {
  _aws: { Timestamp: number; CloudWatchMetrics: Directive[] };
  [member: string]: unknown;
}

const validate = new Ajv().compile<MetricsLine>(schema);

/** @returns what is wrong with the line as a document in CloudWatch embedded metric format; nothing if it is right */
export function faultsOfMetrics(line: unknown): string[] {
  if (!validate(line))
    return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
  const faults: string[] = [];
  for (const { Dimensions, Metrics } of line._aws.CloudWatchMetrics) {
    for (const dimension of Dimensions.flat()) {
      const value = line[dimension];
      if (typeof value !== 'string' || value.length < 1 || value.length > 1024) {
        faults.push(`the dimension ${dimension} has no text of 1 to 1024 characters`);
      }
    }
    for (const { Name } of Metrics) {
      // "The target member ... MUST have a numeric value, or an array of numeric values"; NaN becomes null in JSON.
      if (!Number.isFinite(line[Name])) faults.push(`the metric ${Name} has no number`);
    }
  }
  return faults;
}

/** @returns the documents of metrics among the lines of a log, each checked @throws Error if one is not right */
export function metricsLines(log: string): MetricsLine[] {
  const lines = log
    .split('\n')
    .filter((text) => text.includes('"_aws"'))
    .map((text) => JSON.parse(text) as MetricsLine);
  const faults = lines.flatMap(faultsOfMetrics);
  if (faults.length > 0) throw new Error(faults.join('\n'));
  return lines;
}

/** @returns the metrics of a document by name */
export function metricsOf(line: MetricsLine): Record<string, number> {
  const names = line._aws.CloudWatchMetrics.flatMap(({ Metrics }) => Metrics.map(({ Name }) => Name));
  return Object.fromEntries(names.map((metric) => [metric, line[metric] as number]));
}
