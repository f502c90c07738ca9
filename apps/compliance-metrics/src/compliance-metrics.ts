import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { ConfigServiceClient } from '@aws-sdk/client-config-service';
import {
  distinctViolations,
  type Episode,
  forecastScore,
  meanTimeToRepairHours,
  measures,
  resourceKey,
  riskScore,
  violationOf,
} from '@app/compliance-score';
import { type BrokenRule, ConfigReader } from './config-reader.js';
import type { ComplianceMetricsConfig } from './compliance-metrics.config.js';
import { dailyScores, publish } from './metric-store.js';
import { resourceDataClasses } from './resource-data-classes.js';

interface ComplianceMetricsParts extends ComplianceMetricsConfig {
  config: ConfigServiceClient;
  cloudWatch: CloudWatchClient;
  now: () => Date;
  log: (line: string) => void;
}

/** What was mended in this time makes the mean time to repair. */
const REPAIRS_OF_DAYS = 30;
const MILLISECONDS_PER_DAY = 24 * 3600 * 1000;

/**
 * Reads what AWS Config has judged, weighs it and publishes it as metrics (45 CFR 164.308(a)(1)(ii)(A), 164.308(a)(8)). What cannot be read
 * fails the function: figures that leave something out would look better than the account is.
 */
export function complianceMetricsHandler(parts: ComplianceMetricsParts) {
  return async (): Promise<void> => {
    const { config, cloudWatch, namespace, ruleNamePrefix, ruleMetrics, log } = parts;
    const now = parts.now();
    const reader = new ConfigReader(config);
    const rules = await reader.rules();
    const broken = await reader.brokenRules(rules);
    const classes = await resourceDataClasses(config, broken);
    const since = new Date(now.getTime() - REPAIRS_OF_DAYS * MILLISECONDS_PER_DAY);
    const episodes = await reader.episodes(broken, since);
    const violations = distinctViolations(
      broken.map((one) => {
        const dataClass = classes.get(resourceKey(one)) ?? 'unknown';
        return violationOf({ ...one, dataClass, openSince: openSince(one, episodes) }, now, ruleNamePrefix);
      }),
    );
    const risk = riskScore(violations);
    const history = await dailyScores(cloudWatch, namespace, now);
    const today = { day: Math.floor(now.getTime() / MILLISECONDS_PER_DAY), score: risk.score };
    const all = measures({
      rules,
      violations,
      risk,
      forecast: forecastScore([...history.filter(({ day }) => day !== today.day), today])?.score,
      repairHours: meanTimeToRepairHours([...episodes.values()].flat(), since),
      prefix: ruleNamePrefix,
      ruleMetrics,
    });
    await publish(cloudWatch, namespace, all, now);
    const counts = { rules: rules.length, violations: violations.length, metrics: all.length };
    log(`${JSON.stringify({ message: 'compliance published', ...counts })}\n`);
  };
}

/** When the rule was broken, by the history; else when Config recorded that it is, which is later. */
function openSince(
  { ruleName, recordedAt, ...resource }: BrokenRule,
  episodes: ReadonlyMap<string, readonly Episode[]>,
): Date | undefined {
  const open = episodes
    .get(resourceKey(resource))
    ?.find((episode) => episode.ruleName === ruleName && episode.to === undefined);
  return open?.from ?? recordedAt;
}
