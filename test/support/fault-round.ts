import { appendFileSync } from 'node:fs';
import { expect } from '@jest/globals';
import type { Platform } from '@app/platform';
import { canaries, LeakSearch } from './canaries.js';
import { type Act, FaultRequests, markedPatient, markedRecord, outcomeOf } from './fault-requests.js';
import type { HttpAnswer, HttpClient, HttpRequest } from './http-client.js';
import { isNone, isWhole, StoredTraces } from './stored-traces.js';
import { testConfig } from './test.config.js';

/** The service that something happens to. */
export interface Faulted {
  client: HttpClient;
  authorization: string;
  /** Who the token is of. */
  subject: string;
  /** Opens the tables past the service. */
  look<T>(look: (platform: Platform) => Promise<T>): Promise<T>;
  /** Forgets a patient's key, where that can be had. */
  cool?(patientId: string): void;
}

export interface Fault {
  /** As the table of docs/lifecycle.md names it. */
  name: string;
  /** Lets it happen. @returns what ends it */
  happen: () => (() => unknown) | Promise<() => unknown>;
  /** Runs before it is over, when everything is answered. */
  meanwhile?: () => Promise<void>;
  /** What is sent while it lasts, and the exact answers. */
  answers: Partial<Record<Act, string>>;
  /** Writes that are carried out although nobody is told so. */
  unheard?: Act[];
  /** Every answer is there by then, in milliseconds. */
  withinMs: number;
}

/** What became of the requests of a fault, and of the service after it. */
export interface FaultReport {
  answers: Partial<Record<Act, string>>;
  /** `Retry-After` of each answer 503. */
  retryAfter: string[];
  slowestMs: number;
  /** Acknowledged writes of which something is missing. */
  lost: string[];
  /** Writes that are there, and were refused. */
  unheard: Act[];
  /** Writes of which a part is there. */
  halfWritten: string[];
  /** Marked values in refused answers, by name. */
  leaks: string[];
  /** What was not carried out after the fault either, with the last answer. */
  unrecovered: string[];
  /** Until the last of them was carried out, from its first repetition on. */
  recoveredMs: number;
  /** What cannot be read back as it was sent, or is there twice. */
  wrong: string[];
}

/** Who comes again when `Retry-After` says so finds it working. */
const recoversWithinMs = 5_000;
export const markedValues = new LeakSearch(canaries);

/** Sends requests before, during and after a fault, and looks into the tables between. */
export async function suffer(
  target: Faulted,
  { name, happen, meanwhile, answers }: Fault,
): Promise<FaultReport> {
  const round = new FaultRound(target, Object.keys(answers) as Act[]);
  await round.prepare();
  const end = await happen();
  try {
    await round.send();
    await meanwhile?.();
  } finally {
    await end();
  }
  const report = await round.recover();
  if (testConfig.figuresFile !== undefined) {
    appendFileSync(testConfig.figuresFile, `${JSON.stringify({ name, ...report })}\n`);
  }
  return report;
}

/** Each fault keeps what the service promises, and has its own answers and time. */
export function expectPromises(report: FaultReport, { answers, unheard = [], withinMs }: Fault): void {
  expect(report).toMatchObject({
    answers,
    unheard,
    lost: [],
    halfWritten: [],
    leaks: [],
    unrecovered: [],
    wrong: [],
  });
  expect(report.retryAfter.filter((seconds) => seconds !== '5')).toEqual([]);
  expect(report.slowestMs).toBeLessThan(withinMs);
}

interface Sent {
  answer: HttpAnswer;
  ms: number;
}

class FaultRound {
  readonly #requests = new FaultRequests();
  readonly #sent = new Map<Act, Sent>();

  constructor(
    private readonly target: Faulted,
    private readonly acts: readonly Act[],
  ) {}

  async prepare(): Promise<void> {
    for (const group of this.#requests.before) {
      for (const { status } of await Promise.all(group.map((request) => this.#send(request)))) {
        if (status !== 201) throw new Error(`a step that the test builds on answered ${status}`);
      }
    }
    this.target.cool?.(this.#requests.cold.id);
  }

  /** All at once: none of them waits for another. */
  async send(): Promise<void> {
    const sending = this.acts.map(async (act) => {
      const begun = performance.now();
      const answer = await this.#send(this.#requests.of(act).request);
      this.#sent.set(act, { answer, ms: performance.now() - begun });
    });
    await Promise.all(sending);
  }

  /** The fault is over, and nobody has touched the service. */
  async recover(): Promise<FaultReport> {
    const isWrite = (act: Act) => this.#requests.of(act).intent !== undefined;
    // The rows are looked at before the writes are sent again; that takes its time, in which the service may recover unseen.
    const [reads, traces] = await Promise.all([
      this.#repeat(this.acts.filter((act) => !isWrite(act))),
      this.#traces(),
    ]);
    const writes = await this.#repeat(this.acts.filter(isWrite), traces);
    const after = [...reads, ...writes];
    const refused = [...this.#sent.values()].filter(({ answer }) => answer.status >= 400);
    const sent = [...this.#sent];
    const isAcknowledged = (act: Act) => (this.#sent.get(act)?.answer.status ?? 0) < 300;
    return {
      answers: Object.fromEntries(sent.map(([act, { answer }]) => [act, outcomeOf(answer)])),
      retryAfter: refused.map(({ answer }) => String(answer.headers['retry-after'])),
      slowestMs: Math.round(Math.max(...sent.map(([, { ms }]) => ms))),
      lost: [...traces].flatMap(([act, state]) => (isAcknowledged(act) && state !== 'whole' ? [act] : [])),
      unheard: [...traces].flatMap(([act, state]) =>
        !isAcknowledged(act) && state === 'whole' ? [act] : [],
      ),
      halfWritten: [...traces].flatMap(([act, state]) => (state === 'half' ? [act] : [])),
      leaks: refused.flatMap(({ answer }) => markedValues.in(answer.text + JSON.stringify(answer.headers))),
      unrecovered: after.flatMap(({ act, status, isDone }) => (isDone ? [] : [`${act} ${status}`])),
      recoveredMs: Math.round(Math.max(...after.map(({ ms }) => ms))),
      wrong: await this.#readBack(),
    };
  }

  /** @returns of each write, how much of it is there */
  #traces(): Promise<Map<Act, 'whole' | 'half' | 'none'>> {
    return this.target.look(async (platform) => {
      const stored = await StoredTraces.read(platform, this.target.subject);
      const states = new Map<Act, 'whole' | 'half' | 'none'>();
      for (const act of this.acts) {
        const { intent } = this.#requests.of(act);
        if (intent === undefined) continue;
        const traces = await stored.of(intent);
        states.set(act, isWhole(traces) ? 'whole' : isNone(traces) ? 'none' : 'half');
      }
      return states;
    });
  }

  /** Sends the same again until it is carried out; a change that was made already is told so (412). */
  async #repeat(acts: readonly Act[], traces?: ReadonlyMap<Act, string>) {
    const begun = performance.now();
    const repeating = acts.map(async (act) => {
      const { request, done } = this.#requests.of(act);
      const wanted = act === 'change' && traces?.get(act) === 'whole' ? 412 : done;
      for (;;) {
        const { status } = await this.#send(request);
        const ms = performance.now() - begun;
        const isDone = status === wanted;
        if (isDone || ms > recoversWithinMs) return { act, status, ms, isDone };
      }
    });
    return Promise.all(repeating);
  }

  async #readBack(): Promise<string[]> {
    const { warm, changed, batched, posted, recordPath, batchPath } = this.#requests;
    const wrong: string[] = [];
    const shows = async (what: string, path: string, content: object, version: number) => {
      const { status, json } = await this.#send({ method: 'GET', path });
      const shown = status === 200 ? json() : {};
      const isRight =
        shown['version'] === version &&
        Object.entries(content).every(([name, value]) => isLike(shown[name], value));
      if (!isRight) wrong.push(what);
    };
    await shows('warm read', `/v1/patients/${warm.id}`, markedPatient(warm.mrn), 1);
    if (this.acts.includes('change')) await shows('change', recordPath, markedRecord('second'), 2);
    if (this.acts.includes('batch')) {
      for (const id of batched.recordIds)
        await shows('batch', `${batchPath}/${id}`, markedRecord('of a batch'), 1);
      const { length } = await this.#itemsOf({ method: 'GET', path: batchPath });
      if (length !== batched.recordIds.length) wrong.push('the list of the batch');
    }
    if (this.acts.includes('new patient')) {
      const found = await this.#itemsOf(this.#requests.search(posted.mrn));
      if (found.length !== 1) wrong.push('the search for the new patient');
      for (const { id } of found)
        await shows('new patient', `/v1/patients/${id}`, markedPatient(posted.mrn), 1);
    }
    if ((await this.#itemsOf(this.#requests.search(changed.mrn))).length !== 1) wrong.push('a search');
    return wrong;
  }

  async #itemsOf(request: HttpRequest): Promise<{ id: string }[]> {
    const answer = await this.#send(request);
    return answer.status === 200 ? answer.json<{ items: { id: string }[] }>().items : [];
  }

  #send(request: HttpRequest): Promise<HttpAnswer> {
    const { client, authorization } = this.target;
    return client.send({ ...request, headers: { authorization, ...request.headers } });
  }
}

const isLike = (shown: unknown, sent: unknown) => JSON.stringify(shown) === JSON.stringify(sent);
