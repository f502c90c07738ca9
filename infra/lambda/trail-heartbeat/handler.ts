import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { heartbeatConfig } from './heartbeat.config.js';
import { heartbeatHandler } from './trail-heartbeat.js';

export const handler = heartbeatHandler({
  client: new CloudTrailClient({}),
  ...heartbeatConfig(),
  log: (line) => void process.stdout.write(line),
});
