import { S3Client } from '@aws-sdk/client-s3';
import { auditArchiver } from './audit-archiver.js';
import { archiverConfig } from './archiver.config.js';

export const handler = auditArchiver({
  client: new S3Client({}),
  ...archiverConfig(),
  log: (line) => void process.stdout.write(line),
});
