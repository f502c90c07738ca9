import { auditLeftoversContract } from './audit-leftovers.contract.js';
import { auditRegisterContract } from './audit-register.contract.js';
import { auditSealingContract } from './audit-sealing.contract.js';
import { openLmdbTables } from '../support/empty-tables.js';

auditSealingContract('LMDB', openLmdbTables);
auditRegisterContract('LMDB', openLmdbTables);
auditLeftoversContract('LMDB', openLmdbTables);
