import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { type Log } from '@app/observability';
import { Erasure, type ErasureWork } from '@app/patient-records';
import { type Platform } from '@app/platform';
import { LOG } from '../log.js';
import { PLATFORM } from '../platform.providers.js';

const minuteMilliseconds = 60 * 1000;
const lookEveryMilliseconds = 10 * minuteMilliseconds;
/** Receipts promise a day: what is due is begun an hour before. */
const compactAfterMilliseconds = 23 * 60 * minuteMilliseconds;

/**
 * What erasures leave for later: keys that came back with a backup are destroyed at the start, erasures that were interrupted
 * are completed then and from time to time, and the key-store file is compacted within a day after a key was destroyed, so
 * that its freed pages hold no trace of it.
 */
@Injectable()
export class ErasureUpkeep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #underWay: Promise<void> = Promise.resolve();

  constructor(
    @Inject(Erasure) private readonly erasure: Erasure,
    @Inject(PLATFORM) private readonly platform: Platform,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** Does not delay the start: what is pending is refused by every route already. */
  onApplicationBootstrap(): void {
    this.#underWay = this.#attempt('restored keys', () => this.#destroyRestoredKeys());
    void this.run();
    this.#timer = setInterval(() => void this.run(), lookEveryMilliseconds);
    this.#timer.unref();
  }

  /** Before the platform closes. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#underWay;
  }

  /** Resolves when everything due at `now` was tried; a failure is logged and tried again the next time. */
  run(now: Date = new Date()): Promise<void> {
    this.#underWay = this.#after(this.#underWay, now);
    return this.#underWay;
  }

  async #after(before: Promise<void>, now: Date): Promise<void> {
    await before;
    await this.#attempt('erasures', () => this.#completeErasures());
    await this.#attempt('key-store compaction', () => this.#compact(now));
  }

  async #attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.log.error({ error }, `${what} failed`);
    }
  }

  async #completeErasures(): Promise<void> {
    this.#tell(await this.erasure.completePending(), 'erasures completed');
  }

  async #destroyRestoredKeys(): Promise<void> {
    this.#tell(await this.erasure.destroyRestoredKeys(), 'restored keys of erased patients destroyed');
  }

  #tell({ patients, failures }: ErasureWork, done: string): void {
    if (patients > 0) this.log.info({ patients }, done);
    for (const error of failures) this.log.error({ error }, 'an erasure could not be completed');
  }

  async #compact(now: Date): Promise<void> {
    const compaction = this.platform.keyStoreCompaction;
    const pending = await compaction?.pending();
    if (compaction === undefined || pending === undefined) return;
    if (now.getTime() - pending.since.getTime() < compactAfterMilliseconds) return;
    const { bytesBefore, bytesAfter } = await compaction.run();
    this.log.info({ destroyedRows: pending.destroyedRows, bytesBefore, bytesAfter }, 'key store compacted');
  }
}
