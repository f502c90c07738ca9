import { auditCostSuite } from './audit/audit-cost.suite.js';
import { auditVerifySuite } from './audit/audit-verify.suite.js';
import { cryptoSuite } from './crypto/crypto.suite.js';
import { exportSuite } from './export/export.suite.js';
import { growthSuite } from './growth/growth.suite.js';
import { httpSuite } from './http/http.suite.js';
import { importSuite } from './import/import.suite.js';
import { overloadSuite } from './overload/overload.suite.js';
import { piiSuite } from './pii/pii.suite.js';
import { soakSuite } from './soak/soak.suite.js';
import { startSuite } from './start/start.suite.js';
import type { Suite } from './suite.js';
import { tableSuite } from './table/table.suite.js';
import { tailSuite } from './tail/tail.suite.js';

/** In the order in which they run and are documented. */
export const suites: readonly Suite[] = [
  httpSuite,
  tailSuite,
  overloadSuite,
  importSuite,
  exportSuite,
  startSuite,
  cryptoSuite,
  tableSuite,
  auditCostSuite,
  auditVerifySuite,
  piiSuite,
  growthSuite,
  soakSuite,
];
