import { setImmediate, setTimeout } from 'node:timers/promises';
import { operations, type StoredPatient } from '../http/operations.js';
import { KeptConnection, wireText } from './kept-connection.js';
import type { OpenLoop, OverloadJob, OverloadResult } from './overload-load.js';

/** What is under way when the load ends is waited for this long. */
const answerWithinMilliseconds = 20_000;
const probeEveryMilliseconds = 100;
const calmInARow = 5;
const openedAtOnce = 64;

/** Puts load on the service and keeps the time, in a process of its own. */
class Load {
  readonly #accepted: number[] = [];
  readonly #shed: number[] = [];
  readonly #probes: number[] = [];
  readonly #failures: Record<string, number> = {};
  readonly #all = new Set<KeptConnection>();
  readonly #free: KeptConnection[] = [];
  #startedAt = 0;
  #underWay = 0;
  #sent = 0;

  constructor(private readonly job: OverloadJob) {}

  async run(): Promise<OverloadResult> {
    await this.#connect();
    this.#startedAt = performance.now();
    const probing = this.#probe();
    const neverSent = this.job.kind === 'open' ? await this.#open(this.job) : await this.#closed();
    const seconds = this.#sinceStart() / 1000;
    await probing;
    const recovery = this.job.kind === 'open' ? await this.#recover(this.job) : {};
    const waitUntil = performance.now() + answerWithinMilliseconds;
    while (this.#underWay > 0 && performance.now() < waitUntil) await setTimeout(20);
    const unanswered = neverSent + this.#underWay;
    for (const connection of this.#all) connection.close();
    return {
      accepted: Float64Array.from(this.#accepted),
      shed: Float64Array.from(this.#shed),
      probes: Float64Array.from(this.#probes),
      failures: this.#failures,
      unanswered,
      seconds,
      ...recovery,
    };
  }

  /** Beforehand: a connection that the kernel did not take comes again a second later, which would be measured in place of the service. */
  async #connect(): Promise<void> {
    for (let missing = this.job.connections; missing > 0; missing -= openedAtOnce) {
      const length = Math.min(missing, openedAtOnce);
      const some = Array.from({ length }, () => this.#newConnection());
      await Promise.all(some.map((connection) => connection.opened()));
      this.#free.push(...some);
    }
  }

  async #closed(): Promise<number> {
    const worker = async () => {
      while (this.#goesOn()) await this.#ask(this.#connection(), performance.now());
    };
    await Promise.all(Array.from({ length: this.job.connections }, worker));
    return 0;
  }

  /** @returns how many were due and found no connection */
  async #open({ requestsPerSecond, connections, seconds }: OpenLoop): Promise<number> {
    const total = Math.floor(requestsPerSecond * seconds);
    const gap = 1000 / requestsPerSecond;
    let next = 0;
    while (this.#goesOn()) {
      const due = Math.min(total, Math.floor(this.#sinceStart() / gap));
      // A request that waits for a connection is late all the same: its time runs from when it was due.
      while (next < due && this.#underWay < connections) {
        void this.#ask(this.#connection(), this.#startedAt + next++ * gap);
      }
      await setImmediate();
    }
    return total - next;
  }

  #goesOn(): boolean {
    return this.#sinceStart() < this.job.seconds * 1000;
  }

  #sinceStart(): number {
    return performance.now() - this.#startedAt;
  }

  #connection(): KeptConnection {
    const free = this.#free.pop();
    return free?.closed === false ? free : this.#newConnection();
  }

  #newConnection(): KeptConnection {
    const opened = new KeptConnection(this.job.url);
    this.#all.add(opened);
    return opened;
  }

  async #ask(connection: KeptConnection, dueAt: number): Promise<number | undefined> {
    this.#underWay++;
    const status = await connection.ask(this.#next());
    this.#underWay--;
    const milliseconds = performance.now() - dueAt;
    if (status === undefined) this.#all.delete(connection);
    else this.#free.push(connection);
    if (status === 503) this.#shed.push(milliseconds);
    else if (status !== undefined && status < 300) this.#accepted.push(milliseconds);
    else this.#fail(String(status ?? 'no answer'));
    return status;
  }

  #next(): string {
    const { operation, patients, firstSerial, token } = this.job;
    const patient = patients[this.#sent % patients.length] as StoredPatient;
    return wireText(operations[operation].request(patient, firstSerial + this.#sent++), token);
  }

  /** What an orchestrator asks; a probe that is turned away would cost the service its place. */
  async #probe(): Promise<void> {
    const connection = new KeptConnection(this.job.url);
    for (let n = 0; this.#goesOn(); n++) {
      const sentAt = performance.now();
      const path = n % 2 === 0 ? '/health/live' : '/health/ready';
      const status = await connection.ask(wireText({ method: 'GET', path }, this.job.token));
      this.#probes.push(performance.now() - sentAt);
      if (status !== 200) this.#fail(`probe ${status ?? 'without an answer'}`);
      await setTimeout(probeEveryMilliseconds);
    }
    connection.close();
  }

  /** Asks one thing at a time until the answers are as they were before the load, or for as long as the load was on. */
  async #recover({
    calmMilliseconds,
    seconds,
  }: OpenLoop): Promise<Pick<OverloadResult, 'recoveredAfterMilliseconds'>> {
    const endedAt = performance.now();
    const connection = new KeptConnection(this.job.url);
    let calm = 0;
    let calmSince = endedAt;
    while (calm < calmInARow && performance.now() - endedAt < seconds * 1000) {
      const sentAt = performance.now();
      const status = await connection.ask(this.#next());
      const isCalm = status !== undefined && status < 300 && performance.now() - sentAt <= calmMilliseconds;
      if (isCalm && calm === 0) calmSince = sentAt;
      calm = isCalm ? calm + 1 : 0;
      await setTimeout(5);
    }
    connection.close();
    return calm < calmInARow ? {} : { recoveredAfterMilliseconds: calmSince - endedAt };
  }

  #fail(what: string): void {
    this.#failures[what] = (this.#failures[what] ?? 0) + 1;
  }
}

process.on('message', (job: OverloadJob) => {
  void new Load(job).run().then(
    (result) => process.send?.(result),
    (error: unknown) => {
      process.stderr.write(`overload: ${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
});
