export interface ComplianceMetricsConfig {
  /** `Phi/<stage>/Compliance`. */
  namespace: string;
  /** What the names of our own rules begin with. */
  ruleNamePrefix: string;
  /** Whether each rule is a metric of its own. */
  ruleMetrics: boolean;
}

/** The one place of this function that reads the environment. */
export function complianceMetricsConfig(): ComplianceMetricsConfig {
  const {
    METRIC_NAMESPACE: namespace = '',
    RULE_NAME_PREFIX: ruleNamePrefix = '',
    RULE_METRICS: ruleMetrics = '',
  } = process.env;
  const wrong = [
    ...(/^Phi\/.+\/Compliance$/.test(namespace) ? [] : ['METRIC_NAMESPACE']),
    ...(ruleNamePrefix === '' ? ['RULE_NAME_PREFIX'] : []),
    ...(['true', 'false'].includes(ruleMetrics) ? [] : ['RULE_METRICS']),
  ];
  if (wrong.length > 0) throw new Error(`Wrong or not set: ${wrong.join(', ')}`);
  return { namespace, ruleNamePrefix, ruleMetrics: ruleMetrics === 'true' };
}
