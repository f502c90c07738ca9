import type { LoadFigures } from './http-rounds.js';
import type { OperationName } from './operations.js';

export interface HttpFigures {
  loads: {
    operation: OperationName;
    connections: number;
    service: LoadFigures;
    plain: LoadFigures;
  }[];
  memory: { atRestMegabytes: number; underLoadMegabytes: number; withoutFilesMegabytes: number };
  /** From the start of the process to the first 200 of `/health/ready`, each start. */
  startMilliseconds: number[];
}
