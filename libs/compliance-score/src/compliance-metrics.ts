import type { RiskScore } from './risk-score.js';
import { plainRuleName, ruleFacts } from './rule-facts.js';
import { type Severity, severityOf } from './severity.js';
import type { Violation } from './violation.js';

/**
 * What is published of the account's compliance. Dashboards and alarms have the same list in `infra/lib/compliance-metrics.ts`; a test holds
 * the two equal.
 */
export const complianceMetrics = {
  riskScore: { name: 'RiskScore', unit: 'None' },
  riskScoreForecast: { name: 'RiskScoreForecast', unit: 'None' },
  openViolations: {
    name: 'OpenViolations',
    unit: 'Count',
    dimension: { name: 'Severity', values: ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'] },
  },
  openViolationsByAge: {
    name: 'OpenViolationsByAge',
    unit: 'Count',
    dimension: { name: 'Age', values: ['under-1-day', '1-to-7-days', '7-to-30-days', 'over-30-days'] },
  },
  meanTimeToRepairHours: { name: 'MeanTimeToRepairHours', unit: 'None' },
  compliantRules: { name: 'CompliantRules', unit: 'Count' },
  nonCompliantRules: { name: 'NonCompliantRules', unit: 'Count' },
  compliancePercentByParagraph: {
    name: 'CompliancePercentByParagraph',
    unit: 'Percent',
    dimension: { name: 'Paragraph' },
  },
  ruleCompliant: { name: 'RuleCompliant', unit: 'Count', dimension: { name: 'Rule' } },
} as const;

/** One value of one metric. */
export interface Measure {
  name: string;
  unit: 'None' | 'Count' | 'Percent';
  dimension?: { name: string; value: string };
  value: number;
}

/** A rule as Config judges it; those that judge nothing are left out. */
export interface RuleState {
  ruleName: string;
  isCompliant: boolean;
}

interface Measured {
  rules: readonly RuleState[];
  violations: readonly Violation[];
  risk: RiskScore;
  /** 0 to 100; absent while there are too few days. */
  forecast: number | undefined;
  /** Absent if nothing was mended. */
  repairHours: number | undefined;
  /** Of our own rules, `phi-<stage>-`. */
  prefix: string;
  /** Whether each rule is a metric of its own. */
  ruleMetrics: boolean;
}

/** @returns all that is published at one time */
export function measures(measured: Measured): Measure[] {
  const { rules, violations, risk, forecast, repairHours, prefix, ruleMetrics } = measured;
  const plain = (metric: { name: string; unit: Measure['unit'] }, value: number | undefined): Measure[] =>
    value === undefined ? [] : [{ name: metric.name, unit: metric.unit, value }];
  const compliant = rules.filter(({ isCompliant }) => isCompliant).length;
  return [
    ...plain(complianceMetrics.riskScore, risk.score),
    ...plain(complianceMetrics.riskScoreForecast, forecast),
    ...counts(complianceMetrics.openViolations, violations.map(severityWord)),
    ...counts(
      complianceMetrics.openViolationsByAge,
      violations.map(({ ageDays }) => ageGroupOf(ageDays)),
    ),
    ...plain(complianceMetrics.meanTimeToRepairHours, repairHours),
    ...plain(complianceMetrics.compliantRules, compliant),
    ...plain(complianceMetrics.nonCompliantRules, rules.length - compliant),
    ...byParagraph(rules, prefix),
    ...(ruleMetrics ? byRule(rules, prefix) : []),
  ];
}

/** Alerts call the least of them `INFO`: of something that is open for weeks that would be too little said. */
const severityWord = ({ rule, dataClass, resourceType }: Violation): string => {
  const severity: Severity = severityOf(ruleFacts(rule, '').concern, dataClass, resourceType);
  return severity === 'INFO' ? 'LOW' : severity;
};

export function ageGroupOf(ageDays: number): string {
  const [underOne, week, month, more] = complianceMetrics.openViolationsByAge.dimension.values;
  if (ageDays < 1) return underOne;
  if (ageDays < 7) return week;
  return ageDays < 30 ? month : more;
}

/** Each value of the dimension, those without a violation among them: a zero says that somebody has looked. */
const counts = (
  {
    name,
    unit,
    dimension,
  }: { name: string; unit: Measure['unit']; dimension: { name: string; values: readonly string[] } },
  found: readonly string[],
): Measure[] =>
  dimension.values.map((value) => ({
    name,
    unit,
    dimension: { name: dimension.name, value },
    value: found.filter((one) => one === value).length,
  }));

/** The part of the rules behind a paragraph that are kept. */
function byParagraph(rules: readonly RuleState[], prefix: string): Measure[] {
  const { name, unit, dimension } = complianceMetrics.compliancePercentByParagraph;
  const states = new Map<string, boolean[]>();
  for (const { ruleName, isCompliant } of rules)
    for (const paragraph of ruleFacts(ruleName, prefix).paragraphs)
      states.set(paragraph, [...(states.get(paragraph) ?? []), isCompliant]);
  return [...states].map(([value, all]) => ({
    name,
    unit,
    dimension: { name: dimension.name, value },
    value: (100 * all.filter(Boolean).length) / all.length,
  }));
}

/** A rule can stand alone and in a pack: it is kept if it is kept in both. */
function byRule(rules: readonly RuleState[], prefix: string): Measure[] {
  const { name, unit, dimension } = complianceMetrics.ruleCompliant;
  const states = new Map<string, boolean>();
  for (const { ruleName, isCompliant } of rules) {
    const rule = plainRuleName(ruleName, prefix);
    states.set(rule, isCompliant && (states.get(rule) ?? true));
  }
  return [...states].map(([value, isCompliant]) => ({
    name,
    unit,
    dimension: { name: dimension.name, value },
    value: isCompliant ? 1 : 0,
  }));
}
