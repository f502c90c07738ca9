export {
  type ComplianceState,
  type Episode,
  episodesOf,
  meanTimeToRepairHours,
} from './compliance-history.js';
export { complianceMetrics, measures, type Measure, type RuleState } from './compliance-metrics.js';
export { readConfigExport, resourceKey, type ConfigExport, UnreadableExport } from './config-export.js';
export { ruleFacts, type RuleFacts } from './rule-facts.js';
export { type ResourceScore, riskScore, type RiskScore } from './risk-score.js';
export { type DailyScore, forecastScore, type ScoreForecast, trendWindow } from './score-trend.js';
export { type DataClass, type Severity, severityOf } from './severity.js';
export {
  distinctViolations,
  type FoundViolation,
  someRule,
  type Violation,
  violationOf,
} from './violation.js';
