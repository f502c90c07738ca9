import { EC2Client } from '@aws-sdk/client-ec2';
import { SSMClient } from '@aws-sdk/client-ssm';
import { replacedVolumesHandler } from './replaced-volumes.js';
import { replacedVolumesConfig } from './replaced-volumes.config.js';

export const handler = replacedVolumesHandler({
  ec2: new EC2Client({}),
  ssm: new SSMClient({}),
  ...replacedVolumesConfig(),
  now: () => new Date(),
  log: (line) => void process.stdout.write(line),
});
