import { Macie2Client } from '@aws-sdk/client-macie2';
import { macieJobHandler } from './macie-job.js';
import { macieJobConfig } from './macie-job.config.js';

export const handler = macieJobHandler({ client: new Macie2Client({}), ...macieJobConfig() });
