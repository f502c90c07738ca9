import type { Names } from '../../lib/names.js';
import type { Settings } from '../../lib/settings.js';
import type { Severity } from './threat.js';

/** Metrics of the service, which it writes into its log. A test holds them to what the service's own code counts. */
export const SERVICE_NAMESPACE = 'HealthcareSecurityPlatform';

/** One metric as CloudWatch knows it. */
export interface WatchedMetric {
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
  statistic: 'Sum' | 'Minimum' | 'Maximum';
}

/** What an alarm looks at. */
export type AlarmSource =
  | { metric: WatchedMetric }
  /** Of several, their sum. */
  | { sumOf: readonly WatchedMetric[] }
  /** Lines of a log group, 1 a match. */
  | { lines: { of: 'trail' | 'apiAccess'; pattern: string } }
  /** The most that one contributor of the trail's lines reached. */
  | { worstOf: { key: string; match: readonly { path: string; in?: string[]; startsWith?: string[] }[] } }
  /** Outside of what the metric did in the last weeks, so many standard deviations. */
  | { anomalyOf: WatchedMetric; deviations: number };

/** When somebody has to look, from a figure rather than from an event. */
export interface MetricAlarm {
  id: string;
  /** The row of the list that it answers. */
  row: string;
  title: string;
  severity: Severity;
  source: AlarmSource;
  threshold: number;
  /** At least the threshold, unless below it. */
  below?: true;
  /** Of five minutes, in a row; 1 unless given. */
  periods?: number;
  /** Seconds; 300 unless given. */
  periodSeconds?: number;
  /** Where silence itself is what is watched for. */
  silenceIsAlarm?: true;
  first: string;
}

export const ofService = (settings: Settings, name: string): WatchedMetric => ({
  namespace: SERVICE_NAMESPACE,
  name,
  dimensions: { service: 'phi-api', Stage: settings.stage },
  statistic: 'Sum',
});
/** What a function of the infrastructure counts: the daily queries, the heartbeat. */
export const found = (names: Names, name: string): WatchedMetric => ({
  namespace: names.complianceNamespace,
  name,
  dimensions: {},
  statistic: 'Sum',
});
