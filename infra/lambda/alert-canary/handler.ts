import { canaryArrival } from './canary-arrival.js';

export const handler = canaryArrival({
  now: () => Date.now(),
  log: (line) => void process.stdout.write(line),
});
