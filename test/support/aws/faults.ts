/** What goes wrong with a call. */
export type Fault =
  | { kind: 'latency'; milliseconds: number }
  /** Refused before anything was done. `{action}` in the message becomes the permission: `kms:Decrypt`. */
  | {
      kind: 'refusal';
      code: string;
      message?: string;
      status?: number;
      details?: Readonly<Record<string, unknown>>;
    }
  /** The connection breaks before anything was done. */
  | { kind: 'reset' }
  /** The call is carried out, and the connection breaks before its answer. */
  | { kind: 'lost-answer' }
  /** Nothing comes until the client gives up. */
  | { kind: 'silence' }
  /** Of the keys of a BatchGetItem the first half, rounded down, is read; the others are left for another call. */
  | { kind: 'half-batch' };

export interface FaultScope {
  /** Of this operation alone, as its target names it: `Decrypt`, `PutItem`. */
  operation?: string;
  /** So many calls, and no more. */
  times?: number;
}

/** @see KMS, SSM and DynamoDB API References, "Common Errors": each service refuses so when it is asked too often */
export const throttling: Fault = {
  kind: 'refusal',
  code: 'ThrottlingException',
  message: 'Rate exceeded',
};

/** @see DynamoDB Developer Guide, "Error messages and codes" */
export const throughputExceeded: Fault = {
  kind: 'refusal',
  code: 'ProvisionedThroughputExceededException',
  message: 'The level of configured provisioned throughput for the table was exceeded.',
};

/**
 * Another transaction is at work on the first item.
 * @see DynamoDB API Reference, TransactWriteItems, "TransactionCanceledException"
 */
export const transactionConflict: Fault = {
  kind: 'refusal',
  code: 'TransactionCanceledException',
  message:
    'Transaction cancelled, please refer cancellation reasons for specific reasons [TransactionConflict]',
  details: {
    CancellationReasons: [
      { Code: 'TransactionConflict', Message: 'Transaction is ongoing for the item' },
      { Code: 'None' },
    ],
  },
};

/** Denied by IAM. The message names a role and a permission, as the real one does. */
export const accessDenied: Fault = {
  kind: 'refusal',
  code: 'AccessDeniedException',
  message:
    'User: arn:aws:sts::111122223333:assumed-role/phi-task/session is not authorized to perform: {action} on resource: arn:aws:phi',
};

export const internalError: Fault = {
  kind: 'refusal',
  code: 'InternalServerError',
  message: 'The request processing has failed because of an unknown error.',
  status: 500,
};

interface Injected {
  fault: Fault;
  operation: string | undefined;
  left: number;
}

/** What is to go wrong with the calls of an endpoint, until it is taken back. */
export class FaultPlan {
  readonly #injected = new Set<Injected>();

  /** @returns what takes it back */
  inject(fault: Fault, { operation, times = Infinity }: FaultScope = {}): () => void {
    const injected = { fault, operation, left: times };
    this.#injected.add(injected);
    return () => this.#injected.delete(injected);
  }

  /** Counts as one call of the operation. @returns what goes wrong with it, in the order in which it was injected */
  next(operation: string): Fault[] {
    const hit = [...this.#injected].filter(
      (one) => one.operation === undefined || one.operation === operation,
    );
    for (const one of hit) {
      one.left -= 1;
      if (one.left <= 0) this.#injected.delete(one);
    }
    return hit.map(({ fault }) => fault);
  }

  clear(): void {
    this.#injected.clear();
  }
}
