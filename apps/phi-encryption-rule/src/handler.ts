import { Logger } from '@aws-lambda-powertools/logger';
import { ConfigServiceClient } from '@aws-sdk/client-config-service';
import { EC2Client } from '@aws-sdk/client-ec2';
import { KMSClient } from '@aws-sdk/client-kms';
import { phiEncryptionRule } from './phi-encryption-rule.js';

const logger = new Logger({ serviceName: 'phi-encryption-rule' });

// Throttled calls of a whole account's evaluation are the usual case: the SDK waits and asks again.
const patient = { maxAttempts: 8, retryMode: 'adaptive' };

export const handler = phiEncryptionRule({
  config: new ConfigServiceClient(patient),
  kms: new KMSClient(patient),
  ec2: new EC2Client(patient),
  log: (message, facts) => logger.info(message, facts),
});
