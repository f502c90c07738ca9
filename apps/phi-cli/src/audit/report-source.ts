import { type CommandContext, CouldNotRun } from '../command-context.js';
import { readAnswer } from '../service/service-answer.js';
import { ConnectionFailed, type RawAnswer, type ServiceConnection } from '../service/service-connection.js';

/** Attempts while the service says that it is busy, or does not answer. */
const attempts = 8;
const firstPauseMs = 250;
const longestPauseMs = 60_000;

/** One page as the service sends it. */
export interface ReportPage {
  items: Record<string, unknown>[];
  /** The rest of the answer. */
  more: Record<string, unknown>;
}

/** Reads lists of the service to their end, and waits when it is told to. */
export class ReportSource {
  /** @param url as the user typed it, for messages */
  constructor(
    private readonly connection: ServiceConnection,
    private readonly url: string,
    private readonly context: CommandContext,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * @param path with its query, if any
   * @throws CouldNotRun
   */
  async *pages(path: string): AsyncGenerator<ReportPage> {
    let cursor: string | undefined;
    do {
      const separator = path.includes('?') ? '&' : '?';
      const after = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const { items, nextCursor, ...more } = this.#parsed(
        await this.text(`${path}${separator}limit=50${after}`),
      );
      if (!Array.isArray(items) || !items.every(isObject)) throw this.#notOurs();
      yield { items, more };
      cursor = typeof nextCursor === 'string' ? nextCursor : undefined;
    } while (cursor !== undefined);
  }

  /** @returns the body of the answer @throws CouldNotRun */
  async text(path: string, accept?: string): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      const raw = await this.#get(path, accept, attempt);
      if (raw !== undefined) {
        if (raw.status === 200) return raw.body.toString('utf8');
        const {
          status,
          problem = 'no problem of ours',
          pointers,
          retryAfterMs,
        } = readAnswer(raw, Date.now());
        const isBusy = status === 429 || (status >= 502 && status <= 504);
        if (!isBusy || attempt === attempts) throw this.#refused(status, problem, pointers);
        await this.#pause(retryAfterMs ?? firstPauseMs * 2 ** attempt);
        continue;
      }
      await this.#pause(firstPauseMs * 2 ** attempt);
    }
  }

  async #get(path: string, accept: string | undefined, attempt: number): Promise<RawAnswer | undefined> {
    try {
      return await this.connection.get(path, accept);
    } catch (error) {
      if (!(error instanceof ConnectionFailed)) throw error;
      const out = /^(?:ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ENETUNREACH)$|CERT|TLS|SSL/.test(error.code);
      if (out || attempt === attempts) throw new CouldNotRun(`${this.url} cannot be reached (${error.code})`);
      return undefined;
    }
  }

  #refused(status: number, problem: string, pointers: readonly string[]): CouldNotRun {
    if (status === 401 || status === 403) {
      return new CouldNotRun(
        `${this.url}: the access token does not permit this (${status}); it needs user/AuditEvent.rs, or patient/AuditEvent.rs for the patient's own report`,
      );
    }
    if (status === 404)
      return new CouldNotRun('the audit trail knows no such patient, or not for this token');
    const places = pointers.length === 0 ? '' : `: ${pointers.join(', ')}`;
    return new CouldNotRun(`${this.url} refused the request (${status} ${problem}${places})`);
  }

  async #pause(milliseconds: number): Promise<void> {
    try {
      await this.context.wait(Math.min(milliseconds, longestPauseMs), this.signal);
    } catch {
      throw new CouldNotRun('interrupted');
    }
  }

  #parsed(text: string): Record<string, unknown> {
    try {
      const value: unknown = JSON.parse(text);
      if (isObject(value)) return value;
    } catch {
      // Not JSON: said below.
    }
    throw this.#notOurs();
  }

  #notOurs = () => new CouldNotRun(`${this.url} does not answer like this service`);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
