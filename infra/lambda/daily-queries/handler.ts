import { AthenaClient } from '@aws-sdk/client-athena';
import { setTimeout as wait } from 'node:timers/promises';
import { dailyQueriesHandler } from './daily-queries.js';
import { dailyQueriesConfig } from './daily-queries.config.js';

export const handler = dailyQueriesHandler({
  client: new AthenaClient({}),
  ...dailyQueriesConfig(),
  log: (line) => void process.stdout.write(line),
  wait: (milliseconds) => wait(milliseconds),
});
