import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { AuditTrail, MassReadWatch } from '@app/audit';
import { type PhiConfig } from '@app/configuration';
import { type Log } from '@app/observability';
import { PhiTable } from '@app/phi-table';
import { LOG } from '../log.js';

const lookEveryMilliseconds = 60 * 1000;

/** Has the watch over mass reads told of every event, and looks around every minute. */
@Injectable()
export class MassReads implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly watch: MassReadWatch;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(PhiTable) table: PhiTable,
    @Inject(AuditTrail) trail: AuditTrail,
    @Inject(ConfigService) config: ConfigService<PhiConfig, true>,
    @Inject(LOG) log: Log,
  ) {
    this.watch = new MassReadWatch({
      table,
      trail,
      patientsPerHour: config.get('PHI_MASS_READ_PATIENTS_PER_HOUR', { infer: true }),
      multiple: config.get('PHI_MASS_READ_MULTIPLE', { infer: true }),
      onMassRead: (found) => log.warn(found, 'mass read'),
      onProblem: (error) => log.error({ error }, 'mass reads could not be looked for; it is tried again'),
    });
    trail.observe(this.watch.observe);
  }

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => void this.watch.tick(), lookEveryMilliseconds).unref();
  }

  /** After the last answer, and before the store closes. */
  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.watch.close();
  }
}
