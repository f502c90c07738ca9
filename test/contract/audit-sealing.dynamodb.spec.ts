import { describe, expect, it } from '@jest/globals';
import { javaIsInstalled } from '../support/dynamodb-local.js';
import { openDynamoDbTables } from '../support/empty-tables.js';
import { auditLeftoversContract } from './audit-leftovers.contract.js';
import { auditRegisterContract } from './audit-register.contract.js';
import { auditSealingContract } from './audit-sealing.contract.js';

if (javaIsInstalled()) {
  auditSealingContract('DynamoDB', openDynamoDbTables);
  auditRegisterContract('DynamoDB', openDynamoDbTables);
  auditLeftoversContract('DynamoDB', openDynamoDbTables);
} else {
  const warning = 'NOT TESTED: sealing on DynamoDB. DynamoDB Local needs Java 17, which is not installed.';
  process.stderr.write(`\n${'!'.repeat(warning.length)}\n${warning}\n${'!'.repeat(warning.length)}\n\n`);
  describe('sealing on DynamoDB', () => {
    it('runs against DynamoDB Local wherever CI=true', () => {
      expect(process.env.CI === 'true' ? warning : undefined).toBeUndefined();
    });
    it.todo(warning);
  });
}
