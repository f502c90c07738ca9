import { Metrics } from '@aws-lambda-powertools/metrics';
import type { Log } from './log.js';

/** One figure of a process. */
export interface Metric {
  /** In the words of CloudWatch: `AuditAppendP99`. */
  name: string;
  unit: 'Count' | 'Seconds' | 'Milliseconds' | 'Bytes';
  /** Of a count: since it was last written. */
  value: number;
}

/** Every metric of ours is under this name in CloudWatch. */
const metricsNamespace = 'HealthcareSecurityPlatform';

/** More metrics would be two documents: "Metrics ... MUST NOT contain more than 100" (specification of the format). */
const metricsAtMost = 100;

/** The library would print its warnings past our log, and they quote values. */
const silent = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/**
 * Writes metrics into the log as CloudWatch Embedded Metric Format: a log line whose `_aws` member tells CloudWatch Logs which of
 * its members are metrics. Nothing is called and nothing is kept; where no CloudWatch reads the log, it is a line like any other.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export class MetricsLog {
  readonly #log: Log;
  readonly #document: Metrics;

  /**
   * @param dimensions of every metric, and its only ones: each further value of a dimension is a metric of its own in the bill, and
   *   stays in the account for 15 months. The library writes them as `service` and `Stage`.
   */
  constructor(log: Log, dimensions: { service: string; stage: string }) {
    // At any level of the log: metrics are switched off by their own setting.
    this.#log = log.child({}, { level: 'info' });
    this.#document = new Metrics({
      namespace: metricsNamespace,
      serviceName: dimensions.service,
      defaultDimensions: { Stage: dimensions.stage },
      logger: silent,
    });
  }

  /**
   * @param message of the line
   * @param properties are in the line and can be searched for, but are no dimensions
   * @throws RangeError if there are more than 100 metrics
   */
  write(
    metrics: readonly Metric[],
    message: string,
    properties: Readonly<Record<string, string>> = {},
  ): void {
    if (metrics.length > metricsAtMost) throw new RangeError('more than 100 metrics in a document');
    try {
      for (const { name, unit, value } of metrics) this.#document.addMetric(name, unit, value);
      for (const [name, value] of Object.entries(properties)) this.#document.addMetadata(name, value);
      // Not `publishStoredMetrics`: it prints to standard output itself, between the writes of the log.
      this.#log.info(this.#document.serializeMetrics(), message);
    } finally {
      this.#document.clearMetrics();
      this.#document.clearMetadata();
    }
  }
}
