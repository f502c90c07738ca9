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
 * Follows the index roots while they are replaced (`phi keys reindex`), which waits at each step until every instance must
 * have read them. A parameter that cannot be used changes nothing: the last good roots stay, and the log tells.
 */
@Injectable()
export class IndexRootsRefresh implements OnApplicationBootstrap, BeforeApplicationShutdown {
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
}
