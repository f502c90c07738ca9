import type { OperationName } from './operations.js';

export interface PlainServerQuestion {
  /** What the service answered, to be answered again. */
  answers: Record<OperationName, object>;
}

export interface PlainServerAnswer {
  url: string;
}
