import {
  isSearch,
  type Measured,
  type MetricWidget,
  type Search,
  type Series,
} from '../lib/dashboards/definition.js';
import { evaluate, type TimeSeries } from './metric-math.js';

/** Times of the samples, seconds since 1970: the same for ever, so that a picture changes with its definition alone. */
export interface SampleTimes {
  times: readonly number[];
}

/** How samples of a metric look. */
interface Shape {
  /** About where it is, and how far it goes from there. */
  level: number;
  spread: number;
  /** 0 to 1: how much of it follows the day of a clinic. */
  daily?: number;
  /** What it grows by over the whole time, a part of its level. */
  trend?: number;
  /** Chance that a period is none of these but 0: of events that are rare. */
  quiet?: number;
  isWhole?: boolean;
}

/** By the metric's name. What is not here is drawn as a count of some ten. */
const shapes: Record<string, Shape> = {
  RiskScore: { level: 31, spread: 3, trend: -0.55 },
  RiskScoreForecast: { level: 27, spread: 3, trend: -0.6 },
  CompliantRules: { level: 118, spread: 1, trend: 0.06, isWhole: true },
  NonCompliantRules: { level: 14, spread: 1, trend: -0.7, isWhole: true },
  OpenViolations: { level: 13, spread: 1, trend: -0.6, isWhole: true },
  OpenViolationsByAge: { level: 9, spread: 0.6, trend: -0.4, isWhole: true },
  MeanTimeToRepairHours: { level: 58, spread: 6, trend: -0.6 },
  TriggeredRules: { level: 0, spread: 0.5, isWhole: true },
  RuleCompliant: { level: 0.72, spread: 0.26 },
  CompliancePercentByParagraph: { level: 86, spread: 12 },
  Count: { level: 4_200, spread: 350, daily: 0.75, isWhole: true },
  KmsCallsOfService: { level: 1_560, spread: 140, daily: 0.7, isWhole: true },
  Latency: { level: 42, spread: 6, daily: 0.2 },
  RequestLatencyP99: { level: 150, spread: 20, daily: 0.3 },
  '5XXError': { level: 2, spread: 1, quiet: 0.85, isWhole: true },
  Refusals5xx: { level: 2, spread: 1, quiet: 0.9, isWhole: true },
  Refusals4xx: { level: 46, spread: 9, daily: 0.7, isWhole: true },
  CPUUtilization: { level: 41, spread: 5, daily: 0.6 },
  MemoryUtilization: { level: 57, spread: 1.5 },
  EventLoopDelayP99: { level: 38, spread: 12, daily: 0.5 },
  HealthyHostCount: { level: 3, spread: 0 },
  UnHealthyHostCount: { level: 0, spread: 0 },
  ConsumedReadCapacityUnits: { level: 5_600, spread: 300, daily: 0.75, isWhole: true },
  ConsumedWriteCapacityUnits: { level: 11_000, spread: 700, daily: 0.75, isWhole: true },
  AuthenticationRefusals: { level: 18, spread: 5, daily: 0.5, isWhole: true },
  AuthorizationRefusals: { level: 6, spread: 3, daily: 0.5, isWhole: true },
  OutOfReachAttempts: { level: 3, spread: 2, quiet: 0.4, isWhole: true },
  RateLimitRefusals: { level: 9, spread: 6, quiet: 0.8, isWhole: true },
  ApiUnauthorized: { level: 24, spread: 8, daily: 0.4, isWhole: true },
  ApiThrottled: { level: 12, spread: 7, quiet: 0.85, isWhole: true },
  BlockedRequests: { level: 35, spread: 16, isWhole: true },
  Logins: { level: 14, spread: 5, daily: 0.7, isWhole: true },
  InsightRule: { level: 2, spread: 1, quiet: 0.94, isWhole: true },
  ThreatKeyWrongContext: { level: 1, spread: 0, quiet: 0.98, isWhole: true },
  ThreatCis41: { level: 2, spread: 2, quiet: 0.8, isWhole: true },
  ThreatCis47: { level: 1, spread: 0, quiet: 0.99, isWhole: true },
  IntegrityAlarms: { level: 0, spread: 0 },
  AuditTrailChanges: { level: 0, spread: 0 },
  AuditFailures: { level: 0, spread: 0 },
  AuditSealFailures: { level: 1, spread: 0, quiet: 0.97, isWhole: true },
  EmergencyAccesses: { level: 1, spread: 0, quiet: 0.985, isWhole: true },
  MassReads: { level: 1, spread: 0, quiet: 0.99, isWhole: true },
  KeyDestructions: { level: 1, spread: 0, quiet: 0.98, isWhole: true },
  ProtectionChanges: { level: 1, spread: 0.6, quiet: 0.97, isWhole: true },
  ScreeningBlocked: { level: 5, spread: 3, daily: 0.7, isWhole: true },
  ScreeningAnonymized: { level: 62, spread: 12, daily: 0.7, isWhole: true },
  ScreeningDegraded: { level: 4, spread: 2, quiet: 0.9, isWhole: true },
  RescreenQueue: { level: 3, spread: 1.2, trend: -0.5, isWhole: true },
  Invocations: { level: 170, spread: 20, daily: 0.7, isWhole: true },
  InvocationsIntervened: { level: 22, spread: 7, daily: 0.7, isWhole: true },
  InvocationThrottles: { level: 3, spread: 2, quiet: 0.95, isWhole: true },
  BedrockGuardrailCalls: { level: 172, spread: 20, daily: 0.7, isWhole: true },
  BedrockModelCalls: { level: 168, spread: 20, daily: 0.7, isWhole: true },
  BedrockGuardrailFailures: { level: 2, spread: 1, quiet: 0.93, isWhole: true },
  BedrockModelFailures: { level: 3, spread: 2, quiet: 0.9, isWhole: true },
  AuditUnsealedAge: { level: 5, spread: 2 },
  AuditAppendP99: { level: 14, spread: 3, daily: 0.3 },
  IteratorAge: { level: 9_000, spread: 4_000 },
  NumberOfMessagesPublished: { level: 1, spread: 0, quiet: 0.96, isWhole: true },
  NumberOfNotificationsFailed: { level: 0, spread: 0 },
};
const unknownShape: Shape = { level: 8, spread: 5, quiet: 0.5, isWhole: true };

/** What the level of a metric becomes for a value of its dimension or a statistic. */
const factors: Record<string, number> = {
  CRITICAL: 0.1,
  HIGH: 0.4,
  MEDIUM: 1,
  LOW: 0.7,
  'under-1-day': 0.3,
  '1-to-7-days': 0.7,
  '7-to-30-days': 0.4,
  'over-30-days': 0.15,
  p50: 1,
  p90: 2.4,
  p99: 5,
};

/** What a search finds in an account that there is not. */
const found: Record<string, readonly string[]> = {
  Paragraph: [
    ...[
      '164.308(a)(3)(i)',
      '164.312(a)(2)(iv)',
      '164.308(a)(5)(ii)(D)',
      '164.312(d)',
      '164.308(a)(7)(ii)(A)',
    ],
    ...['164.312(e)(2)(ii)', '164.312(c)(1)', '164.308(a)(4)(ii)(C)', '164.312(a)(1)', '164.312(b)'],
    ...['164.308(a)(1)(ii)(B)', '164.312(e)(1)'],
  ],
  Rule: [
    ...['access-keys-rotated', 'ec2-ebs-encryption-by-default', 'phi-encryption', 'iam-user-mfa-enabled'],
    ...['s3-bucket-versioning-enabled', 'required-tags', 'cmk-backing-key-rotation-enabled'],
    ...['cloudwatch-log-group-encrypted', 'dynamodb-pitr-enabled', 'root-account-mfa-enabled'],
  ],
  RuleName: [
    ...['phi-prod-config-compliance', 'phi-prod-threat-kms', 'phi-prod-threat-iam', 'phi-prod-threat-s3'],
    ...['phi-prod-threat-root', 'phi-prod-guardduty'],
  ],
  FunctionName: ['archiver'],
};

/** A series with its samples, and the name that CloudWatch would show. */
export interface SampledSeries {
  label: string;
  color: string | undefined;
  values: TimeSeries;
}

/** @returns what the widget would draw; a search becomes as many series as it may find */
export function sampled({ series }: MetricWidget, { times }: SampleTimes): SampledSeries[] {
  return series.flatMap((one): SampledSeries[] => {
    if ('search' in one) return ofSearch(one, times);
    if ('insightRule' in one)
      return [{ label: one.label, color: one.color, values: samples('InsightRule', one.insightRule, times) }];
    if ('metric' in one) return [{ label: one.label, color: one.color, values: ofMetric(one, times) }];
    const using = Object.fromEntries(
      Object.entries(one.using).map(([id, source]) => [
        id,
        isSearch(source) ? samples(source.name, `${source.name} of all`, times) : ofMetric(source, times),
      ]),
    );
    return [{ label: one.label, color: one.color, values: evaluate(one.expression, using, times) }];
  });
}

function ofMetric({ metric, statistic }: Measured, times: readonly number[]): TimeSeries {
  const dimensions = Object.values(metric.dimensions);
  const factor = [...dimensions, statistic].reduce((product, word) => product * (factors[word] ?? 1), 1);
  const values = samples(
    metric.name,
    [metric.namespace, metric.name, ...dimensions, statistic].join(' '),
    times,
  );
  return values.map((value) => (value === undefined ? undefined : value * factor)).map(rounded(metric.name));
}

const rounded =
  (name: string) =>
  (value: number | undefined): number | undefined =>
    value !== undefined && (shapes[name] ?? unknownShape).isWhole ? Math.round(value) : value;

function ofSearch(series: Series & { search: Search }, times: readonly number[]): SampledSeries[] {
  const { search, atMost } = series as Series & { search: Search; atMost: number; order: 'ASC' | 'DESC' };
  const direction = (series as { order: 'ASC' | 'DESC' }).order === 'ASC' ? 1 : -1;
  return (found[search.dimensions.at(-1) ?? ''] ?? [])
    .map((label) => ({
      label,
      color: series.color,
      values: samples(search.name, `${search.name} ${label}`, times),
    }))
    .map((one) => ({ ...one, mean: mean(one.values) }))
    .sort((a, b) => direction * (a.mean - b.mean))
    .slice(0, atMost)
    .map(({ mean: _, ...one }) => one);
}

export const mean = (values: TimeSeries): number => {
  const known = values.filter((value) => value !== undefined);
  return known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length);
};

const HOUR = 3600;
/** The most that states of a search become; each has a level of its own. */
const limits: Record<string, number> = { RuleCompliant: 1, CompliancePercentByParagraph: 100 };

/** The same numbers for the same identity, for ever. */
function samples(name: string, identity: string, times: readonly number[]): TimeSeries {
  const { level, spread, daily = 0, trend = 0, quiet = 0, isWhole } = shapes[name] ?? unknownShape;
  const random = seeded(identity);
  const own =
    name in limits
      ? level + spread * (1 - 2.2 * random() ** 2)
      : name === 'TriggeredRules'
        ? 0.6 * random() ** 3
        : level;
  return times.map((time, index) => {
    const hour = (time / HOUR) % 24;
    // Two humps, as in a clinic: in the morning, and after lunch.
    const day = Math.exp(-(((hour - 10) / 2.6) ** 2)) + 0.8 * Math.exp(-(((hour - 15) / 2.4) ** 2));
    const followed = own * (1 - daily) + own * daily * day;
    const grown = followed * (1 + (trend * index) / Math.max(1, times.length - 1));
    const value = grown + (name in limits ? 0 : spread * (random() + random() - 1));
    if (random() < quiet) return 0;
    const bounded = Math.min(limits[name] ?? Number.POSITIVE_INFINITY, Math.max(0, value));
    return isWhole ? Math.round(bounded) : bounded;
  });
}

/** mulberry32 over an FNV-1a hash of the identity: a picture wants noise that is the same each time, not randomness. */
function seeded(identity: string): () => number {
  let state = 0x811c9dc5;
  for (const character of identity) state = Math.imul(state ^ character.charCodeAt(0), 0x01000193) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
