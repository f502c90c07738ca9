import { auditCostSuite } from './audit/audit-cost.suite.js';
import { auditVerifySuite } from './audit/audit-verify.suite.js';
import { cryptoSuite } from './crypto/crypto.suite.js';
import { httpSuite } from './http/http.suite.js';
import { overloadSuite } from './overload/overload.suite.js';
import { piiSuite } from './pii/pii.suite.js';
import type { Suite } from './suite.js';

/** In the order in which they run and are documented. */
export const suites: readonly Suite[] = [
  cryptoSuite,
  httpSuite,
  overloadSuite,
  auditCostSuite,
  auditVerifySuite,
  piiSuite,
];
