import { openLmdbTables } from '../support/empty-tables.js';
import { auditVerificationContract } from './audit-verification.contract.js';

auditVerificationContract('LMDB', openLmdbTables);
