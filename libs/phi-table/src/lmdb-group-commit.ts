import type { RootDatabase } from 'lmdb';
import { TableUnavailable } from './phi-table.js';

/** A request's writes, ready to be applied inside a write transaction. @returns why it is refused, if it is */
export type ApplyWrites = () => Error | undefined;

interface Waiting {
  apply: ApplyWrites;
  resolve: () => void;
  reject: (reason: Error) => void;
}

/**
 * Commits requests in groups: whatever arrives while a commit is on its way to the disk becomes the next LMDB
 * transaction, so that many writers share one flush. Requests of a group are applied in order of arrival, each
 * seeing what those before it wrote.
 *
 * LMDB begins, commits and flushes (fdatasync) in a thread of its own; only `apply` runs in this one. The
 * environment is opened without `overlappingSync`, hence a commit is visible, and its promise resolved, only
 * once it is on disk.
 */
export class LmdbGroupCommit {
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #refusal: string | undefined;

  /**
   * @param beforeEach runs in each transaction before the requests, e.g. for housekeeping
   * @param timeoutMs how long a commit may take before the store counts as lost
   */
  constructor(
    private readonly environment: RootDatabase<Buffer, Buffer>,
    private readonly beforeEach: () => void,
    private readonly timeoutMs: number,
  ) {}

  /** Resolves when the writes are on disk. @throws ConditionFailed @throws TableUnavailable */
  submit(apply: ApplyWrites): Promise<void> {
    if (this.#refusal !== undefined) return Promise.reject(notWritten(this.#refusal));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ apply, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** @throws TableUnavailable if writes are refused, because of `close` or a lost disk */
  check(): void {
    if (this.#refusal !== undefined) throw notWritten(this.#refusal);
  }

  /** Refuses further requests and waits for those under way. @returns false if a commit is stuck */
  async close(): Promise<boolean> {
    const stuck = this.#refusal === STUCK;
    this.#refusal ??= 'the store is closed';
    await this.#running;
    return !stuck && this.#refusal !== STUCK;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) await this.#commitGroup();
    this.#running = undefined;
  }

  async #commitGroup(): Promise<void> {
    let group: Waiting[] = [];
    let refusals: (Error | undefined)[] = [];
    try {
      // A child transaction, because LMDB's root transaction would commit what was written before an exception.
      const committed = this.environment.childTransaction(() => {
        group = this.#waiting;
        this.#waiting = [];
        this.beforeEach();
        refusals = group.map(({ apply }) => apply());
      });
      await this.#withinTimeout(committed);
    } catch (cause) {
      await this.#fail(group, cause);
      return;
    }
    for (const [position, { resolve, reject }] of group.entries()) {
      const refusal = refusals[position];
      if (refusal) reject(refusal);
      else resolve();
    }
  }

  async #fail(group: Waiting[], cause: unknown): Promise<void> {
    const isCertain = await this.#stillAnswers();
    // The transaction may have failed before it could take its group, and a stuck one takes none any more.
    const refused = isCertain && group.length > 0 ? group : [...group, ...this.#waiting.splice(0)];
    const failed = new TableUnavailable('the store did not take the writes', {
      cause,
      notWritten: isCertain,
    });
    for (const { reject } of refused) reject(failed);
  }

  /**
   * LMDB undoes a transaction that it can not commit, unless what failed is the last step, the write of its meta
   * page. After that it takes no further transaction, so an empty one tells the two apart.
   */
  async #stillAnswers(): Promise<boolean> {
    if (this.#refusal === STUCK) return false;
    try {
      await this.#withinTimeout(this.environment.childTransaction(() => undefined));
      return true;
    } catch {
      return false;
    }
  }

  /** Requests must fail, not hang, when LMDB never answers again. The process is then to be restarted. */
  #withinTimeout(committed: Promise<unknown>): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        this.#refusal = STUCK;
        reject(new Error(STUCK));
      }, this.timeoutMs);
    });
    committed.catch(silenceCommitError);
    return Promise.race([committed, timeout]).finally(() => clearTimeout(timer));
  }
}

const STUCK = 'the disk does not answer';

function notWritten(message: string, cause?: unknown): TableUnavailable {
  return new TableUnavailable(message, { cause, notWritten: true });
}

/** lmdb hands the native error over as one more promise, whose rejection nobody would handle. */
function silenceCommitError(error: unknown): void {
  if (error instanceof Error && 'commitError' in error && error.commitError instanceof Promise) {
    error.commitError.catch(() => undefined);
  }
}
