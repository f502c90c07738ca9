import { additionalRules, packRules } from '../../compliance/hipaa-rules.js';
import { complianceMetrics, complianceMetricsEveryHours } from '../lib/compliance-metrics.js';
import { assumptions } from './assumptions.js';
import { type Position, type PricedType, standing } from './positions.js';
import { objectOf, textOf } from './template.js';

/** What watching over the account's configuration is charged for. */
export const complianceCosts: Record<string, PricedType> = {
  'AWS::Config::ConfigurationRecorder': () => [
    standing(
      'Compliance',
      'configurations recorded',
      assumptions.configurationItems.value,
      'configurationItem',
    ),
  ],
  'AWS::Config::ConfigRule': () => [
    standing('Compliance', 'rules: evaluations', assumptions.ruleEvaluations.value, 'ruleEvaluation'),
  ],
  'AWS::Config::ConformancePack': ({ properties }) => {
    const rules = textOf(properties['TemplateBody']).split('AWS::Config::ConfigRule').length - 1;
    return [
      standing(
        'Compliance',
        'HIPAA pack: evaluations',
        rules * assumptions.ruleEvaluations.value,
        'packEvaluation',
      ),
    ];
  },
};

/** Metrics of the function that publishes what is kept and broken: one an hour in which it runs, for each value of a dimension. */
export function figuresOf(properties: Record<string, unknown>): Position[] {
  const rules = [...packRules, ...additionalRules];
  const paragraphs = new Set(rules.flatMap((rule) => rule.paragraphs)).size;
  const fixed = Object.values(complianceMetrics).reduce(
    (sum, metric) =>
      sum + ('dimension' in metric ? ('values' in metric.dimension ? metric.dimension.values.length : 0) : 1),
    0,
  );
  const variables = objectOf(objectOf(properties['Environment'])['Variables']);
  const metrics = fixed + paragraphs + (variables['RULE_METRICS'] === 'true' ? rules.length + 1 : 0);
  return [
    standing('Compliance', 'figures of compliance', metrics / complianceMetricsEveryHours, 'customMetric'),
  ];
}
