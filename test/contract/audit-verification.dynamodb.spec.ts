import { describe, expect, it } from '@jest/globals';
import { javaIsInstalled } from '../support/dynamodb-local.js';
import { openDynamoDbTables } from '../support/empty-tables.js';
import { auditVerificationContract } from './audit-verification.contract.js';

if (javaIsInstalled()) {
  auditVerificationContract('DynamoDB', openDynamoDbTables);
} else {
  const warning =
    'NOT TESTED: verification on DynamoDB. DynamoDB Local needs Java 17, which is not installed.';
  process.stderr.write(`\n${'!'.repeat(warning.length)}\n${warning}\n${'!'.repeat(warning.length)}\n\n`);
  describe('verification on DynamoDB', () => {
    it('runs against DynamoDB Local wherever CI=true', () => {
      expect(process.env.CI === 'true' ? warning : undefined).toBeUndefined();
    });
    it.todo(warning);
  });
}
