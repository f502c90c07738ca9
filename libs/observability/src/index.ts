export { createLog, describeError, NestLog, type Log } from './log.js';
