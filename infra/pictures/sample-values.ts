import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import {
  isSearch,
  type Measured,
  type MetricWidget,
  type Search,
  type Series,
} from '../lib/dashboards/definition.js';
import { repositoryFolder } from '../lib/repository.js';
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

/** What the samples are made of, as sample-values.yaml says. */
interface SampleValues {
  shapes: Record<string, Shape>;
  factors: Record<string, number>;
  found: Record<string, readonly string[]>;
}

const file = join(repositoryFolder, 'infra', 'pictures', 'sample-values.yaml');
const { shapes, factors, found } = parse(readFileSync(file, 'utf8')) as SampleValues;
const unknownShape: Shape = { level: 8, spread: 5, quiet: 0.5, isWhole: true };

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
