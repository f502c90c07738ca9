/**
 * Why a branch key could not be had:
 * - `no-key`: the patient has no branch key (never created, or destroyed)
 * - `unknown-version`: the patient has a key, but never had the version that the message names
 * - `rejected`: KMS refused the key-store row, so it was altered or belongs to another key
 * - `unavailable`: KMS or the key store did not answer
 */
export type BranchKeyFailure = 'no-key' | 'unknown-version' | 'rejected' | 'unavailable';

const NAME = 'BranchKeyError';

/** A branch key could not be had. Holds no key material; the message names the cause by class only. */
export class BranchKeyError extends Error {
  override readonly name = NAME;

  constructor(
    readonly failure: BranchKeyFailure,
    cause: unknown,
  ) {
    super(`${failure} (${cause instanceof Error ? cause.name : typeof cause})`, { cause });
  }
}

const WRAPPED = new RegExp(`${NAME}: (no-key|unknown-version|rejected|unavailable) `);

/**
 * On decrypt the hierarchical keyring replaces what the key store threw by a new Error that only quotes its stack.
 * @returns the branch-key error behind `error`, or undefined when the key was there and something else is wrong
 */
export function branchKeyErrorBehind(error: unknown): BranchKeyError | undefined {
  if (error instanceof BranchKeyError) return error;
  const failure = error instanceof Error ? WRAPPED.exec(error.message)?.[1] : undefined;
  return failure === undefined ? undefined : new BranchKeyError(failure as BranchKeyFailure, error);
}
