import type { Metric } from '@app/observability';
import type { BedrockFigures, PiiDetector } from '@app/pii-screening';
import type { RunningTotals } from './running-totals.js';

type ServiceFigures = BedrockFigures['guardrail'];

/** @returns the figures of the detector's calls to Bedrock; nothing if it makes none */
export function bedrockMetrics(detector: PiiDetector, totals: RunningTotals): Metric[] {
  const { figures } = detector as PiiDetector & { readonly figures?: BedrockFigures };
  if (figures === undefined) return [];
  return [
    ...serviceMetrics('BedrockGuardrail', figures.guardrail, totals),
    ...serviceMetrics('BedrockModel', figures.model, totals),
    totals.since('BedrockDegradedRequests', figures.degradedRequests),
    totals.since('BedrockRejectedRequests', figures.rejectedRequests),
    totals.since('BedrockDroppedStrings', figures.droppedSubstrings),
    totals.since('BedrockUnlocatedMatches', figures.unlocatedMatches),
  ];
}

function serviceMetrics(name: string, figures: ServiceFigures, totals: RunningTotals): Metric[] {
  const failures = Object.values(figures.failures).reduce((sum, count) => sum + count, 0);
  return [
    totals.since(`${name}Calls`, figures.calls),
    totals.since(`${name}Retries`, figures.retries),
    totals.since(`${name}Failures`, failures),
    { name: `${name}BreakerOpen`, unit: 'Count', value: figures.breaker === 'closed' ? 0 : 1 },
    // Of the whole time since the start: the detector keeps no other.
    { name: `${name}LatencyP99`, unit: 'Milliseconds', value: figures.latencyMs.p99 },
  ];
}
