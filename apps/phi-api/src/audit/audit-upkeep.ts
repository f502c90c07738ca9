import { randomUUID } from 'node:crypto';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { type AuditTrail, ClockStep, expireEvents, publicKeysByName } from '@app/audit';
import { type PhiConfig } from '@app/configuration';
import { type Log } from '@app/observability';
import { type Platform } from '@app/platform';
import { LOG } from '../log.js';
import { PLATFORM } from '../platform.providers.js';

const dayMilliseconds = 24 * 60 * 60 * 1000;

/**
 * What keeps the trail in order: each checkpoint is written into the log, since a copy of the log that leaves the machine is the
 * evidence against whoever can change the store and sign anew; what killed instances left is sealed, at the start and from time to
 * time; on the embedded platform events expire daily (in an account a task with rights of its own removes them).
 */
@Injectable()
export class AuditUpkeep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #audit: AuditTrail;
  #timers: NodeJS.Timeout[] = [];
  #underWay: Promise<void> = Promise.resolve();
  readonly #stopping = new AbortController();

  constructor(
    @Inject(PLATFORM) private readonly platform: Platform,
    @Inject(ConfigService) private readonly config: ConfigService<PhiConfig, true>,
    @Inject(LOG) private readonly log: Log,
  ) {
    this.#audit = platform.audit;
    platform.checkpoints.onAppended(({ text, signature }) =>
      log.info({ checkpoint: text, signature }, 'audit checkpoint'),
    );
    this.#audit.onProblem((error) => this.#tell(error));
  }

  /** Does not delay the start. */
  onApplicationBootstrap(): void {
    const leaseSeconds = this.config.get('PHI_AUDIT_LEASE_SECONDS', { infer: true });
    this.#every(leaseSeconds * 1000, () => this.sealLeftovers());
    if (this.config.get('PHI_PLATFORM', { infer: true }) === 'embedded') {
      this.#every(dayMilliseconds, () => this.expire());
    }
  }

  #every(milliseconds: number, work: () => Promise<void>): void {
    // One at a time, so that the end has one thing to wait for.
    const run = () => (this.#underWay = this.#underWay.then(work));
    void run();
    this.#timers.push(setInterval(() => void run(), milliseconds).unref());
  }

  /** Before the platform closes, and with it the trail. */
  async beforeApplicationShutdown(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#stopping.abort();
    await this.#underWay;
  }

  /** Resolves when every chain that was left has been looked at; a failure is logged, and the next time tries again. */
  async sealLeftovers(): Promise<void> {
    try {
      const sealed = await this.#audit.sealLeftovers();
      for (const { checkpoint } of sealed) {
        const { kind, chain, first, last } = checkpoint;
        this.log.warn({ kind, chain, first, last }, 'an audit chain that was left has been sealed');
      }
    } catch (error) {
      this.log.error({ error }, 'audit chains that were left could not be sealed');
    }
  }

  /** Resolves when the events whose retention is over are gone; a failure is logged, and the next day tries again. */
  async expire(): Promise<void> {
    const { table, audit, checkpoints, checkpointSigner } = this.platform;
    try {
      const { outcome, reason, ranges, events } = await expireEvents(
        { table, audit, checkpoints, publicKeys: publicKeysByName([checkpointSigner.publicKey]) },
        {
          retentionDays: this.config.get('PHI_AUDIT_RETENTION_DAYS', { infer: true }),
          origin: { networkAddress: '', requestId: randomUUID() },
          signal: this.#stopping.signal,
        },
      );
      if (outcome === 'blocked') this.log.error({ reason }, 'audit events cannot expire: verify the trail');
      else if (events > 0) this.log.info({ outcome, ranges, events }, 'audit events have expired');
    } catch (error) {
      this.log.error({ error }, 'audit events could not expire');
    }
  }

  #tell(error: unknown): void {
    if (error instanceof ClockStep) {
      this.log.warn({ seconds: error.seconds }, 'the clock was set back; the audit trail says so');
      return;
    }
    const { count, ageSeconds } = this.#audit.unsealed;
    const unsealed = { count, ageSeconds: Math.round(ageSeconds) };
    this.log.error({ error, unsealed }, 'the audit trail could not be sealed; requests go on');
  }
}
