import { Logger } from '@aws-lambda-powertools/logger';
import { ConfigServiceClient } from '@aws-sdk/client-config-service';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SNSClient } from '@aws-sdk/client-sns';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { AlertLedger } from './alert-ledger.js';
import { alerterConfig } from './alerter.config.js';
import { complianceAlerter } from './compliance-alerter.js';

const { topicArn, tableName, ruleNamePrefix } = alerterConfig();
const logger = new Logger({ serviceName: 'compliance-alerter' });
const connection = (requestTimeout: number) => ({
  maxAttempts: 3,
  requestHandler: new NodeHttpHandler({ connectionTimeout: 1_000, requestTimeout }),
});

export const handler = complianceAlerter({
  ledger: new AlertLedger({
    client: new DynamoDBClient(connection(2_000)),
    tableName,
    now: () => Date.now(),
  }),
  // An alert does not wait for its details.
  config: new ConfigServiceClient({ ...connection(1_500), maxAttempts: 2 }),
  sns: new SNSClient(connection(3_000)),
  topicArn,
  ruleNamePrefix,
  log: {
    info: (message, facts = {}) => logger.info(message, facts),
    error: (message, facts = {}) => logger.error(message, facts),
  },
});
