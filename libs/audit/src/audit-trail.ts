import { randomUUID } from 'node:crypto';
import { type PhiTable, TableUnavailable, type TableWrite } from '@app/phi-table';
import type { AuditChain } from './audit-chain.js';
import type { AuditEvent, StoredAuditEvent } from './audit-event.js';
import { LeaseLost, type Sealing } from './chain-lease.js';
import { CheckpointLog } from './checkpoint-log.js';
import type { CheckpointSigner, SignedCheckpoint } from './checkpoint.js';
import { auditUnavailable, CurrentChain } from './current-chain.js';
import { ClockStep, EventClock } from './event-clock.js';
import { sealLeftovers } from './leftovers.js';
import { ownEvent, storedEvent } from './own-events.js';

/** Events that may ride in one transaction: a page of 50 disclosures fits with room to spare. */
const writesAtMost = 100;
/** Chains that others may end under our hands before a request gives up. */
const chainsAtMost = 5;

export interface AuditTrailOptions {
  table: PhiTable;
  signer: CheckpointSigner;
  /** Opaque id of this instance. */
  instance: string;
  /** Names the first chain within the instance; random unless given. */
  boot?: string;
  /** How long the others wait before they take over what this instance left. 30 unless given. */
  leaseSeconds?: number;
  /** How often new events are sealed once it was started. 5 unless given. */
  sealSeconds?: number;
  /** Milliseconds since the epoch. */
  clock?: () => number;
  /** Milliseconds of a clock that is never set. */
  monotonic?: () => number;
}

/** @param appendMs how long it took to make them durable */
export type AuditListener = (events: readonly StoredAuditEvent[], appendMs: number) => void;

/**
 * The only way into the store: whatever is written goes with its events in one transaction, and whatever is read
 * is recorded before it is shown (45 CFR 164.312(b), audit controls). One chain per boot of an instance,
 * numbered without gaps: a number whose commit failed is filled by a void event, so that a gap always means tampering.
 * Nothing waits for sealing, which follows every few seconds.
 */
export class AuditTrail {
  readonly checkpoints: CheckpointLog;
  readonly #sealing: Sealing;
  readonly #sealSeconds: number;
  readonly #clock: EventClock;
  readonly #current: CurrentChain;
  readonly #underWay = new Set<Promise<unknown>>();
  #turn: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #keeping = false;
  #leftovers: Promise<SignedCheckpoint[]> | undefined;
  #closed = false;
  /** Events on disk since this start; not those that the trail wrote on its own account. */
  #recorded = 0;
  readonly #listeners = new Set<AuditListener>();
  readonly #problemListeners = new Set<(error: unknown) => void>();

  constructor(options: AuditTrailOptions) {
    const { table, signer, instance, boot = randomUUID(), leaseSeconds = 30, sealSeconds = 5 } = options;
    const { clock = Date.now, monotonic = () => performance.now() } = options;
    this.checkpoints = new CheckpointLog(table, signer, clock);
    const { checkpoints } = this;
    this.#sealing = { table, checkpoints, holder: randomUUID(), leaseSeconds, clock, monotonic };
    this.#sealSeconds = sealSeconds;
    this.#clock = new EventClock(clock);
    this.#current = new CurrentChain(this.#sealing, this.#clock, instance, boot);
  }

  /** Of the events to come; another one follows when this one has to be given up. */
  get chain(): string {
    return this.#current.name;
  }

  get recorded(): number {
    return this.#recorded;
  }

  /** Events on disk that no checkpoint covers yet, and for how long the oldest has been waiting. */
  get unsealed(): { count: number; ageSeconds: number } {
    const { count = 0, since } = this.#current.chain?.unsealed ?? {};
    return { count, ageSeconds: since === undefined ? 0 : (this.#sealing.monotonic() - since) / 1000 };
  }

  /** @param listener is told of events once they are durable; the answer waits for it, so it only counts */
  observe(listener: AuditListener): void {
    this.#listeners.add(listener);
  }

  /** @param listener is told what kept the trail from being sealed in the background */
  onProblem(listener: (error: unknown) => void): void {
    this.#problemListeners.add(listener);
  }

  /**
   * Makes the events durable. Call it before plaintext leaves.
   * @throws Problem `audit-unavailable`: then nothing may leave
   */
  async append(events: readonly AuditEvent[]): Promise<void> {
    try {
      for (let start = 0; start < events.length; start += writesAtMost) {
        await this.#transact([], events.slice(start, start + writesAtMost));
      }
    } catch (error) {
      throw auditUnavailable(error);
    }
  }

  /**
   * Writes and their events, all or nothing.
   * @throws ConditionFailed positions are those of `writes`
   * @throws TableUnavailable
   */
  async transactWrite(writes: readonly TableWrite[], events: readonly AuditEvent[]): Promise<void> {
    if (events.length === 0) throw new RangeError('a write needs an audit event');
    await this.#transact(writes, events);
  }

  async #transact(writes: readonly TableWrite[], events: readonly AuditEvent[]): Promise<void> {
    if (this.#closed) throw new TableUnavailable('the audit trail is closed', { notWritten: true });
    const work = this.#write(writes, events);
    this.#underWay.add(work);
    try {
      await work;
    } finally {
      this.#underWay.delete(work);
    }
  }

  async #write(writes: readonly TableWrite[], events: readonly AuditEvent[]): Promise<void> {
    const begun = performance.now();
    for (let chains = 1; chains <= chainsAtMost; chains++) {
      const chain = await this.#current.open();
      try {
        await chain.prepare();
        await this.#recordClockStep(chain);
        const now = this.#clock.stamp();
        const stored = events.map((event) => storedEvent(event, now));
        const full = chain.unsealed.fullRanges;
        await chain.write(writes, stored);
        this.#tell(stored, performance.now() - begun);
        if (chain.unsealed.fullRanges > full) void this.keep();
        return;
      } catch (error) {
        if (!(error instanceof LeaseLost)) throw error;
        // Nothing was written: another instance ended the chain. The next one takes the same events.
        this.#current.giveUp(chain);
      }
    }
    throw new TableUnavailable('no chain could be written', { notWritten: true });
  }

  async #recordClockStep(chain: AuditChain): Promise<void> {
    const seconds = this.#clock.takeStepSeconds();
    if (seconds === 0) return;
    try {
      await chain.write([], [ownEvent('clock-step', this.#clock.stamp(), { count: seconds })]);
    } catch (error) {
      this.#clock.returnStepSeconds(seconds);
      throw error;
    }
    this.#tellProblem(new ClockStep(seconds));
  }

  #tell(events: readonly StoredAuditEvent[], appendMs: number): void {
    this.#recorded += events.length;
    for (const listener of this.#listeners) {
      try {
        listener(events, appendMs);
      } catch (error) {
        // The events are on disk: whoever counts them must not turn the request into a failure.
        this.#tellProblem(error);
      }
    }
  }

  #tellProblem(error: unknown): void {
    for (const listener of this.#problemListeners) listener(error);
  }

  /**
   * Seals what is new.
   * @returns the newest checkpoint, or `undefined` if there was nothing to seal
   * @throws Error when the store or the signer is out of reach; the next call seals what this one could not
   */
  seal(): Promise<SignedCheckpoint | undefined> {
    return this.#inTurn((chain) => chain.seal());
  }

  /** One at a time; a chain that another instance took over is given up. */
  #inTurn<Result>(work: (chain: AuditChain) => Promise<Result>): Promise<Result | undefined> {
    const done = this.#turn.then(async () => {
      const { chain } = this.#current;
      if (chain === undefined) return undefined;
      try {
        return await work(chain);
      } catch (error) {
        if (error instanceof LeaseLost) this.#current.giveUp(chain);
        throw error;
      }
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /**
   * Seals what killed instances left: chains whose lease is over are ended, their gaps filled, their last events sealed. Any number of
   * instances may do it at once.
   * @returns the checkpoints that this took, oldest first
   */
  sealLeftovers(): Promise<SignedCheckpoint[]> {
    this.#leftovers ??= sealLeftovers(this.#sealing, this.#current.chain?.name).finally(() => {
      this.#leftovers = undefined;
    });
    return this.#leftovers;
  }

  /** Seals, and keeps the lease, every few seconds until `close`. */
  start(): void {
    this.#timer ??= setInterval(() => void this.keep(), this.#sealSeconds * 1000).unref();
  }

  /** What `start` does every few seconds: keeps the lease, and seals what is new. A failure is told to `onProblem`. */
  async keep(): Promise<void> {
    if (this.#keeping) return;
    this.#keeping = true;
    try {
      // The lease first: it must be kept also while the signer is out of reach.
      await this.#inTurn((chain) => chain.renew());
      await this.seal();
    } catch (error) {
      this.#tellProblem(error);
    } finally {
      this.#keeping = false;
    }
  }

  /** Waits for what is under way, seals the rest and closes the chain. Call it before the table closes. Later appends are refused. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await Promise.allSettled([...this.#underWay]);
    await this.#leftovers?.catch(() => undefined);
    try {
      await this.#inTurn((chain) => chain.close());
    } catch (error) {
      // There is nobody left to answer to: another instance, or the next start, seals what is left.
      this.#tellProblem(error);
    }
    this.#current.end();
  }
}
