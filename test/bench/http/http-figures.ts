import type { OperationName } from './operations.js';
import type { Beside } from './service-under-load.js';

export interface HttpLoad extends Beside {
  operation: OperationName;
  connections: number;
}
