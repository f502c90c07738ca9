import { type CommandContext, CouldNotRun } from '../command-context.js';
import { readAnswer, readItemFindings, type ScreeningFinding, type ServiceAnswer } from './service-answer.js';
import { ConnectionFailed, type RawAnswer, type ServiceConnection } from './service-connection.js';

/** One request got no final answer within its attempts, though the service may still be there for others. */
export class GaveUp extends Error {
  override readonly name = 'GaveUp';
  /** @param reason safe to print: a status or a system code */
  constructor(readonly reason: string) {
    super('gave up on a request');
  }
}

/** The answer to several creates in one request. */
export interface BatchAnswer extends ServiceAnswer {
  /** By their order in the request; empty if nothing was replaced in any. */
  readonly itemFindings: readonly (readonly ScreeningFinding[])[];
}

/** Attempts while the service says that it is busy: with its default limit of a minute, up to eight minutes. */
const busyAttempts = 8;
const longestPauseMs = 60_000;
const firstPauseMs = 250;
/** Attempts to reach it at all, 100 ms to 1.6 s apart: a restart of the service takes less than these 3 s. */
const connectionAttempts = 6;
const firstReconnectMs = 100;
/** Requests given up in a row, nothing getting through between them, after which the service counts as down. */
const givenUpInARow = 3;

/** The address leads nowhere: no other request will fare better. */
const unreachableCodes = /^(?:ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|EAI_\w+)$/;
/** TLS refusals do not go away by waiting. */
const certificateCodes = /CERT|^ERR_TLS|SELF_SIGNED|^ERR_SSL|^EPROTO$/;

/**
 * The service as a patient client: creates what is not there, waits when told to, and knows when to stop.
 * A create can be repeated without harm: `If-None-Match: *` makes the second one a 412.
 */
export class PatientService {
  readonly #stop = new AbortController();
  #stopped: CouldNotRun | undefined;
  #pausedUntil = 0;
  #givenUp = 0;
  #hasAnswered = false;

  /** @param url as the user typed it, for messages */
  constructor(
    private readonly connection: ServiceConnection,
    private readonly url: string,
    private readonly context: CommandContext,
  ) {}

  /** Why no further request can be made; undefined as long as it is worth trying. */
  get stopped(): CouldNotRun | undefined {
    return this.#stopped;
  }

  /**
   * PUTs under an id of ours, only if nothing is there.
   * @returns 201 created, 412 already there, or what is wrong with this one
   * @throws GaveUp if this one cannot be settled; others may
   * @throws CouldNotRun if none can: not authorized, out of reach, busy for good
   */
  async create(path: string, body: string): Promise<ServiceAnswer> {
    return (await this.#settled(() => this.connection.put(path, body, { 'if-none-match': '*' }))).answer;
  }

  /**
   * POSTs several at once under ids of ours: all of them or none.
   * @returns 201 created, 409 if any of them is there (after a lost answer, all of them may be), or what is wrong with one of them;
   *   beside it, for each of those that were created, what screening replaced
   * @throws GaveUp if they cannot be settled together @throws CouldNotRun as `create`
   */
  async createAll(path: string, body: string): Promise<BatchAnswer> {
    // What was sent need not come back; ids and findings do.
    const wish = { prefer: 'return=minimal' };
    const { answer, raw } = await this.#settled(() => this.connection.post(path, body, wish));
    return { ...answer, itemFindings: answer.status === 201 ? readItemFindings(raw) : [] };
  }

  /** Sends until there is a final answer. */
  async #settled(send: () => Promise<RawAnswer>): Promise<{ answer: ServiceAnswer; raw: RawAnswer }> {
    let connectionFailures = 0;
    let busyAnswers = 0;
    for (;;) {
      await this.#pauseOver();
      let raw: RawAnswer;
      try {
        raw = await send();
      } catch (error) {
        if (!(error instanceof ConnectionFailed)) throw error;
        if (this.#stopped !== undefined) throw this.#stopped;
        if (certificateCodes.test(error.code)) this.#stopRun(`${this.url}: TLS refused (${error.code})`);
        connectionFailures += 1;
        if (connectionFailures === connectionAttempts) this.#noAnswer(error.code);
        await this.#wait(firstReconnectMs * 2 ** (connectionFailures - 1));
        continue;
      }

      const answer = readAnswer(raw, Date.now());
      if (answer.status === 401 || answer.status === 403) {
        this.#stopRun(`${this.url}: the access token does not permit this (${answer.status})`);
      }
      if (!isBusy(answer)) {
        this.#hasAnswered = true;
        this.#givenUp = 0;
        return { answer, raw };
      }
      busyAnswers += 1;
      if (busyAnswers === busyAttempts) this.#giveUp(`the service stayed busy (${answer.status})`);
      this.#pause(answer, busyAnswers);
    }
  }

  /** One answer that says "later" holds up every request: the others would only hear the same. */
  #pause(answer: ServiceAnswer, attempt: number): void {
    const pauseMs = answer.retryAfterMs ?? firstPauseMs * 2 ** (attempt - 1);
    const until = this.context.now() + Math.min(pauseMs, longestPauseMs);
    this.#pausedUntil = Math.max(this.#pausedUntil, until);
  }

  async #pauseOver(): Promise<void> {
    for (;;) {
      if (this.#stopped !== undefined) throw this.#stopped;
      const leftMs = this.#pausedUntil - this.context.now();
      if (leftMs <= 0) return;
      await this.#wait(leftMs);
    }
  }

  async #wait(milliseconds: number): Promise<void> {
    try {
      await this.context.wait(milliseconds, this.#stop.signal);
    } catch (error) {
      if (this.#stopped === undefined) throw error;
    }
    if (this.#stopped !== undefined) throw this.#stopped;
  }

  #noAnswer(code: string): never {
    if (unreachableCodes.test(code)) this.#stopRun(`${this.url} cannot be reached (${code})`);
    this.#giveUp(`no answer (${code})`);
  }

  /** A single resource can break the service's connection; several in a row mean the service. */
  #giveUp(reason: string): never {
    this.#givenUp += 1;
    if (!this.#hasAnswered || this.#givenUp >= givenUpInARow) this.#stopRun(`${this.url}: ${reason}`);
    throw new GaveUp(reason);
  }

  #stopRun(message: string): never {
    this.#stopped ??= new CouldNotRun(message);
    this.#stop.abort();
    throw this.#stopped;
  }
}

/** 409 `concurrent-write`: an earlier attempt of ours, whose answer was lost, may still be at work. */
function isBusy({ status, problem }: ServiceAnswer): boolean {
  return (
    status === 429 || (status >= 502 && status <= 504) || (status === 409 && problem === 'concurrent-write')
  );
}
