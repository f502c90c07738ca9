export { LocalPiiDetector } from './local-pii-detector.js';
export { PiiDetector } from './pii-detector.js';
export { type PiiFinding, type PiiType } from './pii-types.js';
export { storedNotesPolicy, type PolicyAction, type ScreeningPolicy } from './screening-policy.js';
export { PiiScreener, type ScreeningSummary } from './pii-screener.js';
export { FhirContent, FreeText, NotScreened } from './screening-marks.js';
