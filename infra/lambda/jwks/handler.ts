import { SSMClient } from '@aws-sdk/client-ssm';
import { jwksHandler } from './jwks-copy.js';
import { jwksConfig } from './jwks.config.js';

export const handler = jwksHandler({
  client: new SSMClient({}),
  ...jwksConfig(),
  log: (line) => void process.stdout.write(line),
});
