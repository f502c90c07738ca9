import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { HttpAdapterHost } from '@nestjs/core';
import { Server } from 'node:tls';
import { type PhiConfig } from '@app/configuration';
import { type Log } from '@app/observability';
import { type Platform } from '@app/platform';
import {
  checkedCertificate,
  openTlsSource,
  secureContextOf,
  TlsIdentityError,
  type TlsSettings,
  type TlsSource,
} from '@app/tls';
import { LOG } from '../log.js';
import { PLATFORM } from '../platform.providers.js';

/** How long before its end a certificate is told of, whenever it is looked at and once a day. Milliseconds. */
const toldBefore = 14 * 24 * 60 * 60 * 1000;
const day = 24 * 60 * 60 * 1000;

/**
 * Gives the server its certificate before it listens, and each new one without a restart: connections that are open stay as they
 * are. A new one that cannot be used changes nothing, as when certificate and key are replaced one after the other.
 */
@Injectable()
export class TlsRenewal implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #shown: string | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(PLATFORM) private readonly platform: Platform,
    @Inject(ConfigService) private readonly config: ConfigService<PhiConfig, true>,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** @throws TlsIdentityError: the service does not start without a certificate */
  async onApplicationBootstrap(): Promise<void> {
    const server: unknown = this.host.httpAdapter.getHttpServer();
    const source = openTlsSource(this.#settings(), this.platform.parameters);
    if (source === undefined || !(server instanceof Server)) return;
    await this.#take(source, server);
    const seconds = this.config.get('PHI_PARAMETER_REFRESH_SECONDS', { infer: true });
    this.#timer = setInterval(() => void this.#renew(source, server), seconds * 1000);
    this.#timer.unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  async #renew(source: TlsSource, server: Server): Promise<void> {
    try {
      await this.#take(source, server);
    } catch (error) {
      const reason = error instanceof TlsIdentityError ? error.message : undefined;
      this.log.error(
        { error, reason },
        'the TLS certificate could not be renewed; the last good one stays in use',
      );
    }
  }

  async #take(source: TlsSource, server: Server): Promise<void> {
    const identity = await source.read();
    const { fingerprint256, validTo } = checkedCertificate(identity);
    const left = Date.parse(validTo) - Date.now();
    if (left < toldBefore && performance.now() - this.#toldAt > day) {
      this.#toldAt = performance.now();
      this.log.warn(
        { validTo: new Date(validTo) },
        left < 0 ? 'the TLS certificate has expired' : 'the TLS certificate expires soon',
      );
    }
    if (identity.certificate === this.#shown) return;
    server.setSecureContext(secureContextOf(identity));
    this.#shown = identity.certificate;
    this.log.info({ fingerprint256, validTo: new Date(validTo) }, 'TLS certificate in use');
  }

  #settings(): TlsSettings {
    const { config } = this;
    return {
      PHI_TLS: config.get('PHI_TLS', { infer: true }),
      PHI_TLS_CERT: config.get('PHI_TLS_CERT', { infer: true }),
      PHI_TLS_KEY: config.get('PHI_TLS_KEY', { infer: true }),
      PHI_HOST: config.get('PHI_HOST', { infer: true }),
    };
  }
}
