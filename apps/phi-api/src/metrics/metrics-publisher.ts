import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { type PhiConfig } from '@app/configuration';
import { type Log, type Metric, MetricsLog } from '@app/observability';
import { queuedPatients } from '@app/patient-records';
import { type Platform } from '@app/platform';
import { LOG } from '../log.js';
import { PLATFORM } from '../platform.providers.js';
import { AuditMetrics } from './audit-metrics.js';
import { bedrockMetrics } from './bedrock-metrics.js';
import { MassReads } from './mass-reads.js';
import { ProcessMetrics } from './process-metrics.js';
import { RequestMetrics } from './request-metrics.js';
import { RunningTotals } from './running-totals.js';

/** Agents with a line of their own each time, those who have read of the most patients. */
const agentsAtMost = 10;
/** A longer queue is not walked to its end for the sake of a figure. */
const queueAtMost = 1_000;

/** Writes the figures of this process into the log, every minute and before the process ends (docs/operations.md, "Metrics"). */
@Injectable()
export class MetricsPublisher implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #seconds: number;
  readonly #metrics: MetricsLog;
  readonly #audit: AuditMetrics;
  readonly #process = new ProcessMetrics();
  readonly #totals = new RunningTotals();
  #timer: NodeJS.Timeout | undefined;
  #publishedAt = Date.now();

  constructor(
    @Inject(PLATFORM) private readonly platform: Platform,
    @Inject(ConfigService) config: ConfigService<PhiConfig, true>,
    @Inject(LOG) private readonly log: Log,
    @Inject(RequestMetrics) private readonly requests: RequestMetrics,
    @Inject(MassReads) private readonly massReads: MassReads,
  ) {
    this.#seconds = config.get('PHI_METRICS_SECONDS', { infer: true });
    const stage = config.get('PHI_STAGE', { infer: true });
    this.#metrics = new MetricsLog(log, { service: 'phi-api', stage });
    this.#audit = new AuditMetrics(platform.audit);
  }

  onApplicationBootstrap(): void {
    if (this.#seconds === 0) return;
    this.#process.start();
    this.#timer = setInterval(() => void this.publish(), this.#seconds * 1000).unref();
  }

  /** After the last answer has left. */
  onApplicationShutdown(): void {
    if (this.#seconds === 0) return;
    clearInterval(this.#timer);
    this.#write([]);
    this.#process.stop();
  }

  /** Resolves when the figures are in the log, or the reason why they are not. */
  async publish(): Promise<void> {
    try {
      this.#write(await this.#rescreenQueue());
    } catch (error) {
      this.log.error({ error }, 'the metrics could not be written');
    }
  }

  /** Before the minute is over, and before whoever asks goes on. */
  publishNow(): void {
    if (this.#seconds > 0) this.#write([]);
  }

  #write(more: readonly Metric[]): void {
    this.#metrics.write(
      [
        ...this.requests.take(),
        ...this.#audit.take(),
        ...this.#process.take(),
        this.#totals.since('KmsCalls', this.platform.keyServiceCalls()),
        ...bedrockMetrics(this.platform.detector, this.#totals),
        ...more,
      ],
      'metrics',
    );
    const since = this.#publishedAt;
    this.#publishedAt = Date.now();
    for (const { agent, patients } of this.massReads.watch.busiest(agentsAtMost, since)) {
      const metric: Metric = { name: 'AgentPatientsPerHour', unit: 'Count', value: patients };
      this.#metrics.write([metric], 'metrics of an agent', { agent });
    }
  }

  /** Patients who wait to be screened again. @returns nothing if the store does not tell */
  async #rescreenQueue(): Promise<Metric[]> {
    try {
      let value = 0;
      for await (const _patientId of queuedPatients(this.platform.table)) {
        value += 1;
        if (value === queueAtMost) break;
      }
      return [{ name: 'RescreenQueue', unit: 'Count', value }];
    } catch (error) {
      this.log.warn({ error }, 'the queue of patients to be screened again could not be counted');
      return [];
    }
  }
}
