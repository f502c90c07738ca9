/** A metric of the account's compliance, as dashboards and alarms name it. */
export interface ComplianceMetric {
  /** In the words of CloudWatch. */
  readonly name: string;
  readonly unit: 'None' | 'Count' | 'Percent';
  /** The one dimension that it is published by; none: it stands alone. */
  readonly dimension?: { readonly name: string; readonly values?: readonly string[] };
}

/**
 * From which risk score on somebody has to watch, and to act: what the formula gives for one unencrypted volume with PHI lies above the first,
 * a public bucket with PHI reaches the second on its first day. @see libs/compliance-score/README.md, "Formula"
 */
export const riskBands = { watch: 25, act: 80 } as const;

/**
 * What is published into `names.complianceNamespace`, and all of it. The function that publishes has the same list in
 * `libs/compliance-score`; a test holds the two equal, because nothing here may import a lib.
 */
export const complianceMetrics = {
  /** 0 to 100: the account's. */
  riskScore: { name: 'RiskScore', unit: 'None' },
  /** Where the daily scores lead to in seven days; absent while there are too few of them. */
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
  /** Of what was mended in the last 30 days; absent if nothing was. */
  meanTimeToRepairHours: { name: 'MeanTimeToRepairHours', unit: 'None' },
  compliantRules: { name: 'CompliantRules', unit: 'Count' },
  nonCompliantRules: { name: 'NonCompliantRules', unit: 'Count' },
  /** Values: paragraphs as rules name them, `164.312(a)(2)(iv)`. */
  compliancePercentByParagraph: {
    name: 'CompliancePercentByParagraph',
    unit: 'Percent',
    dimension: { name: 'Paragraph' },
  },
  /** 1 or 0. Values: names of rules without what a conformance pack adds to them. */
  ruleCompliant: { name: 'RuleCompliant', unit: 'Count', dimension: { name: 'Rule' } },
} as const satisfies Record<string, ComplianceMetric>;

/**
 * CloudWatch charges a metric for each hour in which it is published, and there is one for each rule: four times a day cost a sixth of
 * every hour. Who draws or watches them takes this as the period.
 */
export const complianceMetricsEveryHours = 6;
