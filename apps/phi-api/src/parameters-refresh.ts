import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { type PhiConfig } from '@app/configuration';
import { type Log } from '@app/observability';
import { type Platform } from '@app/platform';
import { LOG } from './log.js';
import { PLATFORM } from './platform.providers.js';

/**
 * Follows the parameters while they are replaced: the index roots (`phi keys reindex` waits at each step until every instance must
 * have read them), and on AWS the settings. What cannot be used changes nothing: the last good ones stay, and the log tells.
 */
@Injectable()
export class ParametersRefresh implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(PLATFORM) private readonly platform: Platform,
    @Inject(ConfigService) private readonly config: ConfigService<PhiConfig, true>,
    @Inject(LOG) private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    const seconds = this.config.get('PHI_PARAMETER_REFRESH_SECONDS', { infer: true });
    this.#timer = setInterval(() => void this.run(), seconds * 1000);
    this.#timer.unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  async run(): Promise<void> {
    await Promise.all([this.#followRoots(), this.#followSettings()]);
  }

  async #followRoots(): Promise<void> {
    const { indexRoots } = this.platform;
    const before = indexRoots.roots;
    try {
      await indexRoots.refresh();
      if (indexRoots.roots !== before)
        this.log.info({ active: indexRoots.active }, 'index roots have changed');
    } catch (error) {
      this.log.error({ error }, 'the index roots could not be read; the last good ones stay in use');
    }
  }

  async #followSettings(): Promise<void> {
    try {
      await this.platform.settings?.refresh();
    } catch (error) {
      this.log.error({ error }, 'the settings could not be read; the last good ones stay in use');
    }
  }
}
