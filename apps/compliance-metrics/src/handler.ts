import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { ConfigServiceClient } from '@aws-sdk/client-config-service';
import { complianceMetricsConfig } from './compliance-metrics.config.js';
import { complianceMetricsHandler } from './compliance-metrics.js';

export const handler = complianceMetricsHandler({
  // Config throttles whoever asks for much at once, and these are a few hundred calls.
  config: new ConfigServiceClient({ maxAttempts: 8, retryMode: 'adaptive' }),
  cloudWatch: new CloudWatchClient({ maxAttempts: 5 }),
  ...complianceMetricsConfig(),
  now: () => new Date(),
  log: (line) => void process.stdout.write(line),
});
