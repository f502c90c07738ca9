import type { OperationName } from './operations.js';

export interface PlainServerQuestion {
  /** What the service answered, to be answered again. */
  answers: Record<OperationName, object>;
  /** File that `/v1/patients/:id/export` answers with. */
  exported?: string;
}

export interface PlainServerAnswer {
  url: string;
}
