export { createLog, NestLog, type Log } from './log.js';
