export { type DetectionScope, scopeOf } from './detection-scope.js';
export { LocalPiiDetector } from './local-pii-detector.js';
export { type Detection, PiiDetector } from './pii-detector.js';
export { type PiiFinding, type PiiType, piiTypes } from './pii-types.js';
export { examineTexts, judgeTexts } from './examine-texts.js';
export {
  storedNotesPolicy,
  type PolicyAction,
  policyActions,
  type ScreeningPolicy,
} from './screening-policy.js';
export { readScreeningPolicies, type ScreeningPolicies, ScreeningPolicyError } from './screening-policies.js';
export { type DeidentifiedResource, deidentifyResource } from './de-identification/deidentify-resource.js';
export { deidentifyText } from './de-identification/deidentify-text.js';
export { type DeidentificationOptions } from './de-identification/replacements.js';
export { PiiScreener, type ScreeningSummary } from './pii-screener.js';
export { FhirContent, FreeText, NotScreened } from './screening-marks.js';
export { openBedrockDetector } from './bedrock/open-bedrock-detector.js';
export type { BedrockPiiDetector } from './bedrock/bedrock-pii-detector.js';
export type { BedrockFigures } from './bedrock/bedrock-metrics.js';
export type { BedrockOptions } from './bedrock/bedrock-options.js';
