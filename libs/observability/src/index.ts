export { createLog, NestLog, type Log } from './log.js';
export { type Metric, MetricsLog } from './metrics-log.js';
export { Counters } from './metrics-counters.js';
export { Timings } from './metrics-timings.js';
